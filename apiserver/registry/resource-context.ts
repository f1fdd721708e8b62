import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Random } from '../../platform/random.ts';
import type {
  AdmissionAttributes,
  AdmissionChain,
  Operation,
  Requester,
} from '../admission/admission.ts';
import { objectSuffix } from '../storage/keys.ts';
import type { ResourceStorage } from '../storage/resource-storage.ts';
import type { Writer } from '../storage/write.ts';
import type {
  ClaimRanges,
  OtherResources,
  ResourceDeclaration,
  WriteContext,
} from './declaration.ts';

/** What every verb of one resource works with. */
export interface ResourceContext {
  readonly declaration: ResourceDeclaration;
  readonly storage: ResourceStorage;
  readonly admission: AdmissionChain;
  readonly clock: Clock;
  readonly random: Random;
  readonly claims: ClaimRanges;
  readonly others: OtherResources;
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
    readonly subresource?: string;
    readonly object?: Mutable<KubernetesObject>;
    readonly oldObject?: KubernetesObject;
  },
): AdmissionAttributes {
  return {
    operation: of.operation,
    type: context.declaration.type,
    subresource: of.subresource ?? '',
    namespace: of.at.namespace,
    name: of.at.name,
    object: of.object,
    oldObject: of.oldObject,
    user: of.caller.user,
    dryRun: of.caller.dryRun,
  };
}

/** Letters and digits that form no words and are not mistaken for each other. */
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

export function writeContext(context: ResourceContext): WriteContext {
  return {
    nowMs: context.clock.now(),
    randomSuffix: (length) => randomSuffix(context.random, length),
  };
}

export function randomSuffix(random: Random, length: number): string {
  let text = '';
  for (let i = 0; i < length; i++)
    text += SUFFIX_ALPHABET[random.below(SUFFIX_ALPHABET.length, 'name suffix')]!;
  return text;
}
