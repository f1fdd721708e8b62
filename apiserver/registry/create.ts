import { deepCopy } from '../../api/deep.ts';
import { invalidError } from '../../api/field-errors.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { formatTime } from '../../api/time.ts';
import { validateObjectMeta } from '../../api/validation/object-meta.ts';
import { randomSuffix, uuid } from '../../platform/random.ts';
import type { StoredObject } from '../storage/stored-object.ts';
import type { Subresource } from './declaration.ts';
import { ownNew } from './field-ownership.ts';
import { Reservations } from './reservations.ts';
import { alreadyExistsError, forbiddenError, generateNameError } from './errors.ts';
import {
  attributesOf,
  type Caller,
  permitWrite,
  type ResourceContext,
  suffixOf,
  writeContext,
  writerOf,
} from './resource-context.ts';
import { asWritten, withValues } from './zeros.ts';
import { otherNamespaceError, unexplained } from '../../api/status.ts';
import { dropRepeatedOwners } from './repeated-owners.ts';

/** Names tried for `generateName` before the client is told to come back. */
const GENERATE_ATTEMPTS = 8;
const MAX_GENERATED_PREFIX = 58;
const GENERATED_SUFFIX = 5;

/** Stores a new object; `object` is taken over and changed. */
export async function create(
  context: ResourceContext,
  sent: { readonly namespace: string; readonly object: Mutable<KubernetesObject> },
  caller: Caller,
): Promise<StoredObject> {
  if (context.declaration.load !== undefined) await context.declaration.load();
  bindNamespace(context, sent.object, sent.namespace);
  // What follows, admission too, sees a whole object: in Kubernetes decoding ends with defaults.
  const object = withDefaults(context, sent.object);
  dropDeletion(object);
  dropRepeatedOwners(object, caller.request, 'sent');
  await ownNew(context, object, caller);
  const at = { namespace: sent.namespace, name: object.metadata.name ?? '' };
  checkTaken(context, at.name);
  await context.admission.mutate(
    attributesOf(context, { operation: 'CREATE', at, object, caller }),
  );
  dropRepeatedOwners(object, caller.request, 'admitted');
  const by = { user: caller.user, namespace: sent.namespace };
  await permitWrite(context, { object, old: undefined }, by);
  const { generateName } = object.metadata;
  const generates = !object.metadata.name && generateName !== undefined && generateName !== '';
  for (let attempt = 1; ; attempt++) {
    // Each attempt fills in a copy: what the last one claimed and gave back is not asked for.
    const attempted = generates ? deepCopy(object) : object;
    if (generates) attempted.metadata.name = generatedName(context, generateName);
    const answer = await createOnce(
      context,
      { namespace: sent.namespace, object: attempted },
      caller,
    );
    if ('created' in answer) return answer.created;
    const { type } = context.declaration;
    const name = attempted.metadata.name!;
    if (generates && attempt < GENERATE_ATTEMPTS) continue;
    if (generates) throw generateNameError(type, name);
    const deleting = answer.existing?.value.metadata.deletionTimestamp !== undefined;
    throw alreadyExistsError(type, name, { deleting });
  }
}

/** Refuses what is new where nothing is taken that is. */
export function checkTaken({ declaration }: ResourceContext, name: string): void {
  const { type, takesNothingNew } = declaration;
  if (takesNothingNew !== undefined) throw forbiddenError(type, name, takesNothingNew);
}

async function createOnce(
  context: ResourceContext,
  sent: { readonly namespace: string; readonly object: Mutable<KubernetesObject> },
  caller: Caller,
) {
  const { object, namespace } = sent;
  prepareForCreate(context, object);
  const reservations = new Reservations(context, caller);
  try {
    await reservations.renew({ object, old: undefined });
    validateNew(context, object);
    warnAbout(context, caller, { object });
    const at = { namespace, name: object.metadata.name! };
    await context.admission.validate(
      attributesOf(context, { operation: 'CREATE', at, object, caller }),
    );
    // The store's refusal in Kubernetes, so a write that does not reach it passes.
    if (!caller.dryRun && hasVersion(object)) throw unexplained(VERSION_ON_CREATE);
    const answer = await writerOf(context, caller).create(
      suffixOf(at),
      asWritten(context.declaration, object),
    );
    await reservations.finish('created' in answer && !caller.dryRun);
    return answer;
  } catch (error) {
    await reservations.finish(false);
    throw error;
  }
}

const VERSION_ON_CREATE = 'resourceVersion should not be set on objects to be created';

function hasVersion({ metadata }: KubernetesObject): boolean {
  return Number(metadata.resourceVersion ?? 0) > 0;
}

interface Warned {
  readonly object: KubernetesObject;
  readonly old?: KubernetesObject;
  /** What it was written through. */
  readonly subresource?: Subresource<KubernetesObject> | undefined;
}

/** Tells the client what is odd about a write that is taken all the same. */
export function warnAbout(
  { declaration }: ResourceContext,
  { request }: Caller,
  { object, old, subresource }: Warned,
): void {
  if (request?.hearsWarnings !== true) return;
  const warnings =
    subresource === undefined
      ? declaration.warnings?.(object, old)
      : subresource.warnings?.(object);
  for (const warning of warnings ?? []) request.warn(warning);
}

/** Makes what was sent a whole, new object, but for what it has to reserve. */
export function prepareForCreate(context: ResourceContext, object: Mutable<KubernetesObject>) {
  const { declaration } = context;
  fillSystemFields(context, object);
  if (declaration.hasStatus && !declaration.keepsStatusOnCreate)
    delete (object as { status?: unknown }).status;
  declaration.prepareForCreate?.(object, writeContext(context));
}

/** Refuses what is not valid (422). */
export function validateNew({ declaration }: ResourceContext, object: KubernetesObject): void {
  const errors = [
    ...validateObjectMeta(object.metadata, {
      namespaced: declaration.type.namespaced,
      nameRule: declaration.nameRule ?? 'subdomain',
      anyFinalizer: declaration.anyFinalizer,
    }),
    ...(declaration.validate?.(object) ?? []),
  ];
  if (errors.length > 0) throw invalidError(declaration.type, object.metadata.name ?? '', errors);
}

function fillSystemFields(context: ResourceContext, object: Mutable<KubernetesObject>): void {
  const { declaration } = context;
  bindKind(context, object);
  const { metadata } = object;
  metadata.uid = uuid(context.random, 'object uid');
  metadata.creationTimestamp = formatTime(context.clock.now());
  delete metadata.selfLink;
  dropDeletion(object);
  if (declaration.hasGeneration) metadata.generation = 1;
  else delete metadata.generation;
}

/** What is new is not being deleted, whatever its manifest was exported from. */
function dropDeletion({ metadata }: Mutable<KubernetesObject>): void {
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
}

/** The object that was decoded, or a copy of it, as Go's decoding leaves it. */
export function withDefaults(
  context: ResourceContext,
  sent: Mutable<KubernetesObject>,
): Mutable<KubernetesObject> {
  bindKind(context, sent);
  context.declaration.applyDefaults?.(sent);
  return withValues(context.declaration, sent);
}

/** Decoding found that it says nothing else; it may have said nothing. */
export function bindKind(
  { declaration }: ResourceContext,
  object: Mutable<KubernetesObject>,
  subresource?: Subresource<KubernetesObject>,
): void {
  const kind = subresource?.kind ?? declaration.type;
  object.apiVersion = apiVersionOf(kind);
  object.kind = kind.kind;
}

/** The path decides; a body that says otherwise is refused. */
export function bindNamespace(
  context: ResourceContext,
  object: Mutable<KubernetesObject>,
  namespace: string,
): void {
  const { metadata } = object;
  // A kind without namespaces takes any, and forgets it.
  if (metadata.namespace && metadata.namespace !== namespace && context.declaration.type.namespaced)
    throw otherNamespaceError();
  if (context.declaration.type.namespaced) metadata.namespace = namespace;
  else delete metadata.namespace;
}

function generatedName(context: ResourceContext, prefix: string): string {
  return prefix.slice(0, MAX_GENERATED_PREFIX) + randomSuffix(context.random, GENERATED_SUFFIX);
}
