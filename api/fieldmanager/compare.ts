/**
 * What changed between two states of an object, as sets of fields. Fields that Go's types hold
 * even when they are empty count as there on both sides; an empty list or map and its absence are
 * different, as are a list and a list of other length.
 */
import { deepEqual, isObject } from '../deep.ts';
import { fieldElement } from './path-element.ts';
import { EMPTY, type FieldSet, type MutableFieldSet, nodeOf, NOTHING_BELOW } from './field-set.ts';
import {
  deducedTypeOf,
  elementOf,
  type KeyedList,
  type MapMergeType,
  type MergeType,
  type SetList,
  type StructMergeType,
} from './merge-type.ts';

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** Both are objects of `type`, in the form in which the server stores them. */
export function compare(type: StructMergeType, old: JsonObject, now: JsonObject): Comparison {
  const changes = new Changes();
  compareStruct(type, { old, now }, changes);
  return changes;
}

/** Sets in the making. Nothing is made for what is the same. */
class Changes implements Comparison {
  added: MutableFieldSet = EMPTY;
  modified: MutableFieldSet = EMPTY;
  removed: MutableFieldSet = EMPTY;

  add(kind: keyof Comparison, element: string, node: FieldSet): void {
    if (this[kind] === EMPTY) this[kind] = {};
    this[kind][element] = node;
  }

  /** Takes in what changed below `element`. */
  nest(element: string, below: Changes): void {
    if (below.added !== EMPTY) this.add('added', element, below.added);
    if (below.modified !== EMPTY) this.add('modified', element, below.modified);
    if (below.removed !== EMPTY) this.add('removed', element, below.removed);
  }
}

interface Pair {
  readonly old: unknown;
  readonly now: unknown;
}

/** Notes in `changes`, under `element`, what happened to one value; undefined is absence. */
function compareAt(element: string, type: MergeType, of: Pair & { changes: Changes }): void {
  const { old, now, changes } = of;
  if (old === now) return;
  if (old === undefined) return changes.add('added', element, wholeOf(type, now));
  if (now === undefined) return changes.add('removed', element, wholeOf(type, old));
  const parts = partsOf(type, old, now);
  if (parts === undefined) {
    if (!deepEqual(old, now)) changes.add('modified', element, NOTHING_BELOW);
    return;
  }
  const below = new Changes();
  parts(below);
  changes.nest(element, below);
}

/** How two present values compare in parts; undefined if they are compared whole. */
function partsOf(type: MergeType, old: unknown, now: unknown) {
  switch (type.shape) {
    case 'scalar':
    case 'opaque':
      return undefined;
    case 'deduced': {
      const deduced = deducedTypeOf(now);
      return deduced.shape === deducedTypeOf(old).shape && deduced.shape === 'map'
        ? (into: Changes) => compareMap(deduced, { old, now }, into)
        : undefined;
    }
    case 'list':
      if (type.relation === 'atomic' || (isBlank(old) && isBlank(now))) return undefined;
      return (into: Changes) => compareElements(type, { old, now }, into);
    case 'map':
      if (type.atomic || (isBlank(old) && isBlank(now))) return undefined;
      return (into: Changes) => compareMap(type, { old, now }, into);
    case 'struct':
      if (type.atomic) return undefined;
      return (into: Changes) =>
        compareStruct(type, { old: objectOf(old), now: objectOf(now) }, into);
  }
}

function compareStruct(
  type: StructMergeType,
  { old, now }: { readonly old: JsonObject; readonly now: JsonObject },
  changes: Changes,
): void {
  const { fields } = type;
  for (const name in now) {
    const field = fields.get(name);
    const value = now[name];
    if (field === undefined || value === undefined) continue;
    // Null is a value: who set it owns that.
    const before = old[name] === undefined ? field.zero : old[name];
    compareAt(field.element, field.type, { old: before, now: value, changes });
  }
  for (const name in old) {
    const field = fields.get(name);
    const value = old[name];
    if (field === undefined || value === undefined || now[name] !== undefined) continue;
    compareAt(field.element, field.type, { old: value, now: field.zero, changes });
  }
}

function compareMap(type: MapMergeType, { old, now }: Pair, changes: Changes): void {
  const before = objectOf(old);
  const after = objectOf(now);
  for (const key in after) {
    const was = Object.hasOwn(before, key) ? before[key] : undefined;
    compareAt(fieldElement(key), type.of, { old: was, now: after[key], changes });
  }
  for (const key in before) {
    if (Object.hasOwn(after, key) && after[key] !== undefined) continue;
    compareAt(fieldElement(key), type.of, { old: before[key], now: undefined, changes });
  }
}

/** Elements by what tells them apart. The order does not count. */
function compareElements(type: SetList | KeyedList, { old, now }: Pair, changes: Changes): void {
  const before = byElement(type, old);
  const after = byElement(type, now);
  for (const [element, values] of after) {
    compareElement(type, { element, old: before.get(element) ?? [], now: values }, changes);
  }
  for (const [element, values] of before) {
    if (!after.has(element)) compareElement(type, { element, old: values, now: [] }, changes);
  }
}

/**
 * An element that stands there several times (which no configuration may say, but an object may
 * have) counts as one thing without parts.
 */
function compareElement(
  type: SetList | KeyedList,
  at: { element: string; old: readonly unknown[]; now: readonly unknown[] },
  changes: Changes,
): void {
  const { element, old, now } = at;
  if (old.length <= 1 && now.length <= 1) {
    return compareAt(element, type.of, { old: old[0], now: now[0], changes });
  }
  if (old.length >= 2 && now.length >= 2) {
    if (!deepEqual(old, now)) changes.add('modified', element, NOTHING_BELOW);
    return;
  }
  if (old.length >= 2) {
    if (now.length > 0) changes.add('added', element, wholeOf(type.of, now[0]));
    return changes.add('removed', element, NOTHING_BELOW);
  }
  if (old.length > 0) changes.add('removed', element, wholeOf(type.of, old[0]));
  changes.add('added', element, NOTHING_BELOW);
}

function byElement(type: SetList | KeyedList, list: unknown): Map<string, unknown[]> {
  const elements = new Map<string, unknown[]>();
  for (const value of listOf(list)) {
    const element = elementOf(type, value);
    const same = elements.get(element);
    if (same === undefined) elements.set(element, [value]);
    else same.push(value);
  }
  return elements;
}

/** The node of a value that came or went as a whole: itself and everything below. */
function wholeOf(type: MergeType, value: unknown): FieldSet {
  return nodeOf(partsOfWhole(type, value), true)!;
}

function partsOfWhole(type: MergeType, value: unknown): FieldSet | undefined {
  switch (type.shape) {
    case 'scalar':
    case 'opaque':
      return undefined;
    case 'deduced':
      return isObject(value) ? partsOfWhole(deducedTypeOf(value), value) : undefined;
    case 'map':
      return type.atomic ? undefined : wholeMap(type, objectOf(value));
    case 'list': {
      if (type.relation === 'atomic') return undefined;
      const parts: MutableFieldSet = {};
      for (const [element, values] of byElement(type, value)) {
        parts[element] = values.length > 1 ? NOTHING_BELOW : wholeOf(type.of, values[0]);
      }
      return parts;
    }
    case 'struct':
      return type.atomic ? undefined : wholeStruct(type, objectOf(value));
  }
}

function wholeMap(type: MapMergeType, values: JsonObject): FieldSet {
  const parts: MutableFieldSet = {};
  for (const key in values) {
    const value = values[key];
    if (value !== undefined) parts[fieldElement(key)] = wholeOf(type.of, value);
  }
  return parts;
}

function wholeStruct(type: StructMergeType, values: JsonObject): FieldSet {
  const parts: MutableFieldSet = {};
  for (const name in values) {
    const field = type.fields.get(name);
    const value = values[name];
    if (field === undefined || value === undefined) continue;
    parts[field.element] = wholeOf(field.type, value);
  }
  for (const field of type.always) {
    if (values[field.name] === undefined) parts[field.element] = wholeOf(field.type, field.zero);
  }
  return parts;
}

function isBlank(value: unknown): boolean {
  if (value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value as object) return false;
  return true;
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
