/**
 * Objects that are known in several versions: everybody owns fields in the words of the version in
 * which they wrote. To compare or to merge in another one an object has to be converted, which may
 * mean asking a webhook; so the steps here ask for it and go on with the answer.
 */
import { assert } from '../../platform/assert.ts';
import { withAtoms } from './atoms.ts';
import { compare, type Comparison } from './compare.ts';
import { exclude, type FieldSet, isEmptySet } from './field-set.ts';
import { type ManagedFields, type Manager, setOfEntry } from './managers.ts';
import type { StructMergeType } from './merge-type.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A kind's types in one version, as merging and ownership see them. */
export interface MergeTypes {
  readonly whole: StructMergeType;
  /** The same without what nobody owns. */
  readonly tracked: StructMergeType;
  /** Sets may have been written when the types were others. */
  readonly mayHaveChanged?: boolean;
}

/**
 * Undefined for a version that is no more: what was owned in it is forgotten. Custom resources
 * throw {@link UnknownVersion} instead.
 */
export type Versions = (apiVersion: string) => MergeTypes | undefined;

/** Somebody owns fields of a custom resource in a version that its definition does not have. */
export class UnknownVersion extends Error {
  override readonly name = 'UnknownVersion';

  constructor(apiVersion: string) {
    super(`request to convert CR to an invalid group/version: ${apiVersion}`);
  }
}

/** The same object is wanted in this version. */
export interface Wanted {
  readonly object: JsonObject;
  readonly apiVersion: string;
}

export type Converting<T> = Generator<Wanted, T, JsonObject>;

/** For objects that everybody knows in one version: nothing is wanted. */
export function inOneVersion<T>(steps: Converting<T>): T {
  const step = steps.next();
  assert(step.done === true, 'a conversion is wanted where there are no versions');
  return step.value;
}

/** Rejects as `convert` does. */
export async function inVersions<T>(
  steps: Converting<T>,
  convert: (wanted: Wanted) => object | Promise<object>,
): Promise<T> {
  let step = steps.next();
  while (step.done !== true) step = steps.next((await convert(step.value)) as JsonObject);
  return step.value;
}

export function* converted(
  object: JsonObject,
  { from, to }: { readonly from: string; readonly to: string },
): Converting<JsonObject> {
  return from === to ? object : yield { object, apiVersion: to };
}

/** What a write changes, and in which words. */
export interface Change {
  /** The tracked type of the writer's version. */
  readonly type: StructMergeType;
  /** Before the write; `{}` if there was no object. */
  readonly live: object;
  readonly object: object;
  readonly manager: Manager;
  /** Fields that writes of this sort do not change, whatever they say. */
  readonly ignored: FieldSet;
  /** Absent: everybody speaks the writer's version. */
  readonly versions?: Versions | undefined;
}

/** Owners by today's types: who speaks a version that is no more owns nothing. */
export function ownersNow(
  managed: ManagedFields,
  { versions }: Pick<Change, 'versions'>,
): ManagedFields {
  if (versions === undefined) return managed;
  const now = managed.flatMap((entry) => {
    const types = versions(entry.apiVersion ?? '');
    if (types === undefined) return [];
    if (types.mayHaveChanged !== true) return [entry];
    const set = setOfEntry(entry);
    const fieldsV1 = withAtoms(types.tracked, set);
    return [fieldsV1 === set ? entry : { ...entry, fieldsV1 }];
  });
  const isSame = now.length === managed.length && now.every((each, i) => each === managed[i]);
  return isSame ? managed : now;
}

/** What a write changes of the fields that it can change, in the writer's words. */
export function changesOf(write: Pick<Change, 'type' | 'live' | 'object' | 'ignored'>): Comparison {
  const changes = compare(write.type, write.live as JsonObject, write.object as JsonObject);
  const { ignored } = write;
  if (isEmptySet(ignored)) return changes;
  return {
    added: exclude(changes.added, ignored),
    modified: exclude(changes.modified, ignored),
    removed: exclude(changes.removed, ignored),
  };
}

/** The same in the words of anybody in `managed`, by apiVersion. */
export type Changes = (apiVersion: string | undefined) => Comparison;

export function* changesInVersions(
  change: Change,
  of: { readonly own: Comparison; readonly managed: ManagedFields },
): Converting<Changes> {
  const { live, object, ignored, manager, versions } = change;
  const known = new Map([[manager.apiVersion, of.own]]);
  for (const { apiVersion = '' } of of.managed) {
    const types = known.has(apiVersion) ? undefined : versions?.(apiVersion);
    if (types === undefined) continue;
    const isNew = Object.keys(live).length === 0;
    const before = isNew ? live : yield { object: live as JsonObject, apiVersion };
    const after = yield { object: object as JsonObject, apiVersion };
    const { tracked: type } = types;
    known.set(apiVersion, changesOf({ type, live: before, object: after, ignored }));
  }
  return (apiVersion = '') => known.get(apiVersion) ?? of.own;
}
