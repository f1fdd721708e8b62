/** Comprehensions. What each step costs is what cel-go's expansion of the macro costs. */
import type { Evaluation } from './evaluation.ts';
import type { Compilation, Slots, Step } from './compilation.ts';
import type { Fold } from './parser/syntax.ts';
import { stringOf } from './text.ts';
import { typeNameOf } from './type-name.ts';
import {
  ArrayList,
  BuiltMap,
  CelError,
  type CelValue,
  isList,
  isMap,
  noSuchOverload,
} from './values.ts';

/** Per element, besides the body: the loop's condition and its accumulation. */
const STEP_COST = { all: 3, exists: 4, map: 12 } as const;
/** Of a loop's condition that ends it before its end. */
const STOP_COST = { all: 2, exists: 3 } as const;
const COUNTED_COST = 2;
/** Accumulator, element, list and sum. */
const KEPT_COST = 13;
const ENTRY_COST = { transformMap: 3, transformMapEntry: 2 } as const;

/** Calls `visit` for each element until it answers false. */
function each(
  e: Evaluation,
  of: { readonly range: CelValue; readonly slot: number; readonly two: boolean },
  visit: (value: CelValue, key: CelValue) => boolean,
): void {
  const { range, slot, two } = of;
  if (isList(range)) {
    let index = 0n;
    for (const value of range) {
      const key = index++;
      e.slots[slot] = two ? key : value;
      if (two) e.slots[slot + 1] = value;
      if (!visit(value, key)) return;
    }
    return;
  }
  if (!isMap(range)) throw new CelError(`got '${goType(range)}', expected iterable type`);
  for (const key of range.keys()) {
    e.slots[slot] = key;
    if (two) e.slots[slot + 1] = range.get(key)!;
    if (!visit(key, key)) return;
  }
}

export function foldStep(of: Compilation, expr: Fold, slots: Slots): Step {
  const range = of.step(expr.range, slots);
  const inner = slots.with(expr.variables);
  const body = of.step(expr.body, inner);
  const filter = expr.filter === undefined ? undefined : of.step(expr.filter, inner);
  const at = { slot: slots.next, two: expr.variables.length === 2 };
  const over = (e: Evaluation) => ({ ...at, range: range(e) });
  switch (expr.macro) {
    case 'all':
      return (e) => quantified(e, over(e), { body, decisive: false, macro: 'all' });
    case 'exists':
      return (e) => quantified(e, over(e), { body, decisive: true, macro: 'exists' });
    case 'exists_one':
      return (e) => {
        let count = 0;
        each(e, over(e), () => {
          if (isTrue(body(e))) {
            e.charge(COUNTED_COST);
            count++;
          }
          return true;
        });
        e.charge(2);
        return count === 1;
      };
    case 'filter':
      return (e) => {
        const kept: CelValue[] = [];
        each(e, over(e), (value) => {
          if (isTrue(body(e))) {
            e.charge(KEPT_COST);
            kept.push(value);
          }
          return true;
        });
        e.charge(1);
        return new ArrayList(kept);
      };
    case 'map':
      return (e) => {
        const mapped: CelValue[] = [];
        each(e, over(e), () => {
          if (filter !== undefined && !isTrue(filter(e))) return true;
          e.charge(STEP_COST.map);
          mapped.push(body(e));
          return true;
        });
        e.charge(1);
        return new ArrayList(mapped);
      };
    default:
      return transformation(expr.macro, { over, body, filter });
  }
}

function transformation(
  macro: 'transformMap' | 'transformMapEntry',
  of: {
    readonly over: (e: Evaluation) => Parameters<typeof each>[1];
    readonly body: Step;
    readonly filter: Step | undefined;
  },
): Step {
  const { over, body, filter } = of;
  return (e) => {
    const map = new BuiltMap();
    each(e, over(e), (_value, key) => {
      if (filter !== undefined && !isTrue(filter(e))) return true;
      e.charge(ENTRY_COST[macro]);
      const value = body(e);
      if (macro === 'transformMap') map.set(key, value);
      else addEntries(map, value);
      return true;
    });
    e.charge(1);
    return map;
  };
}

function addEntries(map: BuiltMap, value: CelValue): void {
  if (!isMap(value)) throw noSuchOverload();
  for (const key of value.keys()) {
    if (map.has(key)) throw new CelError(`insert failed: key ${keyText(key)} already exists`);
    map.set(key, value.get(key)!);
  }
}

/** An error counts only if no element decides: [1/0, true].exists(x, x) is true. */
function quantified(
  e: Evaluation,
  over: Parameters<typeof each>[1],
  of: { readonly body: Step; readonly decisive: boolean; readonly macro: 'all' | 'exists' },
): boolean {
  let error: unknown;
  let decided = false;
  each(e, over, () => {
    if (decided) {
      e.charge(STOP_COST[of.macro]);
      return false;
    }
    e.charge(STEP_COST[of.macro]);
    try {
      const value = of.body(e);
      if (value === of.decisive) decided = true;
      else if (typeof value !== 'boolean') error ??= noSuchOverload();
    } catch (thrown) {
      if (!(thrown instanceof CelError)) throw thrown;
      error ??= thrown;
    }
    return true;
  });
  e.charge(1);
  if (decided) return of.decisive;
  if (error !== undefined) throw error as CelError;
  return !of.decisive;
}

const goTypes: Readonly<Record<string, string>> = {
  bool: 'types.Bool',
  int: 'types.Int',
  uint: 'types.Uint',
  double: 'types.Double',
  string: 'types.String',
  bytes: 'types.Bytes',
  null_type: 'types.Null',
};

/** As cel-go names what it cannot walk through. */
function goType(value: CelValue): string {
  const name = typeNameOf(value);
  return goTypes[name] ?? name;
}

const keyText = (key: CelValue): string => (typeof key === 'boolean' ? String(key) : stringOf(key));

function isTrue(value: CelValue): boolean {
  if (typeof value !== 'boolean') throw noSuchOverload();
  return value;
}
