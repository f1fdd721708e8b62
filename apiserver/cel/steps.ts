/**
 * Evaluation by closures: each node of a checked expression becomes one function, so that types
 * are looked at once and not in every run. Costs are charged as cel-go charges them.
 */
import { type Checked, qualifiedVariable } from './checker.ts';
import { type Compilation, Slots, type Step } from './compilation.ts';
import { foldStep } from './folds.ts';
import { conforms, type Overload, sizeOf } from './overloads.ts';
import { optionalElement } from './standard.ts';
import type { Call, Conditional, Expr, Logical, Select } from './syntax.ts';
import {
  ArrayList,
  BuiltMap,
  CelError,
  type CelValue,
  isMap,
  noSuchKey,
  noSuchOverload,
  Optional,
  Struct,
  TypeValue,
} from './values.ts';

const LIST_COST = 10;
const MAP_COST = 30;
const STRUCT_COST = 40;

export function stepOf(checked: Checked, variables: readonly string[]): Step {
  const compilation: Compilation = { checked, step: (expr, slots) => stepOfNode(expr, slots) };
  const stepOfNode = (expr: Expr, slots: Slots): Step => compiled(compilation, expr, slots);
  const byName = new Map(variables.map((name, i) => [name, i]));
  return stepOfNode(checked.expr, new Slots(byName, variables.length));
}

function compiled(of: Compilation, expr: Expr, slots: Slots): Step {
  switch (expr.type) {
    case 'constant': {
      const { value } = expr;
      return () => value;
    }
    case 'ident':
      return identStep(expr.name, slots);
    case 'select':
      return selectStep(of, expr, slots);
    case 'call':
      return callStep(of, expr, slots);
    case 'logical':
      return logicalStep(of, expr, slots);
    case 'conditional':
      return conditionalStep(of, expr, slots);
    case 'list':
      return listStep(of, expr, slots);
    case 'map':
      return mapStep(of, expr, slots);
    case 'struct':
      return structStep(of, expr, slots);
    case 'fold':
      return foldStep(of, expr, slots);
    case 'optionalMap': {
      const target = of.step(expr.target, slots);
      const body = of.step(expr.body, slots.with([expr.variable]));
      const slot = slots.next;
      const { flat } = expr;
      return (e) => {
        const found = target(e);
        if (!(found instanceof Optional)) throw noSuchOverload();
        if (found.value === undefined) return found;
        e.slots[slot] = found.value;
        const value = body(e);
        return flat ? value : Optional.of(value);
      };
    }
  }
}

function identStep(name: string, slots: Slots): Step {
  const slot = slots.get(name);
  if (slot === undefined) {
    const type = new TypeValue(name);
    return () => type;
  }
  return (e) => {
    e.charge(1);
    const value = e.slots[slot];
    if (value === undefined) throw new CelError(`no such attribute(s): ${name}`);
    return value;
  };
}

function fieldOf(value: CelValue, field: string): CelValue | undefined {
  if (isMap(value)) return value.get(field);
  if (value instanceof Struct) return value.fields.get(field);
  throw noSuchOverload();
}

function selectStep(of: Compilation, expr: Select, slots: Slots): Step {
  const qualified = qualifiedVariable(expr);
  if (qualified !== undefined && slots.get(qualified) !== undefined)
    return identStep(qualified, slots);
  const operand = of.step(expr.operand, slots);
  const { field, optional } = expr;
  if (expr.test)
    return (e) => {
      const value = operand(e);
      if (value instanceof Optional)
        return value.value !== undefined && fieldOf(value.value, field) !== undefined;
      return fieldOf(value, field) !== undefined;
    };
  return (e) => {
    const value = operand(e);
    e.charge(1);
    if (optional || value instanceof Optional) return optionalElement(value, field);
    const found = fieldOf(value, field);
    if (found === undefined) throw noSuchKey(field);
    return found;
  };
}

function logicalStep(of: Compilation, expr: Logical, slots: Slots): Step {
  const terms = expr.terms.map((term) => of.step(term, slots));
  /** The value that decides, whatever the others are, errors included. */
  const decisive = expr.operator === '_||_';
  return (e) => {
    let error: unknown;
    for (const term of terms) {
      try {
        const value = term(e);
        if (value === decisive) return decisive;
        if (typeof value !== 'boolean') error ??= noSuchOverload();
      } catch (thrown) {
        if (!(thrown instanceof CelError)) throw thrown;
        error ??= thrown;
      }
    }
    if (error !== undefined) throw error as CelError;
    return !decisive;
  };
}

function conditionalStep(of: Compilation, expr: Conditional, slots: Slots): Step {
  const condition = of.step(expr.condition, slots);
  const then = of.step(expr.then, slots);
  const otherwise = of.step(expr.otherwise, slots);
  return (e) => {
    const value = condition(e);
    if (typeof value !== 'boolean') throw noSuchOverload();
    return value ? then(e) : otherwise(e);
  };
}

function listStep(of: Compilation, expr: Expr & { type: 'list' }, slots: Slots): Step {
  const { elements } = expr;
  if (elements.every(({ value, optional }) => value.type === 'constant' && !optional)) {
    const constant = new ArrayList(
      elements.map(({ value }) => (value as { value: CelValue }).value),
    );
    return () => constant;
  }
  const steps = elements.map(({ value, optional }) => ({ step: of.step(value, slots), optional }));
  return (e) => {
    const items: CelValue[] = [];
    for (const { step, optional } of steps) {
      const value = step(e);
      if (!optional) items.push(value);
      else if (!(value instanceof Optional)) throw noSuchOverload();
      else if (value.value !== undefined) items.push(value.value);
    }
    e.charge(LIST_COST);
    return new ArrayList(items);
  };
}

function mapStep(of: Compilation, expr: Expr & { type: 'map' }, slots: Slots): Step {
  const steps = expr.entries.map(({ key, value, optional }) => ({
    key: of.step(key, slots),
    value: of.step(value, slots),
    optional,
  }));
  return (e) => {
    const map = new BuiltMap();
    for (const { key, value, optional } of steps) {
      const at = key(e);
      const given = value(e);
      const present = optional && given instanceof Optional ? given.value : given;
      if (map.has(at)) throw new CelError(`Failed with repeated key`);
      if (present !== undefined) map.set(at, present);
    }
    e.charge(MAP_COST);
    return map;
  };
}

function structStep(of: Compilation, expr: Expr & { type: 'struct' }, slots: Slots): Step {
  const { name } = expr;
  const steps = expr.fields.map((field) => ({ ...field, step: of.step(field.value, slots) }));
  return (e) => {
    const fields = new Map<string, CelValue>();
    for (const { name: field, step, optional } of steps) {
      const given = step(e);
      const present = optional && given instanceof Optional ? given.value : given;
      if (present !== undefined) fields.set(field, present);
    }
    e.charge(STRUCT_COST);
    return new Struct(name, fields);
  };
}

function callStep(of: Compilation, expr: Call, slots: Slots): Step {
  const overloads = of.checked.overloads.get(expr);
  const qualified = overloads !== undefined && expr.target !== undefined && !overloads[0]!.member;
  const args = expr.target === undefined || qualified ? expr.args : [expr.target, ...expr.args];
  const steps = args.map((arg) => of.step(arg, slots));
  if (overloads === undefined) {
    const [whole, index] = steps as [Step, Step];
    return (e) => {
      const value = whole(e);
      const at = index(e);
      e.charge(1);
      return optionalElement(value, at);
    };
  }
  return invoke(steps, overloads);
}

function invoke(steps: readonly Step[], overloads: readonly Overload[]): Step {
  return (e) => {
    const values: CelValue[] = new Array<CelValue>(steps.length);
    for (let i = 0; i < steps.length; i++) values[i] = steps[i]!(e);
    const chosen = choose(overloads, values);
    e.charge(chosen.cost === undefined ? 1 : chosen.cost(values.map(sizeOf)));
    return (chosen.call as (...args: readonly CelValue[]) => CelValue)(...values);
  };
}

/** By what the values are: an object may hold null where its schema says otherwise. */
function choose(overloads: readonly Overload[], values: readonly CelValue[]): Overload {
  for (const overload of overloads) {
    const { args } = overload;
    let fits = true;
    for (let i = 0; fits && i < args.length; i++) fits = conforms(values[i]!, args[i]!);
    if (fits) return overload;
  }
  throw noSuchOverload();
}
