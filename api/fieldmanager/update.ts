/**
 * A create, update or patch: whoever changes a field owns it from then on, and nobody else does.
 */
import type { Comparison } from './compare.ts';
import { difference, isEmptySet, union } from './field-set.ts';
import {
  belongsTo,
  capped,
  entryOf,
  type ManagedFields,
  type Manager,
  setOfEntry,
  sorted,
} from './managers.ts';
import {
  type Change,
  type Changes,
  changesInVersions,
  changesOf,
  type Converting,
  ownersNow,
} from './versions.ts';

/** `object`: after the write, with defaults. */
export interface Write extends Change {
  /** Who owned what before. */
  readonly managed: ManagedFields;
  /** RFC 3339. */
  readonly time: string;
}

/** Who owns what after the write; `managed` itself if that is the same. */
export function* ownersAfterUpdate(write: Write): Converting<ManagedFields> {
  const { manager, time } = write;
  const managed = ownersNow(write.managed, write);
  const own = changesOf(write);
  const changed = union(own.added, own.modified);
  if (isEmptySet(changed) && isEmptySet(own.removed)) return managed;
  const changes = yield* changesInVersions(write, { own, managed });
  const entries = withoutChanges(managed, changes, manager);
  const at = entries.findIndex((entry) => belongsTo(entry, manager));
  if (!isEmptySet(changed)) {
    const before = at < 0 ? undefined : setOfEntry(entries[at]!);
    const set = before === undefined ? changed : union(before, changed);
    entries.splice(at < 0 ? entries.length : at, 1, entryOf(manager, set, time));
  }
  return sorted(capped(entries));
}

/**
 * Everybody's fields without what the write takes from them. `writer` keeps what it changed: it
 * owned that before and does so again.
 */
export function withoutChanges(managed: ManagedFields, changes: Changes, writer: Manager) {
  return managed.flatMap((entry) => {
    const { added, modified, removed }: Comparison = changes(entry.apiVersion);
    const set = setOfEntry(entry);
    const kept = belongsTo(entry, writer) ? set : difference(set, union(added, modified));
    const rest = difference(kept, removed);
    if (rest === set) return [entry];
    return isEmptySet(rest) ? [] : [{ ...entry, fieldsV1: rest }];
  });
}
