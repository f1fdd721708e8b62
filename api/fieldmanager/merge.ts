/**
 * The live object with a configuration laid over it: what the configuration says wins, what it
 * does not speak of stays. Nothing is removed here. The result shares with both.
 */
import { isObject, setField } from '../deep.ts';
import {
  deducedTypeOf,
  elementOf,
  type KeyedList,
  type MergeType,
  type SetList,
  type StructMergeType,
} from './merge-type.ts';

type JsonObject = Readonly<Record<string, unknown>>;

export function merge(type: StructMergeType, live: JsonObject, over: JsonObject): JsonObject {
  return mergeObjects(live, over, (name) => type.fields.get(name)?.type);
}

/** Undefined is absence, on either side and as the result. */
function mergeValues(type: MergeType | undefined, live: unknown, over: unknown): unknown {
  if (over === undefined) return live;
  if (live === undefined || type === undefined) return over;
  switch (type.shape) {
    case 'scalar':
    case 'opaque':
      return over;
    case 'deduced': {
      const deduced = deducedTypeOf(over);
      return deduced.shape === 'map' ? mergeValues(deduced, live, over) : over;
    }
    case 'list': {
      if (type.relation === 'atomic') return over;
      const lists = [listOf(live), listOf(over)] as const;
      return isEmptyPair(lists) ? over : mergeLists(type, ...lists);
    }
    case 'map':
      return type.atomic ? over : mergeMaps(live, over, () => type.of);
    case 'struct':
      return type.atomic ? over : mergeMaps(live, over, (name) => type.fields.get(name)?.type);
  }
}

const isEmptyPair = ([a, b]: readonly [readonly unknown[], readonly unknown[]]): boolean =>
  a.length === 0 && b.length === 0;

type TypeOfField = (name: string) => MergeType | undefined;

/** A configuration's null says nothing about a map that has something in it. */
function mergeMaps(live: unknown, over: unknown, typeOf: TypeOfField): unknown {
  if (!isObject(live) || Object.keys(live).length === 0) return over;
  return isObject(over) ? mergeObjects(live, over, typeOf) : live;
}

function mergeObjects(live: JsonObject, over: JsonObject, typeOf: TypeOfField): JsonObject {
  const result: Record<string, unknown> = { ...live };
  for (const key of Object.keys(over)) {
    const own = Object.hasOwn(live, key) ? live[key] : undefined;
    setField(result, key, mergeValues(typeOf(key), own, over[key]));
  }
  return result;
}

/**
 * Elements of both, each once: those they share in the configuration's order, the others of the
 * live list where they stood among them, new ones where the configuration has them.
 */
function mergeLists(
  type: SetList | KeyedList,
  live: readonly unknown[],
  over: readonly unknown[],
): readonly unknown[] {
  const wanted = new Map(over.map((value) => [elementOf(type, value), value]));
  const present = presentElements(type, live);
  const merged = (element: string): unknown =>
    mergeValues(type.of, present.get(element), wanted.get(element));
  const order = [...wanted.keys()];
  /** Of the shared elements that were not taken yet, the one the configuration has first. */
  const shared = order.filter((element) => present.has(element));
  const result: unknown[] = [];
  const taken = new Set<string>();
  const take = (element: string): void => {
    taken.add(element);
    if (shared[0] === element) shared.shift();
    result.push(merged(element));
  };
  let next = 0;
  const elements = live.map((value) => elementOf(type, value));
  for (let i = 0; i < elements.length;) {
    const element = elements[i]!;
    if (!wanted.has(element)) {
      result.push(live[i++]);
    } else if (next >= order.length || taken.has(element)) {
      i++;
    } else if (element === order[next]) {
      take(order[next++]!);
      i++;
    } else if (shared.length > 0 && shared[0] !== element) {
      i++;
    } else {
      take(order[next++]!);
    }
  }
  for (; next < order.length; next++) take(order[next]!);
  return result;
}

/** What the live list has; an element that is there several times merges with nothing. */
function presentElements(type: SetList | KeyedList, live: readonly unknown[]) {
  const present = new Map<string, unknown>();
  for (const value of live) {
    const element = elementOf(type, value);
    present.set(element, present.has(element) ? undefined : value);
  }
  return present;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
