/**
 * The scheduler as a value: gives a node to every pod that has none and asks for this scheduler.
 *
 * In: pods and nodes, by watch. Out: bindings, the PodScheduled condition, events. It keeps
 * nothing: killed at any moment and started again, it learns from its first lists which pods
 * are bound, and a binding that was under way is either there or refused as a conflict.
 */
import { namespaces, nodes, podDisruptionBudgets, pods } from '../api/resources.ts';
import type { Pod } from '../api/types/core-v1.ts';
import { createEventRecorder, type EventRecorder } from '../client/event-recorder.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import type { Informer } from '../client/informer-interface.ts';
import { createInformer } from '../client/informer.ts';
import {
  startLeaderElection,
  type ElectionTiming,
  type LeaderElection,
} from '../client/leader-election.ts';
import type { Client, ObjectRef } from '../client/interface.ts';
import { Metrics } from '../platform/metrics/metrics.ts';
import { assert } from '../platform/assert.ts';
import type { Effects } from '../platform/effects.ts';
import { Lifecycle, type Running } from '../platform/lifecycle.ts';
import { postBinding } from './binding.ts';
import { Cache } from './cache/cache.ts';
import { ApiEvictor } from './eviction.ts';
import type { ClusterEvent } from './framework/events.ts';
import type { Extender } from './framework/extender.ts';
import type { Framework } from './framework/framework.ts';
import type { PodInfo } from './framework/pod-info.ts';
import type { Profile } from './framework/profile.ts';
import { meteredFramework } from './metered-profile.ts';
import { type Observed, observeNamespaces, observeNodes, observePods } from './observer.ts';
import { SchedulingQueue, type Backoff, type QueuePolicy } from './queue/scheduling-queue.ts';
import type { PostBinding } from './plugins/default-binder.ts';
import type { PluginLimits } from './plugin-limits.ts';
import { defaultProfile, DEFAULT_SCHEDULER_NAME, type PluginParts } from './registry.ts';
import { Reporter } from './reporter.ts';
import { SchedulerMetrics } from './scheduler-metrics.ts';
import { SchedulingLoop } from './scheduling-loop.ts';
import { NodeSelection } from './select-node.ts';
import { watchedDevices } from './watched-devices.ts';
import { watchedSelectors } from './watched-selectors.ts';
import { watchedStorage } from './watched-storage.ts';

export interface LeaderElectOptions {
  readonly identity: string;
  /** Default: kube-system/kube-scheduler. */
  readonly lease?: ObjectRef;
  readonly timing?: Partial<ElectionTiming>;
}

export interface SchedulerOptions extends Effects {
  readonly client: Client;
  /** Where several schedulers run, only the one that holds the lease acts. */
  readonly leaderElect?: LeaderElectOptions;
  /** Default: "default-scheduler". Pods that name another scheduler are left alone. */
  readonly schedulerName?: string;
  /** Replace the default profile and `schedulerName`. At least one; names differ. */
  readonly profiles?: (parts: PluginParts) => readonly Profile[];
  /** 0, the default: adaptive. */
  readonly percentageOfNodesToScore?: number;
  /** Asked in this order. */
  readonly extenders?: readonly Extender[];
  /** How long pods wait between tries. Default: 1 s, doubled up to 10 s. */
  readonly backoff?: Backoff;
  /** Of the plugins from outside the package, if there are any. */
  readonly limits?: PluginLimits;
  /** What /metrics shows. Default: kept where nobody sees them. */
  readonly metrics?: Metrics;
  /** Freezes cached objects: for tests. */
  readonly freeze?: boolean;
  /** Called when leadership was lost: this scheduler has stopped acting. Default: nothing. */
  onLost?(): void;
}

export interface RunningScheduler extends Running {
  /** Resolves when pods are being placed: the caches are synced, and this scheduler leads. */
  ready(): Promise<void>;
}

const defaultLease = { namespace: 'kube-system', name: 'kube-scheduler' };
/** Pods that ended hold no resources: kube-scheduler does not ask for them either. */
const LIVE_PODS = 'status.phase!=Succeeded,status.phase!=Failed';

/** Resolves once the scheduler is built; `ready` tells when it acts. */
export async function startScheduler(options: SchedulerOptions): Promise<RunningScheduler> {
  const parts = new Lifecycle();
  const { leaderElect } = options;
  const election =
    leaderElect && (await parts.start(() => elect(options, leaderElect, () => void loop.stop())));
  const mayAct = election && (() => election.leading);
  const { podInformer, informers, loop } = await assemble({ ...options, mayAct }, parts);
  podInformer.start();
  informers.start();
  const begin = async (): Promise<void> => {
    await Promise.all([podInformer.whenSynced(), informers.whenSynced()]);
    await election?.whenLeading();
    loop.start();
    options.logger.info({ nodes: informers.of(nodes).lister.list().length }, 'scheduler started');
  };
  const ready = begin();
  ready.catch(() => {});
  return { ready: () => ready, stop: () => parts.stop() };
}

interface AssembleOptions extends SchedulerOptions {
  /** Absent: nobody else acts. */
  readonly mayAct?: (() => boolean) | undefined;
}

/** kube-scheduler drops none; this is for twice as many pods as a large rollout has. */
const WAITING_EVENTS = 20_000;

const schedulerOf = ({ spec }: Pod): string => spec.schedulerName ?? DEFAULT_SCHEDULER_NAME;

async function assemble(options: AssembleOptions, parts: Lifecycle) {
  const { client, clock, random, logger, extenders, limits, mayAct, freeze = false } = options;
  const { metrics = new Metrics() } = options;
  const effects = { client, clock, random, logger, freeze };
  const cache = new Cache();
  if (limits !== undefined) limits.onCut = () => cache.endTrials();
  const meter = new SchedulerMetrics(metrics, clock);
  const informers = new InformerFactory(effects);
  const recorders = new Map<string, EventRecorder>();
  const recorderOf = (pod: Pod): EventRecorder => recorders.get(schedulerOf(pod))!;
  const rejectWaiting = (uid: string): boolean => loop.rejectWaiting(uid, 'preempted');
  const notify = (event: ClusterEvent): void => queue.notify(event);
  const pluginParts: PluginParts = {
    post: posting(client, mayAct),
    preemption: {
      budgets: () => informers.of(podDisruptionBudgets).lister.list(),
      evictor: meter.evictor(new ApiEvictor({ client, clock, recorderOf, rejectWaiting })),
      random,
      extenders,
      logger,
    },
    storage: watchedStorage(client, informers, notify),
    devices: watchedDevices({ client, informers, logger, notify }),
    selectorOf: watchedSelectors(informers),
  };
  const frameworks = new Map<string, Framework>();
  for (const profile of profilesOf(options, pluginParts)) {
    const component = profile.schedulerName;
    frameworks.set(component, meteredFramework(profile, { cluster: cache.cluster, meter, clock }));
    const recorded = { ...effects, component, queueLimit: WAITING_EVENTS };
    recorders.set(component, await parts.start(() => createEventRecorder(recorded)));
  }
  const frameworkOf = ({ pod }: PodInfo): Framework => frameworks.get(schedulerOf(pod))!;
  const reporter = new Reporter({ client, clock, recorderOf, logger });
  const queue = new SchedulingQueue({
    clock,
    meter,
    limits,
    policy: policyOf(frameworks, frameworkOf, reporter),
    onActive: () => loop.wake(),
    ...(options.backoff === undefined ? {} : { backoff: options.backoff }),
  });
  await parts.start(() => informers);
  const ofLivePods = { ...effects, fieldSelector: LIVE_PODS };
  const podInformer = await parts.start(() => createInformer(pods, ofLivePods));
  const loop = new SchedulingLoop({
    frameworkOf,
    cache,
    queue,
    clock,
    logger,
    meter,
    extenders,
    mayAct,
    selection: new NodeSelection(options),
    reporter,
    truth: effects,
    latest: (key) => podInformer.lister.get(key),
  });
  const endSizes = meter.sizes(metrics, { queue, cache });
  // Stopped first: what is being bound then still reaches recorder and caches.
  await parts.start(() => ({
    async stop() {
      endSizes();
      queue.stop();
      await loop.stop();
    },
  }));
  observe({ cache, queue, schedulerNames: new Set(frameworks.keys()) }, podInformer, informers);
  return { podInformer, informers, loop };
}

/** Permits and volumes may have been awaited since the loop asked. */
const posting =
  (client: Client, mayAct = () => true): PostBinding =>
  async (pod, nodeName) => {
    if (!mayAct()) throw new Error('another scheduler may lead by now');
    await postBinding(client, pod, nodeName);
  };

function observe(observed: Observed, podInformer: Informer<Pod>, informers: InformerFactory): void {
  informers.of(nodes).addHandler(observeNodes(observed));
  informers.of(namespaces).addHandler(observeNamespaces(observed));
  podInformer.addHandler(observePods(observed));
  informers.of(podDisruptionBudgets);
}

function profilesOf(options: SchedulerOptions, parts: PluginParts): readonly Profile[] {
  const profiles = options.profiles?.(parts) ?? [defaultProfile(parts, options.schedulerName)];
  assert(profiles.length > 0, 'a scheduler needs a profile');
  return profiles;
}

/** All profiles share one queue and so one order: that of the first. */
function policyOf(
  frameworks: ReadonlyMap<string, Framework>,
  frameworkOf: (pod: PodInfo) => Framework,
  reporter: Reporter,
): QueuePolicy {
  const [first] = frameworks.values();
  return {
    preEnqueue(pod) {
      const status = frameworkOf(pod).preEnqueue(pod);
      if (status?.code === 'Error') {
        const message = status.reasons.join(', ');
        void reporter.failed(pod.pod, { reason: 'SchedulerError', message });
      }
      return status;
    },
    goesFirst: (a, b) => first!.goesFirst(a, b),
    wakes: (pod, rejectedBy, event) => frameworkOf(pod).wakes(pod, rejectedBy, event),
    heeds: (pod, rejectedBy, kind) => frameworkOf(pod).heeds(rejectedBy, kind),
  };
}

function elect(
  options: SchedulerOptions,
  leaderElect: LeaderElectOptions,
  stopActing: () => void,
): LeaderElection {
  const { client, clock, random, logger, metrics } = options;
  const onLost = (): void => {
    stopActing();
    options.onLost?.();
  };
  const candidate = { lease: defaultLease, ...leaderElect };
  const effects = { client, clock, random, logger, ...(metrics && { metrics }) };
  return startLeaderElection({ ...effects, onLost, ...candidate });
}
