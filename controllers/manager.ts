/** The controller manager as a value: controllers, their shared caches, and who may lead. */
import { configMaps } from '../api/resources.ts';
import type { ResourceType } from '../api/resource.ts';
import { EventPace } from '../client/event-pace.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import {
  type ElectionTiming,
  type LeaderElection,
  startLeaderElection,
} from '../client/leader-election.ts';
import type { ObjectRef } from '../client/interface.ts';
import type { RestClient } from '../client/rest.ts';
import type { Effects } from '../platform/effects.ts';
import { Lifecycle, type Running } from '../platform/lifecycle.ts';
import { Metrics } from '../platform/metrics/metrics.ts';
import { controllerMetrics } from './controller-metrics.ts';
import { type ClusterSigning, type ControllerContext, serves } from './runtime/controller.ts';
import { keptOf } from './kept-objects.ts';
import { discoverResourceTypes } from './runtime/discover.ts';
import { GatedClient } from './runtime/gated-client.ts';
import { Manager } from './runtime/manager.ts';
import { ServedTypes } from './runtime/served-types.ts';
import { Switches } from './switches.ts';
import { controllerTable, enabledControllers } from './table.ts';

export interface ControllersOptions extends Effects {
  readonly client: RestClient;
  /** As --controllers: "*" (the default), "name", "-name". */
  readonly controllers?: readonly string[];
  /** Where several managers run, only the one that holds the lease acts. */
  readonly leaderElect?: LeaderElectOptions;
  /** Keys worked on at once, per controller. Default 5. */
  readonly concurrency?: number;
  /** Ended pods that are kept; 0 keeps all. Default 12500. */
  readonly endedPodThreshold?: number;
  /** How long a token in a Secret may go unused. Default: a year. */
  readonly legacyTokenPeriodMs?: number;
  /** Gives a cluster without any StorageClass a default one, of hollow volumes. Default: no. */
  readonly standardStorageClass?: boolean;
  /** With it, certificate requests for the cluster's own signers are approved and signed. */
  readonly signing?: ClusterSigning;
  /** PEM of the CA that pods trust the API server by. Absent: it is published nowhere. */
  readonly rootCa?: string;
  /** Signs tokens that Secrets ask for. Absent: they stay empty. */
  readonly signToken?: (claims: Readonly<Record<string, unknown>>) => string;
  /** HMAC with SHA-256. Absent: cluster-info is not signed with bootstrap tokens. */
  readonly hmacSha256?: (key: string, text: string) => Uint8Array;
  /** Of a text, "sha256:…" in hexadecimal digits. Absent: no volume is attached. */
  readonly fingerprint?: (text: string) => string;
  /** What /metrics shows. Default: kept where nobody sees them. */
  readonly metrics?: Metrics;
  /** What the server has at first; asked from it if absent. */
  readonly resourceTypes?: readonly ResourceType[];
  /** Freezes cached objects: for tests. */
  readonly freeze?: boolean;
  /** Called when leadership was lost: this manager has stopped acting. Default: nothing. */
  onLost?(): void;
}

export interface LeaderElectOptions {
  readonly identity: string;
  /** Default: kube-system/kube-controller-manager. */
  readonly lease?: ObjectRef;
  readonly timing?: Partial<ElectionTiming>;
}

export interface RunningControllers extends Running {
  /** Resolves when every controller works: at once, or when this manager leads. */
  ready(): Promise<void>;
  /** The names of the controllers that its options ask for. */
  readonly names: readonly string[];
}

const LEASE = { namespace: 'kube-system', name: 'kube-controller-manager' };

/** Resolves once the controllers are built; `ready` tells when their caches are synced. */
export async function startControllers(options: ControllersOptions): Promise<RunningControllers> {
  const flag = options.controllers ?? ['*'];
  const enabled = enabledControllers(flag);
  const initial =
    options.resourceTypes ?? (await discoverResourceTypes(options.client, options.logger));
  const { client, clock, random, logger } = options;
  const freeze = options.freeze ?? false;
  const metrics = options.metrics ?? new Metrics();
  const effects = { client, clock, random, logger };
  const informers = new InformerFactory({ ...effects, freeze, keep: keptOf });
  const types = new ServedTypes({ client, clock, informers, initial });
  const { endedPodThreshold, legacyTokenPeriodMs, standardStorageClass = false } = options;
  const { rootCa, signToken, hmacSha256, fingerprint } = options;
  const gate = new GatedClient(client);
  const eventPace = new EventPace(clock);
  const context: ControllerContext = {
    client: gate,
    clock,
    random,
    logger,
    informers,
    types,
    standardStorageClass,
    eventClient: client,
    eventPace,
    metrics,
    ...(endedPodThreshold === undefined ? {} : { endedPodThreshold }),
    ...(legacyTokenPeriodMs === undefined ? {} : { legacyTokenPeriodMs }),
    ...(options.signing === undefined ? {} : { signing: options.signing }),
    ...(rootCa === undefined ? {} : { rootCa }),
    ...(signToken === undefined ? {} : { signToken }),
    ...(hmacSha256 === undefined ? {} : { hmacSha256 }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
  };
  const served = controllerTable
    .filter(({ needs }) => needs.every((type) => serves(context, type)))
    .filter(({ signs = false }) => !signs || context.signing !== undefined)
    .filter(({ names = false }) => !names || context.fingerprint !== undefined);
  const controllers = served.map(({ build }) => build(context));
  const parts = new Lifecycle();
  await parts.start(() => informers);
  await parts.start(() => types);
  const told = await parts.start(() =>
    controllerMetrics({ controllers, informers, metrics, clock }),
  );
  // Started before the manager, stopped after it: the lease is released when nothing acts any more.
  const election =
    options.leaderElect && (await parts.start(() => elect(options, () => void stopActing())));
  const concurrency = options.concurrency === undefined ? {} : { concurrency: options.concurrency };
  const manager = await parts.start(
    () => new Manager({ controllers, logger, clock, reconciled: told.reconciled, ...concurrency }),
  );
  const stopActing = async (): Promise<void> => {
    gate.close();
    eventPace.end();
    await manager.stop();
    eventPace.tellDropped(logger);
  };
  const names = served.filter((each) => enabled.includes(each)).map(({ name }) => name);
  const switches = serves(context, configMaps) ? new Switches(context, manager, flag) : undefined;
  if (switches !== undefined) await parts.start(() => switches);
  await parts.start(() => ({ stop: stopActing }));
  const begin = async (): Promise<void> => {
    await election?.whenLeading();
    types.start();
    await (switches?.start() ?? manager.run(new Set(names)));
  };
  const ready = begin();
  ready.catch(() => {});
  return { names, ready: () => ready, stop: () => parts.stop() };
}

function elect(options: ControllersOptions, stopActing: () => void): LeaderElection {
  const { client, clock, random, logger, leaderElect, metrics } = options;
  const onLost = (): void => {
    stopActing();
    options.onLost?.();
  };
  const candidate = { lease: LEASE, identity: '', ...leaderElect };
  const effects = { client, clock, random, logger, ...(metrics && { metrics }) };
  return startLeaderElection({ ...effects, onLost, ...candidate });
}
