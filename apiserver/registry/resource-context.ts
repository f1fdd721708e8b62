import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import type { DeleteOptions } from '../../api/types/meta-v1.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Random, randomSuffix } from '../../platform/random.ts';
import type {
  AdmissionAttributes,
  AdmissionChain,
  Operation,
  Requester,
  WriteOptions,
  WriteRequest,
} from '../admission/admission.ts';
import { objectSuffix } from '../storage/keys.ts';
import type { ObjectStorage } from '../storage/object-storage.ts';
import type { Writer } from '../storage/write.ts';
import type { ClaimRanges } from './claims.ts';
import type { Component } from './components.ts';
import type { Change, ResourceDeclaration, Subresource, WriteContext } from './declaration.ts';
import type { AccessControl } from './access-control.ts';
import type { NodeStats } from './node-stats.ts';
import type { OtherResources } from './other-resources.ts';
import type { DeclaredVersions } from './versions.ts';

/** What every verb of one resource works with. */
export interface ResourceContext {
  readonly declaration: ResourceDeclaration;
  readonly storage: ObjectStorage;
  readonly admission: AdmissionChain;
  readonly clock: Clock;
  readonly random: Random;
  readonly claims: ClaimRanges;
  readonly others: OtherResources;
  readonly components: readonly Component[];
  readonly stats: NodeStats;
  readonly versions: DeclaredVersions;
  /** Absent where nobody asks: then nothing beyond the request's own authorization is checked. */
  readonly control?: AccessControl | undefined;
}

/** Of a resource of which nothing is stored. */
export function withoutStorage(context: Omit<ResourceContext, 'storage'>): ResourceContext {
  return {
    ...context,
    get storage(): ObjectStorage {
      throw new Error(`nothing is stored of ${context.declaration.type.resource}`);
    },
  };
}

/** Which object. `namespace` is "" for a cluster-scoped resource. */
export interface ObjectAt {
  readonly namespace: string;
  readonly name: string;
}

/** On whose behalf, and whether for real. */
export interface Caller {
  readonly user: Requester;
  readonly dryRun: boolean;
  /** The name under which it owns the fields that it changes. */
  readonly manager: string;
  /** As sent, for those who judge the write. Default: none. */
  readonly options?: WriteOptions;
  readonly request?: WriteRequest;
  /** The version the client speaks, if not the stored one. */
  readonly requestedType?: ResourceType;
  /** In place of the subresource that does the work: what admission sees. */
  readonly postedTo?: ResourceType;
}

/** Refuses what {@link ResourceDeclaration.permitWrite} refuses. */
export async function permitWrite(
  { declaration, control, others }: ResourceContext,
  change: Change<KubernetesObject>,
  by: { readonly user: Requester; readonly namespace: string },
): Promise<void> {
  if (control === undefined) return;
  await declaration.permitWrite?.(change, { ...by, control, others });
}

export function writerOf(context: ResourceContext, caller: Caller): Writer {
  return caller.dryRun ? context.storage.dryRun : context.storage.writer;
}

export function suffixOf(at: ObjectAt): string {
  return objectSuffix(at.namespace, at.name);
}

export function attributesOf(
  context: ResourceContext,
  of: {
    readonly operation: Operation;
    readonly at: ObjectAt;
    readonly caller: Caller;
    readonly subresource?: Pick<Subresource<KubernetesObject>, 'name' | 'kind'> | undefined;
    readonly object?: Mutable<KubernetesObject>;
    readonly oldObject?: KubernetesObject | undefined;
    /** Default: the caller's. */
    readonly options?: DeleteOptions;
    readonly collection?: boolean | undefined;
  },
): AdmissionAttributes {
  const { caller, subresource } = of;
  const { type } = context.declaration;
  return {
    operation: of.operation,
    type: caller.postedTo ?? type,
    kind: subresource?.kind ?? type,
    subresource: caller.postedTo === undefined ? (subresource?.name ?? '') : '',
    namespace: of.at.namespace,
    name: of.at.name,
    object: of.object,
    oldObject: of.oldObject,
    user: caller.user,
    dryRun: caller.dryRun,
    options: of.options ?? caller.options ?? NO_OPTIONS,
    request: caller.request,
    requestedType: caller.requestedType,
    collection: of.collection,
  };
}

const NO_OPTIONS = {};

export function writeContext(context: ResourceContext): WriteContext {
  return {
    nowMs: context.clock.now(),
    randomSuffix: (length) => randomSuffix(context.random, length),
  };
}
