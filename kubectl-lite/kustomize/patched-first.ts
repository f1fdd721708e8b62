import { isObject } from '../../api/deep.ts';
import {
  elementType,
  type JsonObject,
  patchFieldOf,
  PATCH_MARKER,
  type PatchType,
} from '../../api/patch/patch-field.ts';
import { ordered } from '../../api/patch/strategic-list.ts';

/**
 * Orders the lists of `object` that were merged, in place: the patch's elements come first, in its
 * order, then the others. So does kustomize; a server leaves elements where they were.
 */
export function patchedFirst(object: JsonObject, patch: JsonObject, type: PatchType): void {
  for (const [key, part] of Object.entries(patch)) {
    const merged = object[key];
    const field = patchFieldOf(type, key);
    if (isObject(part) && isObject(merged)) patchedFirst(merged, part, field.type);
    if (!field.merges || !Array.isArray(part) || !Array.isArray(merged)) continue;
    const wanted = part.filter((element) => !(isObject(element) && PATCH_MARKER in element));
    const mergeKey = wanted.every(isObject) ? field.mergeKey : undefined;
    object[key] = ordered(merged, { wanted, live: [], mergeKey });
    for (const element of mergeKey === undefined ? [] : (wanted as JsonObject[])) {
      const same = (merged as JsonObject[]).find((one) => one[mergeKey!] === element[mergeKey!]);
      if (same !== undefined) patchedFirst(same, element, elementType(field.type));
    }
  }
}
