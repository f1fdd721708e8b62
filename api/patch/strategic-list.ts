/** How strategic merge combines lists that merge, and in which order their elements end up. */
import { deepEqual, isObject } from '../deep.ts';
import { goValue } from '../go-struct.ts';
import {
  badContent,
  elementType,
  type JsonObject,
  noMergeKey,
  type PatchField,
  PATCH_MARKER,
  type PatchType,
  rejected,
} from './patch-field.ts';

/** Merges one element of a list of objects: the recursion of the caller. */
export type MergeObject = (original: JsonObject, patch: JsonObject, type: PatchType) => JsonObject;

type List = readonly unknown[];

/** The list without its order settled: elements of `original` first, then what the patch adds. */
function merged(original: List, patch: List, how: ListMerge): { list: List; patch: List } {
  if (!isListOfObjects(original, patch)) {
    return { list: [...new Set([...original, ...patch])], patch };
  }
  const { mergeKey } = how.field;
  if (mergeKey === undefined) throw badContent('cannot merge lists without merge key for type map');
  const special = applySpecialElements(original as JsonObject[], patch as JsonObject[], mergeKey);
  const list = [...special.original];
  for (const element of special.patch) {
    const key = keyOf(element, mergeKey);
    const at = list.findIndex((other) => other[mergeKey] === key);
    const type = elementType(how.field.type);
    if (at < 0) list.push(how.mergeObject({}, element, type));
    else list[at] = how.mergeObject(list[at]!, element, type);
  }
  return { list, patch: special.patch };
}

export interface ListMerge {
  readonly field: PatchField;
  readonly mergeObject: MergeObject;
}

/**
 * Merges `patch` into `original`. Without an `order` of its own, the patch's elements keep their
 * order among themselves, and those only in the original theirs.
 */
export function mergeList(
  original: List,
  patch: List,
  how: ListMerge & { readonly order?: List },
): unknown[] {
  const { mergeKey } = how.field;
  if (how.order !== undefined) checkOrder(patch, how.order, mergeKey);
  const result = merged(original, patch, how);
  return ordered(result.list, {
    wanted: how.order ?? result.patch,
    live: original,
    mergeKey: isListOfObjects(original, patch) ? mergeKey : undefined,
  });
}

/** Elements with `$patch`: deletions of single elements, or the replacement of the whole list. */
function applySpecialElements(
  original: readonly JsonObject[],
  patch: readonly JsonObject[],
  mergeKey: string,
): { original: readonly JsonObject[]; patch: readonly JsonObject[] } {
  const rest = patch.filter((element) => !(PATCH_MARKER in element));
  let kept = original;
  let replaces = false;
  for (const element of patch) {
    const directive = element[PATCH_MARKER];
    if (directive === undefined) continue;
    if (directive === 'delete') {
      const key = keyOf(element, mergeKey);
      kept = kept.filter((other) => other[mergeKey] !== key);
    } else if (directive === 'replace') replaces = true;
    else if (directive === 'merge') {
      throw badContent('merging lists cannot yet be specified in the patch');
    } else throw unknownDirective(directive, element);
  }
  return { original: replaces ? [] : kept, patch: rest };
}

export function unknownDirective(directive: unknown, patch: JsonObject): Error {
  return badContent(`unknown patch type: ${String(directive)} in map: ${goValue(patch)}`);
}

function keyOf(element: JsonObject, mergeKey: string): unknown {
  const key = element[mergeKey];
  if (key === undefined) throw noMergeKey(element, mergeKey);
  return key;
}

/** True if the elements are objects. Throws for a mixture and for lists of lists. */
function isListOfObjects(...lists: readonly List[]): boolean {
  const elements = lists.flat();
  if (lists.some((list) => list.some(Array.isArray))) {
    throw rejected();
  }
  const objects = elements.filter(isObject).length;
  if (objects !== 0 && objects !== elements.length) {
    throw badContent(`list element types are not identical: ${goValue(lists)}`);
  }
  return objects > 0;
}

interface Ordering {
  readonly wanted: List;
  readonly live: List;
  readonly mergeKey: string | undefined;
}

/**
 * Elements named in `wanted` come in that order, the others in the order they have in `live`; the
 * two are interleaved by their places in `live`, the wanted ones first where that says nothing.
 */
export function ordered(list: List, { wanted, live, mergeKey }: Ordering): unknown[] {
  const identity = (element: unknown): unknown =>
    mergeKey === undefined ? element : keyOf(element as JsonObject, mergeKey);
  const places = (of: List): Map<unknown, number> =>
    new Map(of.map((element, i) => [identity(element), i]));
  const wantedPlace = places(wanted);
  const livePlace = places(live);
  const place = (element: unknown, of: Map<unknown, number>): number =>
    of.get(identity(element)) ?? Infinity;
  const byPlace =
    (of: Map<unknown, number>) =>
    (a: unknown, b: unknown): number => {
      const difference = place(a, of) - place(b, of);
      return Number.isNaN(difference) ? 0 : difference;
    };
  const named = list.filter((e) => wantedPlace.has(identity(e))).sort(byPlace(wantedPlace));
  const others = list.filter((e) => !wantedPlace.has(identity(e))).sort(byPlace(livePlace));
  const result: unknown[] = [];
  while (named.length > 0 && others.length > 0) {
    const before = place(others[0], livePlace) < place(named[0], livePlace);
    const bothLive = livePlace.has(identity(others[0])) && livePlace.has(identity(named[0]));
    result.push(bothLive && before ? others.shift() : named.shift());
  }
  return [...result, ...named, ...others];
}

/** The patch's elements, deletions aside, must stand in the order list, in the same order. */
function checkOrder(patch: List, order: List, mergeKey: string | undefined): void {
  if (patch.length === 0 || order.length === 0) return;
  const same = (a: unknown, b: unknown): boolean =>
    mergeKey === undefined
      ? deepEqual(a, b)
      : isObject(a) && isObject(b) && keyOf(a, mergeKey) === keyOf(b, mergeKey);
  let at = 0;
  for (const element of patch) {
    if (isObject(element) && PATCH_MARKER in element) continue;
    while (at < order.length && !same(element, order[at])) at++;
    if (at++ >= order.length) {
      throw badContent(
        `The order in patch list:\n${goValue(patch)}\n doesn't match ` +
          `$setElementOrder list:\n${goValue(order)}\n`,
      );
    }
  }
}
