import { type FieldError, invalid, invalidError, notSupported } from '../../api/field-errors.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import type { DeleteOptions } from '../../api/types/meta-v1.ts';
import { formatTime, parseTime } from '../../api/time.ts';
import type { StoredObject } from '../storage/stored-object.ts';
import { ContentionError, type Decision, type Writer } from '../storage/write.ts';
import type { ResourceDeclaration, Subresource } from './declaration.ts';
import { conflictError, forbiddenError, notFoundError, OBJECT_MODIFIED } from './errors.ts';
import { releaseClaims } from './reservations.ts';
import {
  attributesOf,
  type Caller,
  type ObjectAt,
  type ResourceContext,
  suffixOf,
  writeContext,
  writerOf,
} from './resource-context.ts';

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

export interface Deletion {
  readonly at: ObjectAt;
  readonly options: DeleteOptions;
  /** Set when a subresource (eviction) asks for it: it may refuse, and note its reason first. */
  readonly subresource?: Subresource<KubernetesObject>;
  /** It is one of a collection that is deleted. */
  readonly collection?: boolean;
  /** What was posted to the subresource. */
  readonly sent?: KubernetesObject;
}

export interface Deleted {
  /** As it is now, or as it was last. */
  readonly object: StoredObject;
  /** False while grace or finalizers keep it. */
  readonly gone: boolean;
}

/**
 * Removes the object, or begins its deletion and lets those who hold it (grace period,
 * finalizers) finish it. One decision on one state: nothing happens between check and change.
 */
export async function remove(
  context: ResourceContext,
  deletion: Deletion,
  caller: Caller,
): Promise<Deleted> {
  const { type } = context.declaration;
  const { name } = deletion.at;
  checkDeleteOptions(deletion.options);
  if (context.declaration.undeletable?.includes(name))
    throw forbiddenError(type, name, `this ${context.declaration.singular} may not be deleted`);
  try {
    const writer = writerOf(context, caller);
    const outcome = await writer.transact(suffixOf(deletion.at), async (current) => {
      if (current === undefined) throw notFoundError(type, name);
      checkPreconditions(context, deletion.options, current.value);
      await admitDelete(context, deletion, { caller, oldObject: current.value });
      return decideDelete(context, deletion, current.value);
    });
    const over =
      outcome.type === 'updated' && isFinished(context.declaration, outcome.object!.value);
    const gone = over || outcome.type === 'deleted';
    const last = outcome.object!;
    const object = over && !caller.dryRun ? await removeFinished(writer, deletion, last) : last;
    if (gone && !caller.dryRun) await releaseClaims(context, object.value);
    return { object, gone };
  } catch (error) {
    if (error instanceof ContentionError) throw conflictError(type, name, OBJECT_MODIFIED);
    throw error;
  }
}

/** True for an object under deletion that nothing holds any longer: the next write removes it. */
export function isFinished(declaration: ResourceDeclaration, object: KubernetesObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  return (
    deletionTimestamp !== undefined &&
    (deletionGracePeriodSeconds ?? 0) === 0 &&
    (finalizers?.length ?? 0) === 0 &&
    declaration.keepsDeleted?.(object) !== true
  );
}

/**
 * Of a kind with grace, an object that gets none is marked first and removed then: in Kubernetes,
 * too, watchers see that its deletion began. Who wrote in between has removed it.
 */
async function removeFinished(
  writer: Writer,
  { at }: Deletion,
  marked: StoredObject,
): Promise<StoredObject> {
  const { object } = await writer.transact(suffixOf(at), (current) =>
    current?.revision === marked.revision ? { type: 'delete' } : { type: 'keep' },
  );
  return object?.value.metadata.uid === marked.value.metadata.uid ? object! : marked;
}

/** An eviction is judged as what it is, before (see permitted-delete.ts), and as no deletion. */
async function admitDelete(
  context: ResourceContext,
  { at, options, subresource, collection }: Deletion,
  by: { readonly caller: Caller; readonly oldObject: KubernetesObject },
): Promise<void> {
  if (subresource !== undefined) return;
  const hasGrace = context.declaration.gracePeriodSeconds !== undefined;
  const grace = hasGrace ? graceOf(context, by.oldObject, options) : 'pending';
  // What they are told of grace is what it comes to.
  const told = grace === 'pending' ? options : { ...options, gracePeriodSeconds: grace };
  const of = { operation: 'DELETE', at, options: told, collection } as const;
  const attributes = attributesOf(context, { ...of, ...by });
  await context.admission.mutate(attributes);
  await context.admission.validate(attributes);
}

const POLICIES = ['Foreground', 'Background', 'Orphan'];

export function deleteOptionErrors(options: DeleteOptions): readonly FieldError[] {
  const { propagationPolicy: policy, orphanDependents } = options;
  if (policy === undefined) return [];
  const field = 'propagationPolicy';
  const errors: FieldError[] = [];
  if (orphanDependents !== undefined)
    errors.push(
      invalid(field, policy, 'orphanDependents and deletionPropagation cannot be both set'),
    );
  if (!POLICIES.includes(policy)) errors.push(notSupported(field, policy, [...POLICIES, 'nil']));
  return errors;
}

/** An eviction's are judged here alone. */
function checkDeleteOptions(options: DeleteOptions): void {
  const errors = deleteOptionErrors(options);
  if (errors.length > 0)
    throw invalidError({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
}

function checkPreconditions(
  { declaration }: ResourceContext,
  options: DeleteOptions,
  current: KubernetesObject,
): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const { metadata } = current;
  const { group, kind } = declaration.type;
  // Kubernetes names the kind here, as if it were the resource.
  const type = { group, resource: kind };
  if (uid !== undefined && uid !== metadata.uid)
    throw conflictError(
      type,
      metadata.name!,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). ` +
        'The object might have been deleted and then recreated',
    );
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    throw conflictError(
      type,
      metadata.name!,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ` +
        `ResourceVersion in record (${metadata.resourceVersion}). ` +
        'The object might have been modified',
    );
}

function decideDelete(
  context: ResourceContext,
  deletion: Deletion,
  current: KubernetesObject,
): Decision {
  const { options } = deletion;
  const grace = graceOf(context, current, options);
  if (grace === 'pending') return { type: 'keep' };
  const object = firstChange(context, deletion, current);
  const finalizers = finalizersFor(context, current, options);
  const held = finalizers.length > 0 || context.declaration.keepsDeleted?.(current) === true;
  if (grace === 0 && !held && !needsMark(context, current)) return { type: 'delete' };
  const { finalizers: _replaced, ...metadata } = object.metadata;
  if (finalizers.length > 0) Object.assign(metadata, { finalizers });
  object.metadata = metadata;
  beginDeletion(context, object, grace);
  return { type: 'put', object };
}

/** True for a kind with grace whose object does not say yet that it has none. */
function needsMark({ declaration }: ResourceContext, { metadata }: KubernetesObject): boolean {
  if (declaration.gracePeriodSeconds === undefined) return false;
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = metadata;
  return deletionTimestamp === undefined || deletionGracePeriodSeconds > 0;
}

/** A copy of `current` down to its metadata, or what the subresource makes of it. */
function firstChange(
  context: ResourceContext,
  { subresource, sent }: Deletion,
  current: KubernetesObject,
): Mutable<KubernetesObject> {
  if (subresource === undefined || sent === undefined)
    return { ...(current as Mutable<KubernetesObject>) };
  return subresource.write(sent, current, writeContext(context));
}

/**
 * Sets when the object is to be gone. The beginning of a deletion is a change of what the object
 * is to be, so its generation counts it; a later, shorter grace period counts from that time.
 */
function beginDeletion(
  { clock, declaration }: ResourceContext,
  object: Mutable<KubernetesObject>,
  grace: number,
): void {
  const { metadata } = object;
  const { deletionTimestamp, deletionGracePeriodSeconds: pending = 0 } = metadata;
  const isFirst = deletionTimestamp === undefined;
  const startMs = isFirst ? clock.now() : parseTime(deletionTimestamp)! - durationMs(pending);
  metadata.deletionTimestamp = formatTime(startMs + durationMs(grace));
  metadata.deletionGracePeriodSeconds = grace;
  if (!isFirst) return;
  if (metadata.generation) metadata.generation++;
  declaration.markDeleting?.(object, startMs);
}

/** Go's durations are nanoseconds of 64 bits: beyond 292 years they wrap around. */
function durationMs(seconds: number): number {
  return Number(BigInt.asIntN(64, BigInt(seconds) * 1_000_000_000n)) / 1_000_000;
}

/**
 * Seconds to wait (0 for a kind without grace), or 'pending' if a deletion at least as quick is
 * under way: a grace period can only be shortened.
 */
function graceOf(
  { declaration }: ResourceContext,
  current: KubernetesObject,
  options: DeleteOptions,
): number | 'pending' {
  if (declaration.gracePeriodSeconds === undefined) return 0;
  const { deletionTimestamp, deletionGracePeriodSeconds: pending } = current.metadata;
  const requested = options.gracePeriodSeconds;
  const asked = requested === undefined || requested >= 0 ? requested : 1;
  if (deletionTimestamp === undefined) return declaration.gracePeriodSeconds(current, asked);
  if (pending === undefined || pending === 0) return 0;
  return asked === undefined || asked >= pending ? 'pending' : asked;
}

/** Those there are with the garbage collector's; where these are there already, as they stand. */
function finalizersFor(
  { declaration }: ResourceContext,
  current: KubernetesObject,
  options: DeleteOptions,
): string[] {
  const existing = current.metadata.finalizers ?? [];
  const wanted = wantedFinalizers(declaration, existing, options);
  return sameMembers(existing, wanted) ? [...existing] : wanted;
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.every((member) => b.includes(member)) && b.every((member) => a.includes(member));
}

/** As the propagation policy wants them. */
function wantedFinalizers(
  declaration: ResourceDeclaration,
  existing: readonly string[],
  options: DeleteOptions,
): string[] {
  const others = existing.filter((finalizer) => finalizer !== ORPHAN && finalizer !== FOREGROUND);
  switch (policyOf(options)) {
    case 'Orphan':
      return [...others, ORPHAN];
    case 'Foreground':
      return [...others, FOREGROUND];
    case 'Background':
      return others;
    default:
      if (existing.length > others.length) return [...existing];
      return declaration.defaultPropagation === 'Orphan' ? [...others, ORPHAN] : others;
  }
}

/** `orphanDependents` is the older way to say it. */
function policyOf({ propagationPolicy, orphanDependents }: DeleteOptions): string | undefined {
  if (propagationPolicy !== undefined || orphanDependents === undefined) return propagationPolicy;
  return orphanDependents ? 'Orphan' : 'Background';
}
