/**
 * Who owns which fields: metadata.managedFields. One entry per manager, operation and subresource;
 * for updates per apiVersion too, because their sets are in terms of that version, while a manager
 * that applies has one configuration, whatever the version.
 */
import { deepEqual, isObject } from '../deep.ts';
import { parseTime } from '../time.ts';
import type { ManagedFieldsEntry } from '../types/meta-v1.ts';
import { EMPTY, type FieldSet, inOrder, type MutableFieldSet, union } from './field-set.ts';
import { canonicalElement } from './path-element.ts';

export type Operation = 'Apply' | 'Update';

/** Who writes, and what through. */
export interface Manager {
  readonly name: string;
  readonly operation: Operation;
  readonly apiVersion: string;
  /** "" for the object itself. */
  readonly subresource: string;
}

export type ManagedFields = readonly ManagedFieldsEntry[];

export const UNKNOWN_MANAGER = 'unknown';

export function setOfEntry(entry: ManagedFieldsEntry): FieldSet {
  return (entry.fieldsV1 as FieldSet | undefined) ?? EMPTY;
}

/** True if the entry is this manager's. */
export function belongsTo(entry: ManagedFieldsEntry, manager: Manager): boolean {
  return (
    entry.manager === manager.name &&
    entry.operation === manager.operation &&
    (entry.subresource ?? '') === manager.subresource &&
    (manager.operation === 'Apply' || entry.apiVersion === manager.apiVersion)
  );
}

export function entryOf(
  manager: Manager,
  set: FieldSet,
  time: string | undefined,
): ManagedFieldsEntry {
  const { subresource } = manager;
  return {
    apiVersion: manager.apiVersion,
    fieldsType: 'FieldsV1',
    fieldsV1: inOrder(set),
    manager: manager.name,
    operation: manager.operation,
    ...(subresource === '' ? {} : { subresource }),
    ...(time === undefined ? {} : { time }),
  };
}

/** Applied configurations first, then by time. */
export function sorted(entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  return entries.sort(
    (a, b) =>
      byText(a.operation, b.operation) ||
      secondsOf(a) - secondsOf(b) ||
      byText(a.manager, b.manager) ||
      byText(a.apiVersion, b.apiVersion) ||
      byText(a.subresource, b.subresource),
  );
}

export function byText(a: string | undefined = '', b: string | undefined = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function secondsOf({ time }: ManagedFieldsEntry): number {
  return time === undefined ? 0 : Math.floor((parseTime(time) ?? 0) / 1_000);
}

/** Where more managers have updated an object, the oldest share one entry per apiVersion. */
const MAX_UPDATE_MANAGERS = 10;
const OLD_UPDATES = 'ancient-changes';

export function capped(entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  const updaters = entries.filter(({ operation }) => operation === 'Update');
  let excess = updaters.length - MAX_UPDATE_MANAGERS;
  if (excess <= 0) return entries;
  updaters.sort((a, b) => secondsOf(a) - secondsOf(b) || byText(a.manager, b.manager));
  const buckets = new Map<string, ManagedFieldsEntry>();
  const folded = new Set<ManagedFieldsEntry>();
  for (const entry of updaters) {
    if (excess <= 0) break;
    const apiVersion = entry.apiVersion ?? '';
    const bucket = buckets.get(apiVersion);
    folded.add(entry);
    if (bucket === undefined) {
      buckets.set(apiVersion, entry);
      continue;
    }
    const old = { name: OLD_UPDATES, operation: 'Update', apiVersion, subresource: '' } as const;
    const set = union(setOfEntry(bucket), setOfEntry(entry));
    buckets.set(apiVersion, entryOf(old, set, entry.time));
    excess--;
  }
  return [...entries.filter((entry) => !folded.has(entry)), ...buckets.values()];
}

/**
 * What a client sent as managedFields, in the one form that the rest relies on; undefined if it is
 * none, as clients that do not know managedFields may send anything.
 */
export function canonicalManagedFields(entries: ManagedFields): ManagedFields | undefined {
  const result: ManagedFieldsEntry[] = [];
  for (const [i, entry] of entries.entries()) {
    if (headFault(entry, i) !== undefined) return undefined;
    const { fieldsV1, manager, subresource, time } = entry;
    const { operation, apiVersion } = entry as Pick<Manager, 'operation' | 'apiVersion'>;
    const set = canonicalSet(fieldsV1 ?? {});
    if (set === undefined) return undefined;
    const name = manager ?? '';
    const owner: Manager = { name, operation, apiVersion, subresource: subresource ?? '' };
    const same = result.findIndex((other) => belongsTo(other, owner));
    if (same >= 0) result.splice(same, 1);
    result.push(entryOf(owner, set, time));
  }
  return sorted(result);
}

/** Why they are none, in Kubernetes' words but for sets of fields that are none. */
export function managedFieldsFault(entries: ManagedFields): string | undefined {
  for (const [i, entry] of entries.entries()) {
    const fault = headFault(entry, i);
    if (fault !== undefined) return fault;
    if (canonicalSet(entry.fieldsV1 ?? {}) === undefined)
      return `error decoding versioned set of managed fields entry ${i}`;
  }
  return undefined;
}

function headFault(entry: ManagedFieldsEntry, i: number): string | undefined {
  const { operation, apiVersion, fieldsType } = entry;
  if (operation !== 'Apply' && operation !== 'Update')
    return 'operation must be `Apply` or `Update`';
  if (!apiVersion) return 'apiVersion must not be empty';
  if (!fieldsType) return `missing fieldsType in managed fields entry ${i}`;
  if (fieldsType === 'FieldsV1') return undefined;
  return `invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${i}`;
}

function canonicalSet(value: unknown): FieldSet | undefined {
  if (!isObject(value)) return undefined;
  const set: MutableFieldSet = {};
  for (const key of Object.keys(value)) {
    const element = canonicalElement(key);
    const node = element === undefined ? undefined : canonicalSet(value[key]);
    if (node === undefined) return undefined;
    set[element!] = node;
  }
  return set;
}

/** `[]` and `[{}]`: how a client says that it wants an object without owners. */
export function isReset(entries: ManagedFields): boolean {
  if (entries.length > 1) return false;
  return entries.length === 0 || Object.keys(entries[0]!).length === 0;
}

/** True if nothing but times differs. */
export function sameButTimes(a: ManagedFields, b: ManagedFields): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  const timeless = (entry: ManagedFieldsEntry) => ({ ...entry, time: undefined });
  return a.every((entry) =>
    b.some(
      (other) =>
        entry === other ||
        (entry.manager === other.manager &&
          entry.operation === other.operation &&
          deepEqual(timeless(entry), timeless(other))),
    ),
  );
}
