/**
 * Patches computed on the client, as `kubectl apply` does: what the manifest says now (`modified`)
 * against what the server has (`current`), and what the manifest said last time (`original`) to
 * know what was taken out of it since. Fields that others added are left alone.
 */
import { deepEqual, isObject, setField } from '../deep.ts';
import { definitionOf, type GroupVersionKind } from '../schema/table.ts';
import {
  DELETE_PREFIX,
  elementType,
  type JsonObject,
  noMergeKey,
  ORDER_PREFIX,
  type PatchField,
  patchFieldOf,
  PATCH_MARKER,
  type PatchType,
  RETAIN_KEYS_MARKER,
} from './patch-field.ts';

export interface ThreeWayInput {
  readonly original: object;
  readonly modified: object;
  readonly current: object;
  /** The kind: built-in ones get a strategic merge patch, all others a merge patch. */
  readonly type: GroupVersionKind;
}

export interface ComputedPatch {
  /** `{}` if there is nothing to change. */
  readonly patch: JsonObject;
  readonly contentType: 'application/strategic-merge-patch+json' | 'application/merge-patch+json';
}

export function threeWayMerge(input: ThreeWayInput): ComputedPatch {
  const definition = definitionOf(input.type);
  const type: PatchType =
    definition === undefined
      ? undefined
      : { shape: 'message', name: `${definition.module}.${definition.name}` };
  const sides = {
    original: input.original as JsonObject,
    modified: input.modified as JsonObject,
    current: input.current as JsonObject,
  };
  return {
    patch: diffObjects(sides, type, false),
    contentType:
      type === undefined
        ? 'application/merge-patch+json'
        : 'application/strategic-merge-patch+json',
  };
}

interface Sides<T> {
  readonly original: T;
  readonly modified: T;
  readonly current: T;
}

function diffObjects(sides: Sides<JsonObject>, type: PatchType, retains: boolean): JsonObject {
  const { original, modified, current } = sides;
  const patch: JsonObject = {};
  for (const key of Object.keys(modified)) {
    if (modified[key] === null) {
      if (own(current, key) !== undefined) setField(patch, key, null);
    } else if (own(current, key) === undefined) setField(patch, key, modified[key]);
    else diffField(patch, { sides, key, field: patchFieldOf(type, key) });
  }
  for (const key of Object.keys(original)) {
    const removed = own(modified, key) === undefined && own(current, key) !== undefined;
    if (removed) setField(patch, key, null);
  }
  if (retains) retainKeys(patch, sides);
  return patch;
}

interface FieldDiff {
  readonly sides: Sides<JsonObject>;
  readonly key: string;
  readonly field: PatchField;
}

function diffField(patch: JsonObject, { sides, key, field }: FieldDiff): void {
  const modified = sides.modified[key];
  const current = sides.current[key];
  const original = own(sides.original, key);
  if (isObject(modified) && isObject(current) && !field.replaces) {
    const deeper = { original: isObject(original) ? original : {}, modified, current };
    const change = diffObjects(deeper, field.type, field.retainsKeys);
    if (Object.keys(change).length > 0) setField(patch, key, change);
  } else if (Array.isArray(modified) && Array.isArray(current) && field.merges) {
    const before = Array.isArray(original) ? (original as unknown[]) : [];
    diffLists(patch, { sides: { original: before, modified, current }, key, field });
  } else if (!deepEqual(modified, current)) setField(patch, key, modified);
}

interface ListDiff {
  readonly sides: Sides<readonly unknown[]>;
  readonly key: string;
  readonly field: PatchField;
}

function diffLists(patch: JsonObject, { sides, key, field }: ListDiff): void {
  const { original, modified, current } = sides;
  const ofObjects = [...original, ...modified, ...current].some(isObject);
  if (ofObjects) diffObjectLists(patch, { sides, key, field });
  else diffScalarLists(patch, sides, key);
}

function diffScalarLists(patch: JsonObject, sides: Sides<readonly unknown[]>, key: string): void {
  const { original, modified, current } = sides;
  const added = modified.filter((value) => !current.includes(value));
  const removed = original.filter((value) => !modified.includes(value) && current.includes(value));
  if (added.length > 0) patch[key] = added;
  if (removed.length > 0) patch[`${DELETE_PREFIX}${key}`] = removed;
  const changed = added.length > 0 || removed.length > 0;
  if (changed || !sameOrder(modified, current)) patch[`${ORDER_PREFIX}${key}`] = modified;
}

function diffObjectLists(patch: JsonObject, { sides, key, field }: ListDiff): void {
  const mergeKey = field.mergeKey!;
  const byKey = (list: readonly unknown[]): Map<unknown, JsonObject> =>
    new Map((list as readonly JsonObject[]).map((element) => [keyOf(element, mergeKey), element]));
  const original = byKey(sides.original);
  const modified = byKey(sides.modified);
  const current = byKey(sides.current);
  const changes: JsonObject[] = [];
  for (const [name, element] of modified) {
    const live = current.get(name);
    if (live === undefined) {
      changes.push(element);
      continue;
    }
    const deeper = { original: original.get(name) ?? {}, modified: element, current: live };
    const change = diffObjects(deeper, elementType(field.type), field.retainsKeys);
    if (Object.keys(change).length > 0) changes.push({ ...change, [mergeKey]: name });
  }
  for (const name of original.keys()) {
    if (modified.has(name) || !current.has(name)) continue;
    changes.push({ [PATCH_MARKER]: 'delete', [mergeKey]: name });
  }
  if (changes.length > 0) patch[key] = changes;
  if (changes.length > 0 || !sameOrder([...modified.keys()], [...current.keys()])) {
    patch[`${ORDER_PREFIX}${key}`] = [...modified.keys()].map((name) => ({ [mergeKey]: name }));
  }
}

function keyOf(element: JsonObject, mergeKey: string): unknown {
  const key = isObject(element) ? element[mergeKey] : undefined;
  if (key === undefined) throw noMergeKey(element, mergeKey);
  return key;
}

/** True if what both have comes in the same order in both. */
function sameOrder(a: readonly unknown[], b: readonly unknown[]): boolean {
  return deepEqual(
    a.filter((value) => b.includes(value)),
    b.filter((value) => a.includes(value)),
  );
}

/** Of a union (a Volume, a DeploymentStrategy) only the members the manifest names may stay. */
function retainKeys(patch: JsonObject, { modified, current }: Sides<JsonObject>): void {
  const keys = Object.keys(modified).filter((key) => modified[key] !== null);
  if (keys.length === 0) return;
  const extra = Object.keys(current).some((key) => !keys.includes(key));
  if (extra || Object.keys(patch).length > 0) patch[RETAIN_KEYS_MARKER] = keys.sort();
}

function own(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
