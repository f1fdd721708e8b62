/**
 * Server-side apply of a configuration: the registry's PATCH of type apply. Merging and conflicts
 * are `api/fieldmanager`; the result goes the way of every other update.
 */
import { isObject } from '../../api/deep.ts';
import {
  type Application,
  applyConfiguration,
  ApplyConflict,
} from '../../api/fieldmanager/apply.ts';
import { conflictStatus } from '../../api/fieldmanager/conflict-status.ts';
import { faultsOf, fieldsOf } from '../../api/fieldmanager/configuration.ts';
import { type FieldSet, isEmptySet } from '../../api/fieldmanager/field-set.ts';
import { hasLastApplied, withLastApplied } from '../../api/fieldmanager/last-applied.ts';
import {
  belongsTo,
  entryOf,
  type ManagedFields,
  type Manager,
  sorted,
} from '../../api/fieldmanager/managers.ts';
import { mergeTypeOf, type StructMergeType } from '../../api/fieldmanager/merge-type.ts';
import { inVersions, type MergeTypes, UnknownVersion } from '../../api/fieldmanager/versions.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { decodeObject } from '../../api/schema/decode.ts';
import { definitionOf, type GroupVersionKind } from '../../api/schema/table.ts';
import { type StatusError, unexplained } from '../../api/status.ts';
import { formatTime } from '../../api/time.ts';
import type { ObjectMeta } from '../../api/types/meta-v1.ts';
import { assert } from '../../platform/assert.ts';
import type { Subresource } from './declaration.ts';
import { badRequest, conflictError } from './errors.ts';
import { checkName } from './named.ts';
import {
  converting,
  ignoredFields,
  managerOf,
  mergeTypesOf,
  ownersOf,
  setOwners,
  versionsOf,
} from './field-ownership.ts';
import type { Caller, ObjectAt, ResourceContext } from './resource-context.ts';
import type { Update } from './update.ts';
import { lean } from './zeros.ts';

type Configuration = Readonly<Record<string, unknown>>;

export interface Apply {
  readonly at: ObjectAt;
  readonly configuration: Configuration;
  readonly subresource?: Subresource<KubernetesObject> | undefined;
  /** Takes over what others own. */
  readonly force: boolean;
}

/** True if configurations of this kind can be applied: it has a schema. */
export function isAppliable({ declaration }: ResourceContext): boolean {
  return mergeTypesOf(declaration) !== undefined;
}

const KUBECTL = 'kubectl';

/** The update that applies a configuration. It creates the object if there is none. */
export function applying(context: ResourceContext, change: Apply, caller: Caller): Update {
  const types = mergeTypesOf(context.declaration);
  assert(types !== undefined, 'asked before');
  checkConfiguration(context, change);
  const { at, subresource } = change;
  const sent = (current: KubernetesObject | undefined): Promise<Mutable<KubernetesObject>> =>
    applied(context, { change, types, current }, caller);
  const creates = subresource === undefined ? 'always' : 'never';
  return { at, sent, subresource, creates, applied: true };
}

/** What is to be stored, or a subresource's view of it, with those who own it. */
async function applied(
  context: ResourceContext,
  of: { change: Apply; types: MergeTypes; current: KubernetesObject | undefined },
  caller: Caller,
): Promise<Mutable<KubernetesObject>> {
  const { change, types, current } = of;
  const { subresource } = change;
  const { declaration } = context;
  if (current === undefined) checkNew(context, change);
  const ofView = subresource?.parentConfiguration?.(change.configuration);
  const configuration = (ofView ?? change.configuration) as Configuration;
  const manager = managerOf(context, caller, { operation: 'Apply', subresource });
  const managed = current?.metadata.managedFields ?? [];
  const result = await applyOrRefuse(context, {
    type: types.whole,
    tracked: types.tracked,
    // Owners of a view speak the view's version.
    versions: ofView === undefined ? versionsOf(context, manager) : undefined,
    live: current && lean(declaration, current),
    managed:
      ofView === undefined ? managed : viewOwners(managed, fieldsOf(types.tracked, configuration)),
    configuration,
    manager,
    force: change.force,
    ignored: ignoredFields(declaration, subresource),
    time: formatTime(context.clock.now()),
  });
  const object = decoded(declaration, result.object);
  if (!object.metadata.name) object.metadata.name = change.at.name;
  if (caller.manager === KUBECTL && hasLastApplied(object)) {
    const annotations = withLastApplied(object.metadata.annotations ?? {}, change.configuration);
    object.metadata.annotations = { ...annotations };
  }
  const answer = subresource?.read === undefined ? object : viewOf(subresource, object);
  const owners =
    ofView === undefined
      ? result.managed
      : parentOwners(withSpecSent(result.managed, { managed, manager, change }), manager);
  setOwners(answer, owners);
  return answer;
}

/** Who applies a view with an empty spec stays the owner that he was, as in Kubernetes. */
function withSpecSent(
  result: ManagedFields,
  was: { readonly managed: ManagedFields; readonly manager: Manager; readonly change: Apply },
): ManagedFields {
  const { managed, manager, change } = was;
  const own = managed.find((entry) => belongsTo(entry, manager));
  if (own === undefined || !isObject(change.configuration['spec'])) return result;
  return result.some((entry) => belongsTo(entry, manager)) ? result : [...result, own];
}

/** Whoever names a uid means an object that was there, not a new one of its name. */
function checkNew({ declaration }: ResourceContext, { at, configuration }: Apply): void {
  const metadata = metadataOf(configuration);
  const { uid } = metadata;
  if (uid) {
    const why = `uid mismatch: the provided object specified uid ${uid}`;
    throw conflictError(declaration.type, at.name, `${why}, and no existing object was found`);
  }
  checkName({ metadata }, at);
}

/** What a configuration is checked for first says that these are texts. */
function metadataOf({ metadata }: Configuration): ObjectMeta {
  return isObject(metadata) ? metadata : {};
}

const BEFORE_FIRST_APPLY = { name: 'before-first-apply', operation: 'Update' } as const;
const SCALE = { apiVersion: 'autoscaling/v1', subresource: 'scale' } as const;

/** Who owns nothing of a view is no owner there, and what nobody owns was there before. */
function viewOwners(managed: ManagedFields, shown: FieldSet): ManagedFields {
  if (isEmptySet(shown)) return managed;
  if (ownersOf(shown, managed).length > 0) return managed;
  return [...managed, entryOf({ ...BEFORE_FIRST_APPLY, ...SCALE }, shown, undefined)];
}

const inView = (manager: Manager): Manager => ({ ...manager, apiVersion: SCALE.apiVersion });

/** As Kubernetes keeps them: in the version of the object, and those of a view without a time. */
function parentOwners(managed: ManagedFields, { apiVersion }: Manager): ManagedFields {
  const owners = managed.map((entry) => {
    if (entry.subresource !== SCALE.subresource) return entry;
    const { time: _never, ...timeless } = entry;
    return { ...timeless, apiVersion };
  });
  return sorted(owners);
}

/** The new values are in the parent; what a view says besides is not the client's to change. */
function viewOf(subresource: Subresource<KubernetesObject>, parent: Mutable<KubernetesObject>) {
  const view = subresource.read!(parent);
  return { ...view, metadata: { ...view.metadata } } as Mutable<KubernetesObject>;
}

async function applyOrRefuse(context: ResourceContext, application: Application) {
  try {
    return await inVersions(applyConfiguration(application), converting(context));
  } catch (error) {
    if (error instanceof UnknownVersion) throw unexplained(error.message);
    if (!(error instanceof ApplyConflict)) throw error;
    if (application.versions !== undefined) throw conflictStatus(error);
    const { conflicts } = error;
    const seen = conflicts.map(({ path, manager }) => ({ path, manager: inView(manager) }));
    throw conflictStatus(new ApplyConflict(seen));
  }
}

function decoded(
  { type, structure }: ResourceContext['declaration'],
  merged: Configuration,
): Mutable<KubernetesObject> {
  const { metadata } = merged;
  const { managedFields: _owners, ...own } = isObject(metadata) ? metadata : {};
  const value = { ...merged, metadata: own };
  const { object } =
    structure?.decode(value, { mode: 'Ignore' }) ?? decodeObject(type, value, 'Ignore');
  if (!isObject(object['metadata'])) object['metadata'] = {};
  return object as unknown as Mutable<KubernetesObject>;
}

function checkConfiguration({ declaration }: ResourceContext, change: Apply): void {
  const { configuration, subresource, at } = change;
  const kind = subresource?.kind ?? declaration.type;
  const { apiVersion, kind: name } = configuration;
  if (apiVersion !== apiVersionOf(kind) || name !== kind.kind) {
    throw badRequest(`invalid object type: ${printKind(apiVersion, name)}`);
  }
  const { managedFields, name: objectName } = metadataOf(configuration);
  if (managedFields !== undefined && managedFields !== null)
    throw badRequest('metadata.managedFields must be nil');
  const faults = faultsOf(configurationType(declaration, kind), configuration);
  if (faults.length > 0) throw malformed(configuration, faults);
  if (objectName) checkName({ metadata: { name: objectName } }, at);
}

/** The type of what a client applies: the object itself, or a subresource's view of it. */
function configurationType(
  { type, structure }: ResourceContext['declaration'],
  kind: GroupVersionKind,
): StructMergeType {
  if (structure !== undefined && kind === type) return structure.mergeTypes.whole;
  const definition = definitionOf(kind);
  assert(definition !== undefined, `no schema of ${kind.kind}`);
  return mergeTypeOf(definition);
}

/** "apps/v1, Kind=Deployment"; the core group shows as "/v1". */
function printKind(apiVersion: unknown, kind: unknown): string {
  const text = typeof apiVersion === 'string' ? apiVersion : '';
  const groupVersion = text.includes('/') ? text : `/${text}`;
  return `${groupVersion}, Kind=${typeof kind === 'string' ? kind : ''}`;
}

function malformed(configuration: Configuration, faults: readonly string[]): StatusError {
  const { apiVersion, kind } = configuration;
  const { namespace = '', name = '' } = metadataOf(configuration);
  const why =
    faults.length === 1 ? faults[0]! : `errors:\n${faults.map((f) => `  ${f}`).join('\n')}`;
  const which = `${namespace}/${name}; ${printKind(apiVersion, kind)}`;
  return unexplained(`failed to create typed patch object (${which}): ${why}`);
}
