import { deepCopy, isObject, setField } from '../deep.ts';

/** RFC 7386. Gives a new document; neither argument is changed or shared. */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return deepCopy(patch);
  const result: Record<string, unknown> = isObject(document) ? shallowCopy(document) : {};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) delete result[key];
    else setField(result, key, applyMergePatch(ownField(document, key), value));
  }
  for (const key of Object.keys(result)) {
    if (!Object.hasOwn(patch, key)) setField(result, key, deepCopy(result[key]));
  }
  return result;
}

export function shallowCopy(object: Record<string, unknown>): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(object)) setField(copy, key, object[key]);
  return copy;
}

function ownField(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
