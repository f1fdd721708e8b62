/**
 * Who owns which fields, kept at every write (metadata.managedFields): the registry's side of
 * `api/fieldmanager`. Ownership is decided on what the client sent, with defaults and before
 * admission: what the server adds by itself belongs to nobody.
 */
import { deepEqual } from '../../api/deep.ts';
import { fieldsOf } from '../../api/fieldmanager/configuration.ts';
import {
  EMPTY,
  type FieldSet,
  intersection,
  isEmptySet,
  setOf,
  union,
} from '../../api/fieldmanager/field-set.ts';
import {
  canonicalManagedFields,
  isReset,
  type ManagedFields,
  type Manager,
  sameButTimes,
  setOfEntry,
  sorted,
} from '../../api/fieldmanager/managers.ts';
import { mergeTypeOf, trackedTypeOf, UnfitElement } from '../../api/fieldmanager/merge-type.ts';
import { ownersAfterUpdate, type Write } from '../../api/fieldmanager/update.ts';
import {
  inVersions,
  type MergeTypes,
  UnknownVersion,
  type Versions,
} from '../../api/fieldmanager/versions.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { definitionOf } from '../../api/schema/table.ts';
import { formatTime } from '../../api/time.ts';
import { assert } from '../../platform/assert.ts';
import type { ResourceDeclaration, Subresource } from './declaration.ts';
import type { Caller, ResourceContext } from './resource-context.ts';

const known = new WeakMap<ResourceDeclaration, MergeTypes | { readonly none: true }>();

/** Undefined for a kind that the schema tables do not know: its fields are owned by nobody. */
export function mergeTypesOf(declaration: ResourceDeclaration): MergeTypes | undefined {
  let types = known.get(declaration);
  if (declaration.structure !== undefined) return declaration.structure.mergeTypes;
  if (types === undefined) {
    const definition = definitionOf(declaration.type);
    types =
      definition === undefined
        ? { none: true }
        : { whole: mergeTypeOf(definition), tracked: trackedTypeOf(definition) };
    known.set(declaration, types);
  }
  return 'none' in types ? undefined : types;
}

const STATUS = setOf('f:status');
const SPEC_AND_STATUS = union(STATUS, setOf('f:spec'));

/** Fields that writes to the resource, or to a subresource of it, do not change. */
export function ignoredFields(
  declaration: ResourceDeclaration,
  subresource: Subresource<KubernetesObject> | undefined,
): FieldSet {
  if (subresource === undefined) {
    if (declaration.ownerlessSpec) return SPEC_AND_STATUS;
    return declaration.hasStatus ? STATUS : EMPTY;
  }
  const { owns } = subresource;
  if (owns === undefined) return EMPTY;
  const others: Record<string, FieldSet> = { ...subresource.keeps };
  // A custom resource's schema need not name it.
  if (!owns.includes('spec')) others['f:spec'] = EMPTY;
  for (const { name, element } of mergeTypesOf(declaration)?.tracked.fields.values() ?? []) {
    if (name !== 'metadata' && !owns.includes(name)) others[element] = EMPTY;
  }
  return others;
}

export function managerOf(
  { declaration }: ResourceContext,
  caller: Caller,
  of: {
    readonly operation: Manager['operation'];
    readonly subresource: Subresource<KubernetesObject> | undefined;
  },
): Manager {
  return {
    name: caller.manager,
    operation: of.operation,
    apiVersion: apiVersionOf(caller.requestedType ?? declaration.type),
    subresource: of.subresource?.name ?? '',
  };
}

export function setOwners(object: Mutable<KubernetesObject>, managed?: ManagedFields): void {
  const { metadata } = object;
  if (managed === undefined || managed.length === 0) delete metadata.managedFields;
  else metadata.managedFields = managed as Mutable<ManagedFields>;
}

/**
 * The types of every version of a kind's objects, to who writes in one of them. Those of another
 * group (an Event has two) are none, as in Kubernetes.
 */
export function versionsOf(
  { declaration, versions }: ResourceContext,
  writer: Pick<Manager, 'apiVersion'>,
): Versions {
  const { siblings, structure, type } = declaration;
  return (apiVersion) => {
    const isOurs = apiVersion === apiVersionOf(type);
    if (structure !== undefined) {
      const sibling = isOurs ? structure : siblings?.structureOf(apiVersion);
      if (sibling === undefined) throw new UnknownVersion(apiVersion);
      return sibling.mergeTypes;
    }
    if (groupOf(apiVersion) !== groupOf(writer.apiVersion)) return undefined;
    if (isOurs) return mergeTypesOf(declaration);
    const other = versions.declarationOf(apiVersion, type.kind);
    return other?.structure === undefined ? other && mergeTypesOf(other) : undefined;
  };
}

const groupOf = (apiVersion: string): string =>
  apiVersion.slice(0, Math.max(apiVersion.indexOf('/'), 0));

/** Rejects with StatusError where a webhook converts. */
export function converting({ declaration, versions }: ResourceContext) {
  return (of: { readonly object: object; readonly apiVersion: string }) =>
    versions.convertTo(of.object as KubernetesObject, of.apiVersion, declaration);
}

/**
 * Owners as they are after a write, in the words of the version in which each of them wrote. An
 * object whose lists have elements that cannot be told apart is about to be refused, or was let
 * through before: its owners stay as they are. In one of an unknown version all are lost, as in
 * Kubernetes.
 */
async function ownersAfter(
  context: ResourceContext,
  write: Omit<Write, 'type' | 'time' | 'versions'>,
): Promise<ManagedFields> {
  const versions = versionsOf(context, write.manager);
  const convert = converting(context);
  const { apiVersion } = write.manager;
  const type = versions(apiVersion)?.tracked;
  assert(type !== undefined, 'asked before');
  const isView = apiVersion !== apiVersionOf(context.declaration.type);
  const seen = async (object: object): Promise<object> =>
    'apiVersion' in object ? convert({ object, apiVersion }) : object;
  const live = isView ? await seen(write.live) : write.live;
  const object = isView ? await seen(write.object) : write.object;
  const time = formatTime(context.clock.now());
  try {
    const { manager, managed, ignored } = write;
    const change = { type, live, object, manager, managed, ignored, versions, time };
    const steps = ownersAfterUpdate(change);
    return await inVersions(steps, convert);
  } catch (error) {
    if (error instanceof UnfitElement) return write.managed;
    if (error instanceof UnknownVersion) return [];
    throw error;
  }
}

/** The creator owns what it sent. */
export async function ownNew(
  context: ResourceContext,
  object: Mutable<KubernetesObject>,
  caller: Caller,
): Promise<void> {
  const { managedFields: sent = [] } = object.metadata;
  if (mergeTypesOf(context.declaration) === undefined) return setOwners(object);
  const managed = await ownersAfter(context, {
    live: {},
    object,
    managed: sent.length === 0 || isReset(sent) ? [] : (canonicalManagedFields(sent) ?? []),
    manager: managerOf(context, caller, { operation: 'Update', subresource: undefined }),
    ignored: ignoredFields(context.declaration, undefined),
  });
  setOwners(object, managed);
}

/** Whoever changes a field takes it over. */
export async function ownChanges(
  context: ResourceContext,
  change: {
    readonly object: Mutable<KubernetesObject>;
    readonly sent: KubernetesObject;
    readonly current: KubernetesObject;
    readonly subresource: Subresource<KubernetesObject> | undefined;
  },
  caller: Caller,
): Promise<void> {
  const { object, sent, current, subresource } = change;
  const isTyped = mergeTypesOf(context.declaration) !== undefined;
  const live = current.metadata.managedFields ?? [];
  const managed = subresource === undefined ? ownersSent(sent.metadata.managedFields, live) : live;
  // Objects that nobody tracked from their creation on are tracked from the first apply on. What
  // is posted to a subresource (a Binding) acts on the object and is no version of it.
  const seen = subresource === undefined ? managed : ownersSeen(context, subresource, managed);
  const tracks = isTyped && seen.length > 0 && !subresource?.verbs.includes('create');
  if (!tracks) return setOwners(object, managed);
  const owners = await ownersAfter(context, {
    live: current,
    object,
    managed,
    manager: managerOf(context, caller, { operation: 'Update', subresource }),
    // A subresource's result differs from the live object in what it may change, and only there.
    ignored: subresource === undefined ? ignoredFields(context.declaration, undefined) : EMPTY,
  });
  setOwners(object, subresource?.parentConfiguration === undefined ? owners : timeless(owners));
}

/** Through a view, only who owns something of it is seen: of a Scale, the replicas. */
function ownersSeen(
  { declaration }: ResourceContext,
  subresource: Subresource<KubernetesObject>,
  managed: ManagedFields,
): ManagedFields {
  const types = mergeTypesOf(declaration);
  const view = subresource.parentConfiguration?.({ spec: { replicas: 0 } });
  if (types === undefined || view === undefined) return managed;
  const shown = fieldsOf(types.tracked, { ...view });
  return ownersOf(shown, managed);
}

/** Who owns any of the fields. */
export function ownersOf(fields: FieldSet, managed: ManagedFields): ManagedFields {
  return managed.filter((entry) => !isEmptySet(intersection(setOfEntry(entry), fields)));
}

/** Kubernetes keeps no time of what is changed through a scale. */
function timeless(owners: ManagedFields): ManagedFields {
  const kept = owners.map((entry) => {
    if (entry.subresource !== 'scale') return entry;
    const { time: _never, ...rest } = entry;
    return rest;
  });
  return sorted(kept);
}

/** Clients may edit managedFields, and lose them without meaning to. */
function ownersSent(sent: ManagedFields | undefined, live: ManagedFields): ManagedFields {
  if (sent === undefined || sent.length === 0 || deepEqual(sent, live)) return live;
  return isReset(sent) ? [] : (canonicalManagedFields(sent) ?? live);
}

/** A write that would change nothing but the times of managedFields changes nothing. */
export function keepTimes(object: Mutable<KubernetesObject>, current: KubernetesObject): void {
  const own = object.metadata.managedFields;
  const old = current.metadata.managedFields;
  if (own === old || own === undefined || old === undefined || !sameButTimes(own, old)) return;
  if (deepEqual(withoutOwners(object), withoutOwners(current))) setOwners(object, old);
}

function withoutOwners(object: KubernetesObject): object {
  return { ...object, metadata: { ...object.metadata, managedFields: undefined } };
}
