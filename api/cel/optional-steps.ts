/** Optional values: what cel-go evaluates only when it is wanted, and what its macros cost. */
import type { Compilation, Slots, Step } from './compilation.ts';
import type { Overload } from './overloads.ts';
import { conforms } from './overloads.ts';
import type { OptionalMap } from './parser/syntax.ts';
import { noSuchOverload, Optional } from './values.ts';

/** a.or(b) and a.orValue(b): b is asked for only if a is nothing. Undefined for other calls. */
export function optionalCallStep(
  name: string,
  steps: readonly Step[],
  overloads: readonly Overload[],
): Step | undefined {
  const member = overloads[0]!.member && overloads[0]!.args[0]!.kind === 'opaque';
  if (!member || (name !== 'or' && name !== 'orValue')) return undefined;
  const [target, other] = steps as [Step, Step];
  return (e) => {
    const value = target(e);
    if (!(value instanceof Optional)) throw noSuchOverload();
    if (value.value !== undefined) return name === 'or' ? value : value.value;
    const instead = other(e);
    if (name === 'or' && !conforms(instead, overloads[0]!.args[1]!)) throw noSuchOverload();
    return instead;
  };
}

/**
 *     target.hasValue() ? optional.of(bind x = target.value() in body) : optional.none()
 *
 * so that the target is evaluated, and paid for, twice.
 */
export function optionalMapStep(of: Compilation, expr: OptionalMap, slots: Slots): Step {
  const target = of.step(expr.target, slots);
  const body = of.step(expr.body, slots.with([expr.variable]));
  const slot = slots.next;
  const { flat } = expr;
  return (e) => {
    const found = target(e);
    e.charge(1);
    if (!(found instanceof Optional)) throw noSuchOverload();
    if (found.value === undefined) {
      e.charge(1);
      return Optional.none;
    }
    const again = target(e);
    e.charge(1);
    e.slots[slot] = again instanceof Optional ? (again.value ?? null) : null;
    const value = body(e);
    if (flat) return value;
    e.charge(1);
    return Optional.of(value);
  };
}
