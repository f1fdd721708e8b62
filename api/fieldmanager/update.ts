/**
 * A create, update or patch: whoever changes a field owns it from then on, and nobody else does.
 */
import { compare, type Comparison } from './compare.ts';
import { difference, exclude, type FieldSet, isEmptySet, union } from './field-set.ts';
import {
  belongsTo,
  capped,
  entryOf,
  type ManagedFields,
  type Manager,
  setOfEntry,
  sorted,
} from './managers.ts';
import type { StructMergeType } from './merge-type.ts';

export interface Write {
  /** The kind's fields without those that nobody owns. */
  readonly type: StructMergeType;
  /** Before the write; `{}` if there was no object. */
  readonly live: object;
  /** After it, with defaults. */
  readonly object: object;
  /** Who owned what before. */
  readonly managed: ManagedFields;
  readonly manager: Manager;
  /** Fields that writes of this sort do not change, whatever they say. */
  readonly ignored: FieldSet;
  /** RFC 3339. */
  readonly time: string;
}

/** Who owns what after the write; `managed` itself if that is the same. */
export function ownersAfterUpdate(write: Write): ManagedFields {
  const changes = changesOf(write);
  const changed = union(changes.added, changes.modified);
  if (isEmptySet(changed) && isEmptySet(changes.removed)) return write.managed;
  const { manager, managed, time } = write;
  const entries = withoutChanges(managed, changes, manager);
  const own = entries.findIndex((entry) => belongsTo(entry, manager));
  if (!isEmptySet(changed)) {
    const before = own < 0 ? undefined : setOfEntry(entries[own]!);
    const set = before === undefined ? changed : union(before, changed);
    entries.splice(own < 0 ? entries.length : own, 1, entryOf(manager, set, time));
  }
  return sorted(capped(entries));
}

/** What a write changes of the fields that it can change. */
export function changesOf(write: Pick<Write, 'type' | 'live' | 'object' | 'ignored'>): Comparison {
  const live = write.live as Record<string, unknown>;
  const changes = compare(write.type, live, write.object as Record<string, unknown>);
  const { ignored } = write;
  if (isEmptySet(ignored)) return changes;
  return {
    added: exclude(changes.added, ignored),
    modified: exclude(changes.modified, ignored),
    removed: exclude(changes.removed, ignored),
  };
}

/**
 * Everybody's fields without what the write takes from them. `writer` keeps what it changed: it
 * owned that before and does so again.
 */
export function withoutChanges(
  managed: ManagedFields,
  { added, modified, removed }: Comparison,
  writer: Manager,
) {
  const taken = union(added, modified);
  return managed.flatMap((entry) => {
    const set = setOfEntry(entry);
    const kept = belongsTo(entry, writer) ? set : difference(set, taken);
    const rest = difference(kept, removed);
    if (rest === set) return [entry];
    return isEmptySet(rest) ? [] : [{ ...entry, fieldsV1: rest }];
  });
}
