/**
 * Who owns which fields, kept at every write (metadata.managedFields): the registry's side of
 * `api/fieldmanager`. Ownership is decided on what the client sent, with defaults and before
 * admission: what the server adds by itself belongs to nobody.
 */
import { deepEqual } from '../../api/deep.ts';
import { EMPTY, type FieldSet, setOf, union } from '../../api/fieldmanager/field-set.ts';
import {
  canonicalManagedFields,
  isReset,
  type ManagedFields,
  type Manager,
  sameButTimes,
} from '../../api/fieldmanager/managers.ts';
import {
  mergeTypeOf,
  type StructMergeType,
  trackedTypeOf,
  UnfitElement,
} from '../../api/fieldmanager/merge-type.ts';
import { ownersAfterUpdate, type Write } from '../../api/fieldmanager/update.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { definitionOf } from '../../api/schema/table.ts';
import { formatTime } from '../../api/time.ts';
import type { ResourceDeclaration, Subresource } from './declaration.ts';
import type { Caller, ResourceContext } from './resource-context.ts';

/** A kind's types, as merging and ownership see them. */
export interface MergeTypes {
  readonly whole: StructMergeType;
  readonly tracked: StructMergeType;
}

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
  const others: Record<string, FieldSet> = {};
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
    apiVersion: apiVersionOf(declaration.type),
    subresource: of.subresource?.name ?? '',
  };
}

export function setOwners(object: Mutable<KubernetesObject>, managed?: ManagedFields): void {
  const { metadata } = object;
  if (managed === undefined || managed.length === 0) delete metadata.managedFields;
  else metadata.managedFields = managed as Mutable<ManagedFields>;
}

/**
 * An object whose lists have elements that cannot be told apart is about to be refused, or was let
 * through before: its owners stay as they are.
 */
function ownersOrSame(write: Write): ManagedFields {
  try {
    return ownersAfterUpdate(write);
  } catch (error) {
    if (error instanceof UnfitElement) return write.managed;
    throw error;
  }
}

/** The creator owns what it sent. */
export function ownNew(
  context: ResourceContext,
  object: Mutable<KubernetesObject>,
  caller: Caller,
): void {
  const types = mergeTypesOf(context.declaration);
  const { managedFields: sent = [] } = object.metadata;
  if (types === undefined) return setOwners(object);
  const managed = ownersOrSame({
    type: types.tracked,
    live: {},
    object,
    managed: sent.length === 0 || isReset(sent) ? [] : (canonicalManagedFields(sent) ?? []),
    manager: managerOf(context, caller, { operation: 'Update', subresource: undefined }),
    ignored: ignoredFields(context.declaration, undefined),
    time: formatTime(context.clock.now()),
  });
  setOwners(object, managed);
}

/** Whoever changes a field takes it over. */
export function ownChanges(
  context: ResourceContext,
  change: {
    readonly object: Mutable<KubernetesObject>;
    readonly sent: KubernetesObject;
    readonly current: KubernetesObject;
    readonly subresource: Subresource<KubernetesObject> | undefined;
  },
  caller: Caller,
): void {
  const { object, sent, current, subresource } = change;
  const types = mergeTypesOf(context.declaration);
  const live = current.metadata.managedFields ?? [];
  const managed = subresource === undefined ? ownersSent(sent.metadata.managedFields, live) : live;
  // Objects that nobody tracked from their creation on are tracked from the first apply on. What
  // is posted to a subresource (a Binding) acts on the object and is no version of it.
  const tracks = types && managed.length > 0 && !subresource?.verbs.includes('create');
  if (!tracks) return setOwners(object, managed);
  const owners = ownersOrSame({
    type: types.tracked,
    live: current,
    object,
    managed,
    manager: managerOf(context, caller, { operation: 'Update', subresource }),
    // A subresource's result differs from the live object in what it may change, and only there.
    ignored: subresource === undefined ? ignoredFields(context.declaration, undefined) : EMPTY,
    time: formatTime(context.clock.now()),
  });
  setOwners(object, subresource?.parentConfiguration === undefined ? owners : timeless(owners));
}

/** Kubernetes keeps no time of what is changed through a scale. */
function timeless(owners: ManagedFields): ManagedFields {
  return owners.map((entry) => {
    if (entry.subresource !== 'scale') return entry;
    const { time: _never, ...rest } = entry;
    return rest;
  });
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
