import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import type { StructMergeType } from '../../api/fieldmanager/merge-type.ts';
import type { ResourceType } from '../../api/resource.ts';
import type { FieldValidation } from '../../api/schema/decode.ts';
import type { Clock } from '../../platform/clock.ts';
import type { OutgoingHttp } from '../../platform/net/outgoing-http.ts';
import type { Random } from '../../platform/random.ts';
import type {
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from '../../api/types/admissionregistration-v1.ts';
import type {
  LimitRange,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  ServiceAccount,
} from '../../api/types/core-v1.ts';
import type { IngressClass } from '../../api/types/networking-v1.ts';
import type { RuntimeClass } from '../../api/types/node-v1.ts';
import type { PriorityClass } from '../../api/types/scheduling-v1.ts';
import type { CSIDriver, StorageClass } from '../../api/types/storage-v1.ts';
import type { AccessCheck, AccessDecision } from '../../api/cel/libraries/authorizer.ts';
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
} from '../../api/types/admissionregistration-v1beta1.ts';
import type { WebhookClient } from '../webhook/webhook-client.ts';
import type { Requester } from './admission.ts';
import type { AdmissionMetrics } from './admission-metrics.ts';
import type { QuotaAccess } from './resource-quota/quota-books.ts';

type Now<T> = T | Promise<T>;

/**
 * How admission sees the objects of one resource. What this server knows, its own writes
 * included, costs no round trip; it may lack what other servers wrote just now.
 */
export interface Lookup<T extends KubernetesObject> {
  /** False: there are no such objects, and never will be. */
  readonly served: boolean;
  /** Of a namespace, "" for all (and for cluster-scoped resources). */
  known(namespace: string): Now<readonly T[]>;
  /** The store is asked if this server does not know it: it may be new. */
  named(namespace: string, name: string): Now<T | undefined>;
}

/** What others have registered to be asked, or to hold; mostly there is nothing. */
export interface Registered<T extends KubernetesObject> extends Lookup<T> {
  /** False only if it is certain that there are none now. */
  some(): boolean;
}

export interface AccessQuestion {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** Versions of the same objects. */
export interface Versions {
  /** All but `type` in which the objects of that resource are served, the stored one first. */
  othersOf(type: ResourceType): readonly ResourceType[];
  /** Shares nothing with `object` that may be changed. */
  convert(
    object: KubernetesObject,
    from: ResourceType,
    to: ResourceType,
  ): Now<Mutable<KubernetesObject>>;
  /**
   * JSON as an object with its defaults; throws StatusError. Default: unknown fields are dropped,
   * as those of custom resources are in any case.
   */
  decode(
    kind: { readonly group: string; readonly version: string; readonly kind: string },
    value: unknown,
    mode?: FieldValidation,
  ): Mutable<KubernetesObject>;
  /** How objects of the kind are merged; undefined if nobody knows. */
  mergeTypeOf(kind: {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
  }): StructMergeType | undefined;
  /** The resource of a kind; undefined if it is not served. */
  ofKind(apiVersion: string, kind: string): ResourceType | undefined;
}

/** What plugins may know of the cluster besides the object at hand. */
export interface Lookups {
  readonly mutatingWebhooks: Registered<MutatingWebhookConfiguration>;
  readonly validatingWebhooks: Registered<ValidatingWebhookConfiguration>;
  readonly validatingPolicies: Registered<ValidatingAdmissionPolicy>;
  readonly validatingBindings: Registered<ValidatingAdmissionPolicyBinding>;
  readonly mutatingPolicies: Registered<MutatingAdmissionPolicy>;
  readonly mutatingBindings: Registered<MutatingAdmissionPolicyBinding>;
  /** Objects of any kind, as parameters of policies; undefined if it is not served. */
  params(type: ResourceType): Lookup<KubernetesObject> | undefined;
  /** Absent: nothing can be called from here. */
  readonly outgoing?: OutgoingHttp | undefined;
  /** Calls webhooks. Absent, likewise. */
  readonly webhooks?: WebhookClient | undefined;
  readonly metrics?: AdmissionMetrics | undefined;
  readonly versions: Versions;
  readonly namespaces: Lookup<Namespace>;
  /** As this server itself; resolves too if somebody was faster. Absent: nobody would. */
  readonly createNamespace?: ((name: string) => Promise<unknown>) | undefined;
  readonly nodes: Lookup<Node>;
  readonly pods: Lookup<Pod>;
  readonly serviceAccounts: Lookup<ServiceAccount>;
  readonly limitRanges: Lookup<LimitRange>;
  readonly priorityClasses: Lookup<PriorityClass>;
  readonly runtimeClasses: Lookup<RuntimeClass>;
  readonly storageClasses: Lookup<StorageClass>;
  readonly ingressClasses: Lookup<IngressClass>;
  readonly claims: Lookup<PersistentVolumeClaim>;
  readonly volumes: Lookup<PersistentVolume>;
  readonly csiDrivers: Lookup<CSIDriver>;
  readonly quotas: QuotaAccess;
  /** What a kind is called in paths; there may be several, or none. */
  resourcesOf(apiVersion: string, kind: string): readonly ResourceType[];
  /** Whether the user might do that as a request of its own. */
  readonly mayAccess: (user: Requester, access: AccessQuestion) => Promise<boolean>;
  /** The same with all that an expression may ask. */
  decide(user: Requester, check: AccessCheck): Promise<AccessDecision>;
  readonly clock: Clock;
  readonly random: Random;
}
