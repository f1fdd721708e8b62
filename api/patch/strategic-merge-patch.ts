/**
 * Strategic merge patch (kubectl's default for built-in kinds): objects merge field by field, lists
 * merge by key where the tables say so, and directives delete, replace and order:
 *
 *   $patch: replace | delete          on an object, or as an element of a list that merges
 *   $retainKeys: [a, b]               drop every other key of this object
 *   $setElementOrder/<list>: […]      the order of <list>'s elements
 *   $deleteFromPrimitiveList/<list>   scalars to remove from <list>
 */
import { deepCopy, isObject, setField } from '../deep.ts';
import { goTypeOf } from '../go-struct.ts';
import type { Definition } from '../schema/table.ts';
import { shallowCopy } from './merge-patch.ts';
import {
  badContent,
  badFormat,
  DELETE_PREFIX,
  isDirective,
  type JsonObject,
  ORDER_PREFIX,
  type PatchField,
  patchFieldOf,
  PATCH_MARKER,
  type PatchType,
  rejected,
  RETAIN_KEYS_MARKER,
} from './patch-field.ts';
import { mergeList, ordered, unknownDirective } from './strategic-list.ts';

/**
 * Gives a new document of the kind; neither argument is changed. Throws StatusError: BadRequest
 * for malformed directives, Invalid for what does not fit the kind.
 */
export function applyStrategicMergePatch(
  definition: Definition,
  document: JsonObject,
  patch: unknown,
): JsonObject {
  const type = { shape: 'message', name: `${definition.module}.${definition.name}` } as const;
  return applyPatchOfType(type, document, patch);
}

/** As {@link applyStrategicMergePatch}, for a kind that a schema of one's own tells. */
export function applyPatchOfType(
  type: PatchType,
  document: JsonObject,
  patch: unknown,
): JsonObject {
  if (!isObject(patch)) throw badFormat('invalid JSON document');
  return deepCopy(mergeObject(document, patch, type));
}

function mergeObject(original: JsonObject, patch: JsonObject, type: PatchType): JsonObject {
  const directive = patch[PATCH_MARKER];
  if (directive !== undefined) return applyDirective(directive, patch);
  const result = shallowCopy(original);
  retainKeys(result, patch);
  for (const key of Object.keys(patch)) {
    if (key.startsWith(ORDER_PREFIX)) orderList(result, patch, { key, type });
  }
  for (const key of Object.keys(patch)) {
    if (key.startsWith(DELETE_PREFIX)) deleteScalars(result, key, patch[key]);
    else if (!isDirective(key) && !(`${ORDER_PREFIX}${key}` in patch)) {
      mergeField(result, patch, { key, type });
    }
  }
  return result;
}

function applyDirective(directive: unknown, patch: JsonObject): JsonObject {
  if (directive === 'delete') return {};
  if (directive !== 'replace') throw unknownDirective(directive, patch);
  return withoutDirectives(patch) as JsonObject;
}

interface Place {
  readonly key: string;
  readonly type: PatchType;
}

function mergeField(result: JsonObject, patch: JsonObject, { key, type }: Place): void {
  const value = patch[key];
  const old = Object.hasOwn(result, key) ? result[key] : undefined;
  const field = patchFieldOf(type, key);
  if (value === null) delete result[key];
  else if (isObject(value) && isObject(old) && !field.replaces) {
    setField(result, key, mergeObject(old, value, field.type));
  } else if (Array.isArray(value) && Array.isArray(old) && field.merges) {
    setField(result, key, mergeList(old, value, { field, mergeObject }));
  } else if (isObject(value) && value[PATCH_MARKER] === 'delete') {
    if (old !== undefined) setField(result, key, {});
  } else setField(result, key, withoutDirectives(value));
}

/** A value that meets nothing to merge with: its nulls and directives have nothing to act on. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value
      .filter((element) => !(isObject(element) && PATCH_MARKER in element))
      .map(withoutDirectives);
  }
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    if (!isDirective(key) && value[key] !== null) {
      setField(result, key, withoutDirectives(value[key]));
    }
  }
  return result;
}

function retainKeys(result: JsonObject, patch: JsonObject): void {
  const keys = patch[RETAIN_KEYS_MARKER];
  if (keys === undefined) return;
  if (!Array.isArray(keys)) throw badFormat('invalid patch format of retainKeys');
  const retained = new Set<unknown>(keys);
  for (const key of Object.keys(patch)) {
    if (isDirective(key) || patch[key] === null || retained.has(key)) continue;
    throw rejected();
  }
  for (const key of Object.keys(result)) if (!retained.has(key)) delete result[key];
}

/** Merges the list that an order list belongs to, if there is one on either side, and orders it. */
function orderList(result: JsonObject, patch: JsonObject, place: Place): void {
  const order = patch[place.key];
  const key = place.key.slice(ORDER_PREFIX.length);
  const value = patch[key];
  const old = result[key];
  if (!Array.isArray(order)) throw noList(order);
  if (value !== undefined && value !== null && !Array.isArray(value)) throw noList(value);
  if (value === null) {
    delete result[key];
    return;
  }
  const field = patchFieldOf(place.type, key);
  if (value === undefined) {
    if (Array.isArray(old)) result[key] = ordered(old, orderOf(order, old, field));
    return;
  }
  const live = Array.isArray(old) ? (old as unknown[]) : [];
  result[key] =
    field.merges || live.length === 0
      ? mergeList(live, value, { field, mergeObject, order })
      : withoutDirectives(value);
}

function noList(value: unknown): Error {
  return badContent(`expected a []interface {}, but received a ${goTypeOf(value)}`);
}

function orderOf(
  wanted: readonly unknown[],
  live: readonly unknown[],
  field: PatchField,
): { wanted: readonly unknown[]; live: readonly unknown[]; mergeKey: string | undefined } {
  return { wanted, live, mergeKey: live.some(isObject) ? field.mergeKey : undefined };
}

function deleteScalars(result: JsonObject, directive: string, values: unknown): void {
  if (!Array.isArray(values)) throw badFormat('invalid patch format of primitive list');
  const key = directive.slice(DELETE_PREFIX.length);
  const list = result[key];
  if (!Array.isArray(list)) return;
  const gone = new Set<unknown>(values);
  result[key] = list.filter((value) => !gone.has(value));
}
