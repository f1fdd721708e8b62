/**
 * Server-side apply (KEP-555): a client sends the fields it cares about, with the values it wants,
 * and owns just those. Merging never takes what somebody else owns unless forced to; what the
 * client no longer sends goes, unless somebody else owns it too.
 */
import { deepEqual } from '../deep.ts';
import { fieldsOf } from './configuration.ts';
import {
  difference,
  exclude,
  type FieldSet,
  hasPath,
  intersection,
  isEmptySet,
  pathsOf,
  setOf,
  union,
} from './field-set.ts';
import { agreesWithLastApplied } from './last-applied.ts';
import {
  belongsTo,
  byText,
  entryOf,
  type ManagedFields,
  type Manager,
  setOfEntry,
  sorted,
} from './managers.ts';
import { merge } from './merge.ts';
import type { StructMergeType } from './merge-type.ts';
import { prune } from './remove.ts';
import { ownersAfterUpdate, withoutChanges } from './update.ts';
import {
  type Changes,
  changesInVersions,
  changesOf,
  type Converting,
  ownersNow,
  type Versions,
} from './versions.ts';

export interface Application {
  /** The whole type of the kind. */
  readonly type: StructMergeType;
  /** The same without what nobody owns. */
  readonly tracked: StructMergeType;
  /** Of others than the configuration's. Absent: everybody speaks that. */
  readonly versions?: Versions | undefined;
  /** The stored object, in the configuration's version; undefined if it is to be created. */
  readonly live: object | undefined;
  readonly managed: ManagedFields;
  /** Checked before: it has no faults. */
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly manager: Manager;
  readonly force: boolean;
  readonly ignored: FieldSet;
  /** RFC 3339. */
  readonly time: string;
}

export interface Applied {
  /** Not decoded, without defaults; it shares with the live object and the configuration. */
  readonly object: Readonly<Record<string, unknown>>;
  readonly managed: ManagedFields;
}

/** A field that the configuration would change and somebody else owns. */
export interface Conflict {
  readonly manager: Manager;
  readonly path: readonly string[];
}

export class ApplyConflict extends Error {
  override readonly name = 'ApplyConflict';
  readonly conflicts: readonly Conflict[];

  constructor(conflicts: readonly Conflict[]) {
    super(`${conflicts.length} conflicts`);
    this.conflicts = conflicts;
  }
}

/** Who owns the fields of an object that nobody tracked before its first apply. */
const BEFORE_FIRST_APPLY = 'before-first-apply';
/** As a whole it is nobody's: who applies an empty one owns nothing by that. */
const METADATA = setOf('f:metadata');
/** The manager of `kubectl apply --server-side`, which takes over from client-side apply. */
const KUBECTL = 'kubectl';

/** Throws {@link ApplyConflict}. */
export function* applyConfiguration(application: Application): Converting<Applied> {
  const managed = yield* ownersBefore(application);
  const live = (application.live ?? {}) as Readonly<Record<string, unknown>>;
  const { type, tracked, configuration, manager, ignored, versions, time } = application;
  const set = difference(exclude(fieldsOf(tracked, configuration), ignored), METADATA);
  const previous = managed.find((entry) => belongsTo(entry, manager));
  const others = managed.filter((entry) => entry !== previous);
  const object = yield* prune(merge(type, live, configuration), {
    apiVersion: manager.apiVersion,
    types: { whole: type, tracked },
    versions,
    last: previous,
    owners: [...others, entryOf(manager, set, undefined)],
  });
  const change = { type: tracked, live, object, manager, ignored, versions };
  const own = changesOf(change);
  const changes = yield* changesInVersions(change, { own, managed: others });
  const conflicts = conflictsOf(others, changes);
  if (conflicts.length > 0 && !application.force) refuse(application, conflicts);
  const isSame = deepEqual(live, object);
  const entries = withoutChanges(others, changes, manager);
  if (!isEmptySet(set)) entries.push(entryOf(manager, set, isSame ? previous?.time : time));
  return { object, managed: sorted(entries) };
}

/** What was never tracked counts as one update before the first apply. */
function* ownersBefore(application: Application): Converting<ManagedFields> {
  const { live, managed, manager, tracked, ignored, time } = application;
  if (live === undefined || managed.length > 0) return ownersNow(managed, application);
  const { apiVersion, subresource } = manager;
  return yield* ownersAfterUpdate({
    type: tracked,
    live: {},
    object: live,
    managed,
    ignored,
    time,
    manager: { name: BEFORE_FIRST_APPLY, operation: 'Update', apiVersion, subresource },
  });
}

function conflictsOf(others: ManagedFields, changes: Changes): Conflict[] {
  const sortedOthers = [...others].sort(
    (a, b) =>
      byText(a.manager, b.manager) ||
      byText(a.operation, b.operation) ||
      byText(a.apiVersion, b.apiVersion) ||
      byText(a.subresource, b.subresource),
  );
  return sortedOthers.flatMap((entry) => {
    const manager: Manager = {
      name: entry.manager ?? '',
      operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
      apiVersion: entry.apiVersion ?? '',
      subresource: entry.subresource ?? '',
    };
    const { added, modified } = changes(entry.apiVersion);
    const paths = pathsOf(intersection(setOfEntry(entry), union(added, modified)));
    return paths.map((path) => ({ manager, path }));
  });
}

/**
 * What kubectl applied from the client's side before, and nobody changed since, is kubectl's to
 * change: such conflicts do not count.
 */
function refuse(application: Application, conflicts: readonly Conflict[]): void {
  const { manager, live, tracked } = application;
  if (manager.name !== KUBECTL || live === undefined) throw new ApplyConflict(conflicts);
  const agreed = agreesWithLastApplied(tracked, live, manager.apiVersion);
  if (agreed === undefined) throw new ApplyConflict(conflicts);
  const counting = conflicts.filter(({ path }) => !hasPath(agreed, path));
  if (counting.length > 0) throw new ApplyConflict(counting);
}
