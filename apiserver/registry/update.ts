import { deepEqual } from '../../api/deep.ts';
import { invalid, invalidError } from '../../api/field-errors.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { validateObjectMetaUpdate } from '../../api/validation/object-meta.ts';
import type { AdmissionAttributes } from '../admission/admission.ts';
import type { StoredObject } from '../storage/stored-object.ts';
import { ContentionError, type Decision, type Outcome } from '../storage/write.ts';
import { dropRepeatedOwners } from './repeated-owners.ts';
import {
  bindKind,
  bindNamespace,
  checkTaken,
  prepareForCreate,
  validateNew,
  warnAbout,
  withDefaults,
} from './create.ts';
import type { Subresource } from './declaration.ts';
import { isFinished } from './delete.ts';
import { conflictError, notFoundError, OBJECT_MODIFIED } from './errors.ts';
import { keepTimes, ownChanges, ownNew, setOwners } from './field-ownership.ts';
import { Reservations, releaseClaims } from './reservations.ts';
import {
  attributesOf,
  type Caller,
  type ObjectAt,
  permitWrite,
  type ResourceContext,
  suffixOf,
  writeContext,
  writerOf,
} from './resource-context.ts';
import { asWritten, lean } from './zeros.ts';

export interface Update {
  readonly at: ObjectAt;
  /**
   * What the client wants, given what is stored: the body of a PUT, or the outcome of a patch.
   * Asked anew for each attempt, and each time for a value the registry may change. With a
   * subresource: its view of the parent.
   */
  readonly sent: (
    current: KubernetesObject | undefined,
  ) => Mutable<KubernetesObject> | Promise<Mutable<KubernetesObject>>;
  readonly subresource?: Subresource<KubernetesObject> | undefined;
  /** True if `sent` is only what the subresource may change: the rest is as in `current`. */
  readonly isPart?: ((current: KubernetesObject) => boolean) | undefined;
  /** What to do where there is no such object: a patch never means "create it". */
  readonly creates: 'never' | 'ifKindAllows' | 'always';
  /** `sent` says who owns what: it was applied. */
  readonly applied?: boolean;
}

export interface Updated {
  readonly object: StoredObject;
  readonly created: boolean;
}

/** PUT and PATCH of an object or one of its subresources. */
export async function update(
  context: ResourceContext,
  change: Update,
  caller: Caller,
): Promise<Updated> {
  const { type } = context.declaration;
  const { name } = change.at;
  if (context.declaration.load !== undefined) await context.declaration.load();
  const reservations = new Reservations(context, caller);
  let outcome: Outcome;
  let decision: Decision | undefined;
  try {
    outcome = await writerOf(context, caller).transact(suffixOf(change.at), async (current) => {
      decision =
        current === undefined
          ? await decideCreate(context, change, { caller, reservations })
          : await decideUpdate(context, change, { caller, reservations, current: current.value });
      return decision;
    });
    const written = outcome.type === 'created' || outcome.type === 'updated';
    await reservations.finish(written && !caller.dryRun);
  } catch (error) {
    await reservations.finish(false);
    if (error instanceof ContentionError) throw conflictError(type, name, OBJECT_MODIFIED);
    throw error;
  }
  const { object } = outcome;
  if (object === undefined) throw notFoundError(type, name);
  if (outcome.type !== 'deleted') return { object, created: outcome.type === 'created' };
  if (!caller.dryRun) await releaseClaims(context, object.value);
  // Who let go of it is told what became of it, in the version that was there.
  const last = decision?.type === 'delete' ? decision.last : undefined;
  return { object: last === undefined ? object : object.instead(last), created: false };
}

async function decideCreate(
  context: ResourceContext,
  change: Update,
  by: { readonly caller: Caller; readonly reservations: Reservations },
): Promise<Decision> {
  const { declaration, admission } = context;
  const mayCreate =
    change.creates === 'always' ||
    (change.creates === 'ifKindAllows' && declaration.allowCreateOnUpdate);
  if (!mayCreate || change.subresource !== undefined)
    throw notFoundError(declaration.type, change.at.name);
  await permitCreate(context, change.at, by.caller);
  const sent = await change.sent(undefined);
  bindNamespace(context, sent, change.at.namespace);
  const object = withDefaults(context, sent);
  const isPut = change.creates === 'ifKindAllows';
  dropRepeatedOwners(object, by.caller.request, isPut ? 'sent' : 'admitted');
  if (!change.applied) await ownNew(context, object, by.caller);
  checkTaken(context, change.at.name);
  const attributes = attributesOf(context, {
    operation: 'CREATE',
    at: change.at,
    object,
    caller: by.caller,
  });
  await admission.mutate(attributes);
  dropRepeatedOwners(object, by.caller.request, 'admitted');
  const { namespace } = change.at;
  await permitWrite(context, { object, old: undefined }, { user: by.caller.user, namespace });
  prepareForCreate(context, object);
  await by.reservations.renew({ object, old: undefined });
  validateNew(context, object);
  warnAbout(context, by.caller, { object });
  await admission.validate(attributes);
  return { type: 'put', object: asWritten(declaration, object), owned: change.applied };
}

/** Who may update need not be one who may create. */
async function permitCreate(
  { declaration, control }: ResourceContext,
  at: ObjectAt,
  { user }: Caller,
): Promise<void> {
  const { group, version, resource } = declaration.type;
  const asked = { type: 'resource', verb: 'create', subresource: '' } as const;
  await control?.require(user, { ...asked, group, version, resource, ...at });
}

async function decideUpdate(
  context: ResourceContext,
  change: Update,
  by: {
    readonly caller: Caller;
    readonly reservations: Reservations;
    readonly current: KubernetesObject;
  },
): Promise<Decision> {
  const { admission, declaration } = context;
  const { caller } = by;
  const { subresource } = change;
  const decoded = await change.sent(by.current);
  const current = lean(declaration, by.current);
  bindNamespace(context, decoded, change.at.namespace);
  bindKind(context, decoded, subresource);
  const isWhole = subresource?.kind === undefined;
  // An object of another kind (a Binding) is no view of the parent that could be out of date.
  const isPut = change.creates === 'ifKindAllows';
  checkVersion(context, {
    sent: decoded,
    current,
    needsVersion: isWhole,
    needsUid: isPut || !isWhole,
  });
  const sent = isWhole ? withDefaults(context, decoded) : decoded;
  if (change.isPart?.(by.current)) addRest(sent, current, subresource!);
  dropRepeatedOwners(sent, caller.request, isPut ? 'sent' : 'admitted');
  const written = (): Mutable<KubernetesObject> =>
    subresource === undefined
      ? sent
      : ownMetadata(subresource.write(sent, current, writeContext(context)));
  let object = written();
  if (change.applied) setOwners(object, sent.metadata.managedFields);
  else await ownChanges(context, { object, sent, current, subresource }, caller);
  const owners = object.metadata.managedFields;
  if (isWhole) setOwners(sent, owners);
  const { at } = change;
  await admission.mutate(updateAttributes(context, { at, subresource, current, caller }, sent));
  dropRepeatedOwners(sent, caller.request, 'admitted');
  if (subresource !== undefined) {
    object = written();
    setOwners(object, owners);
  }
  const { user } = caller;
  await permitWrite(context, { object, old: current }, { user, namespace: at.namespace });
  prepareForUpdate(context, object, { old: current, subresource });
  if (subresource === undefined) await by.reservations.renew({ object, old: current });
  validateChanged(context, object, { old: current, subresource, caller });
  warnAbout(context, caller, { object, old: current, subresource });
  const final = subresource === undefined ? object : viewOf(subresource, object, sent);
  await admission.validate(updateAttributes(context, { at, subresource, current, caller }, final));
  object = asWritten(declaration, object);
  keepTimes(object, by.current);
  return isFinished(declaration, object)
    ? { type: 'delete', last: object }
    : { type: 'put', object, owned: change.applied };
}

/** Shares what it adds with `current`. */
function addRest(
  sent: Mutable<KubernetesObject>,
  current: KubernetesObject,
  { owns = [] }: Subresource<KubernetesObject>,
): void {
  const [into, from] = [sent, current] as object[] as Record<string, unknown>[];
  for (const name in from) if (!OF_ALL.has(name) && !owns.includes(name)) into![name] = from[name];
}

const OF_ALL = new Set(['apiVersion', 'kind', 'metadata']);

/** What is posted to a subresource is new; all else has a predecessor. */
function updateAttributes(
  context: ResourceContext,
  of: {
    readonly at: ObjectAt;
    readonly subresource: Subresource<KubernetesObject> | undefined;
    readonly current: KubernetesObject;
    readonly caller: Caller;
  },
  object: Mutable<KubernetesObject>,
): AdmissionAttributes {
  const { at, caller, subresource, current } = of;
  if (subresource?.verbs.includes('create'))
    return attributesOf(context, { operation: 'CREATE', at, caller, subresource, object });
  const oldObject = subresource === undefined ? current : viewOf(subresource, current, current);
  const operation = 'UPDATE';
  return attributesOf(context, { operation, at, caller, subresource, object, oldObject });
}

/** `parent` as the subresource shows it; what was posted stays what it is. */
function viewOf<T extends KubernetesObject>(
  subresource: Subresource<KubernetesObject>,
  parent: T,
  posted: T,
): T {
  if (subresource.kind === undefined) return parent;
  return subresource.verbs.includes('create') ? posted : (subresource.read!(parent) as T);
}

/** A subresource may hand back the stored metadata, which belongs to the cache. */
function ownMetadata(object: Mutable<KubernetesObject>): Mutable<KubernetesObject> {
  return { ...object, metadata: { ...object.metadata } };
}

/** The optimistic lock: a resourceVersion or uid in what was sent must be the stored one. */
function checkVersion(
  { declaration }: ResourceContext,
  of: {
    readonly sent: Mutable<KubernetesObject>;
    readonly current: KubernetesObject;
    readonly needsVersion: boolean;
    /** False for a patch of a whole: it may not change it, which is told as of any field. */
    readonly needsUid: boolean;
  },
): void {
  const { sent, current } = of;
  const { type } = declaration;
  const name = current.metadata.name!;
  const { resourceVersion, uid } = sent.metadata;
  if (!resourceVersion || resourceVersion === '0') {
    if (of.needsVersion && declaration.allowUnconditionalUpdate === false) {
      const error = invalid('metadata.resourceVersion', 0, 'must be specified for an update');
      throw invalidError({ group: type.group, kind: type.resource }, name, [error]);
    }
  } else if (resourceVersion !== current.metadata.resourceVersion) {
    throw conflictError(type, name, OBJECT_MODIFIED);
  }
  if (!uid || uid === current.metadata.uid) return;
  if (!of.needsUid)
    throw invalidError(type, name, [invalid('metadata.uid', uid, 'field is immutable')]);
  throw conflictError(
    type,
    name,
    `Precondition failed: UID in precondition: ${uid}, ` +
      `UID in object meta: ${current.metadata.uid}`,
  );
}

interface Predecessor {
  readonly old: KubernetesObject;
  readonly subresource: Subresource<KubernetesObject> | undefined;
}

/** Makes what was sent the whole successor of `old`, but for what it has to reserve. */
function prepareForUpdate(
  context: ResourceContext,
  object: Mutable<KubernetesObject>,
  { old, subresource }: Predecessor,
): void {
  const { declaration } = context;
  keepSystemFields(object, old);
  bindKind(context, object);
  if (subresource === undefined) {
    if (declaration.hasStatus) keepStatus(object, old);
    declaration.prepareForUpdate?.(object, old, writeContext(context));
  }
  if (subresource?.keepsGeneration !== true) countGeneration(context, object, old);
}

/** Refuses what is not valid, or not as a successor of `old` (422). */
function validateChanged(
  { declaration }: ResourceContext,
  object: KubernetesObject,
  { old, subresource, caller }: Predecessor & { readonly caller: Caller },
): void {
  const warn = (text: string): void => caller.request?.warn(text);
  const whole = subresource === undefined;
  const change = subresource?.validateUpdate === undefined ? declaration : subresource;
  const errors = [
    ...validateObjectMetaUpdate(object.metadata, old.metadata, declaration),
    ...(whole ? (declaration.validate?.(object, old, warn) ?? []) : []),
    ...(change.validateUpdate?.(object, old, warn) ?? []),
  ];
  if (errors.length > 0) throw invalidError(declaration.type, old.metadata.name!, errors);
}

/** Metadata that belongs to the server: clients may send it back or leave it out. */
function keepSystemFields(object: Mutable<KubernetesObject>, old: KubernetesObject): void {
  const { metadata } = object;
  delete metadata.selfLink;
  const kept = old.metadata as Mutable<KubernetesObject['metadata']>;
  for (const field of SERVER_OWNED) {
    if (kept[field] === undefined) delete metadata[field];
    else (metadata as Record<string, unknown>)[field] = kept[field];
  }
  // Whoever sends others than there are is told so by validation.
  if (kept.deletionTimestamp !== undefined) metadata.deletionTimestamp = kept.deletionTimestamp;
  if (kept.deletionGracePeriodSeconds !== undefined)
    metadata.deletionGracePeriodSeconds ??= kept.deletionGracePeriodSeconds;
}

const SERVER_OWNED = ['creationTimestamp', 'uid', 'generation', 'resourceVersion'] as const;

function keepStatus(object: Mutable<KubernetesObject>, old: KubernetesObject): void {
  const { status } = old as { status?: unknown };
  if (status === undefined) delete (object as { status?: unknown }).status;
  else (object as { status?: unknown }).status = status;
}

function countGeneration(
  { declaration }: ResourceContext,
  object: Mutable<KubernetesObject>,
  old: KubernetesObject,
): void {
  if (!declaration.hasGeneration || sameSpec(object, old, declaration.hasStatus)) return;
  object.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

/** The spec is everything but the metadata and what the status subresource writes. */
function sameSpec(a: KubernetesObject, b: KubernetesObject, hasStatus = false): boolean {
  const { metadata: _m, status, ...specA } = a as KubernetesObject & { status?: unknown };
  const { metadata: _n, status: old, ...specB } = b as KubernetesObject & { status?: unknown };
  return deepEqual(specA, specB) && (hasStatus || deepEqual(status, old));
}
