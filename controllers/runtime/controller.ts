/**
 * The programming model: a controller is a function from a key to a better world.
 *
 * Sources turn what informers see into keys; the queue holds each key once; workers call
 * `reconcile` with the key alone. It reads the caches, decides (a pure plan), acts, and returns
 * or throws: a throw is tried again after the key's backoff. No event ever reaches it, so a lost
 * one costs nothing but time.
 */
import type { KubernetesObject } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import type { EventPace } from '../../client/event-pace.ts';
import { createEventRecorder, type EventRecorder } from '../../client/event-recorder.ts';
import type { InformerFactory } from '../../client/informer-factory.ts';
import type { Informer } from '../../client/informer-interface.ts';
import type { RestClient } from '../../client/rest.ts';
import type { WorkQueue } from '../../client/work-queue.ts';
import type { Effects } from '../../platform/effects.ts';
import type { Metrics } from '../../platform/metrics/metrics.ts';
import type { CertificateAndKey, X509 } from '../../platform/crypto/x509.ts';
import type { ServedTypes } from './served-types.ts';

export interface ReconcileResult {
  /** Look at the key again after this long, even if nothing happens to it. */
  readonly requeueAfterMs?: number;
}

export interface Controller {
  /** As kube-controller-manager calls it: "deployment-controller". */
  readonly name: string;
  readonly queue: WorkQueue;
  /** Caches that must be synced before the first key is reconciled. */
  readonly informers: readonly Pick<Informer<KubernetesObject>, 'start' | 'whenSynced'>[];
  /** Keys worked on at once; the manager's default if absent. */
  readonly concurrency?: number;
  reconcile(key: string): Promise<ReconcileResult | undefined>;
  /** Called once the caches are synced, before the first key. */
  begin?(): void;
  /** Called after the workers ended. */
  stop?(): Promise<void>;
}

/** What certificate requests are signed with. */
export interface ClusterSigning {
  readonly x509: X509;
  readonly ca: CertificateAndKey;
}

/** What a controller is built from. */
export interface ControllerContext extends Effects {
  /** Refuses everything once the controllers are to stop. */
  readonly client: RestClient;
  /** Writes events even then. Default: `client`. */
  readonly eventClient?: RestClient;
  /** Shared by all controllers: one cache per resource. */
  readonly informers: InformerFactory;
  /** PEM of the CA that pods trust the API server by. */
  readonly rootCa?: string;
  /** Signs what is said of a service account; absent where there is no key. */
  readonly signToken?: (claims: Readonly<Record<string, unknown>>) => string;
  /** Signs cluster-info with bootstrap tokens; absent: nobody does. */
  readonly hmacSha256?: (key: string, text: string) => Uint8Array;
  /** Of a text, "sha256:…" in hexadecimal digits. */
  readonly fingerprint?: (text: string) => string;
  /** Every listable, watchable and deletable resource the server has. */
  readonly types: ServedTypes;
  /** As --terminated-pod-gc-threshold: ended pods kept; 0 keeps all. */
  readonly endedPodThreshold?: number;
  /** As --legacy-service-account-token-clean-up-period. Default: a year. */
  readonly legacyTokenPeriodMs?: number;
  /** Gives a cluster without any StorageClass one, as its default. */
  readonly standardStorageClass?: boolean;
  /** Absent: certificate requests are neither approved nor signed here. */
  readonly signing?: ClusterSigning;
  /** Absent: nobody looks at them. */
  readonly metrics?: Metrics;
  /** Of all events. */
  readonly eventPace?: EventPace;
}

export function serves(context: ControllerContext, type: ResourceType): boolean {
  return context.types.has(type);
}

export function recorderFor(context: ControllerContext, component: string): EventRecorder {
  const { clock, random, logger, eventPace: pace } = context;
  const client = context.eventClient ?? context.client;
  const shared = pace === undefined ? {} : { pace };
  return createEventRecorder({ client, clock, random, logger, component, ...shared });
}
