import { MAX_WEIGHT } from './evaluation.ts';
import { type CelValue, isList, isMap, JsonList, JsonMap } from './values.ts';

/** Of text, in UTF-16 units, that weighs as much as an item of a list. */
const TEXT_PER_UNIT = 10;
/** An entry of a map takes as long as so many items. */
const ENTRY = 5;

/** What weighs less is sooner weighed again than remembered. */
const LIGHT = 1000;
/** Values do not change: each that is heavy is weighed once. */
const known = new WeakMap<object, number>();

/**
 * How much there is to walk through in arguments of a call: about the items of lists, counted
 * within each other. `inside`: lists and maps count, not text alone.
 */
export function weightOf(values: readonly CelValue[], inside: boolean): number {
  let sum = 0;
  for (const value of values) {
    if (typeof value === 'string') sum += value.length / TEXT_PER_UNIT;
    else if (value instanceof Uint8Array) sum += value.length / TEXT_PER_UNIT;
    else if (inside && typeof value === 'object' && value !== null) sum += whole(value);
  }
  return sum;
}

function whole(value: CelValue & object): number {
  const identity = value instanceof JsonList || value instanceof JsonMap ? value.raw : value;
  let weight = known.get(identity);
  if (weight === undefined) {
    weight = inner(value);
    if (weight > LIGHT) known.set(identity, weight);
  }
  return weight;
}

function inner(value: CelValue & object): number {
  if (value instanceof JsonList || value instanceof JsonMap) return ofJson(value.raw);
  if (isList(value)) {
    // What is put together from parts may be larger than memory.
    if (value.size > MAX_WEIGHT) return value.size;
    let sum = 0;
    for (const each of value) sum += 1 + weightOf([each], true);
    return sum;
  }
  if (!isMap(value)) return 0;
  let sum = 0;
  for (const key of value.keys()) sum += ENTRY + weightOf([key, value.get(key)!], true);
  return sum;
}

function ofJson(value: unknown): number {
  if (typeof value === 'string') return value.length / TEXT_PER_UNIT;
  if (typeof value !== 'object' || value === null) return 0;
  let sum = 0;
  if (Array.isArray(value)) for (const each of value) sum += 1 + ofJson(each);
  else for (const key in value) sum += ENTRY + ofJson(value[key as keyof typeof value]);
  return sum;
}
