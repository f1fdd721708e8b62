/**
 * The scheduler as a value: gives a node to every pod that has none and asks for this scheduler.
 *
 * In: pods and nodes, by watch. Out: bindings, the PodScheduled condition, events. It keeps
 * nothing: killed at any moment and started again, it learns from its first lists which pods
 * are bound, and a binding that was under way is either there or refused as a conflict.
 */
import { nodes, pods } from '../api/resources.ts';
import { createEventRecorder } from '../client/event-recorder.ts';
import { createInformer } from '../client/informer.ts';
import { startLeaderElection, type LeaderElection } from '../client/leader-election.ts';
import type { Client } from '../client/interface.ts';
import type { Clock } from '../platform/clock.ts';
import { Lifecycle, type Running } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/logger.ts';
import type { Random } from '../platform/random.ts';
import { postBinding } from './binding.ts';
import { Cache } from './cache/cache.ts';
import { Framework } from './framework/framework.ts';
import type { Profile } from './framework/profile.ts';
import { observeNodes, observePods } from './observer.ts';
import { defaultProfile, defaultSchedulerName } from './profile.ts';
import { SchedulingQueue } from './queue/scheduling-queue.ts';
import { Reporter } from './reporter.ts';
import { SchedulingLoop } from './scheduling-loop.ts';
import { NodeSelection } from './select-node.ts';

export interface SchedulerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Where several schedulers run, only the one that holds the lease acts. */
  readonly leaderElect?: { readonly identity: string };
  /** Default: "default-scheduler". Pods that name another scheduler are left alone. */
  readonly schedulerName?: string;
  /** Replaces the default plugins; its schedulerName wins over the option. */
  readonly profile?: Profile;
  /** 0, the default: adaptive. */
  readonly percentageOfNodesToScore?: number;
  /** Freezes cached objects: for tests. */
  readonly freeze?: boolean;
  /** Called when leadership was lost: this scheduler has stopped acting. Default: nothing. */
  onLost?(): void;
}

export interface RunningScheduler extends Running {
  /** Resolves when pods are being placed: the caches are synced, and this scheduler leads. */
  ready(): Promise<void>;
}

const lease = { namespace: 'kube-system', name: 'kube-scheduler' };
/** Pods that ended hold no resources: kube-scheduler does not ask for them either. */
const livePods = 'status.phase!=Succeeded,status.phase!=Failed';

/** Resolves once the scheduler is built; `ready` tells when it acts. */
export async function startScheduler(options: SchedulerOptions): Promise<RunningScheduler> {
  const parts = new Lifecycle();
  const election =
    options.leaderElect && (await parts.start(() => elect(options, () => void loop.stop())));
  const { podInformer, nodeInformer, loop } = await assemble(options, parts);
  podInformer.start();
  nodeInformer.start();
  const begin = async (): Promise<void> => {
    await Promise.all([podInformer.whenSynced(), nodeInformer.whenSynced()]);
    await election?.whenLeading();
    loop.start();
    options.logger.info({ nodes: nodeInformer.lister.list().length }, 'scheduler started');
  };
  const ready = begin();
  ready.catch(() => {});
  return { ready: () => ready, stop: () => parts.stop() };
}

async function assemble(options: SchedulerOptions, parts: Lifecycle) {
  const { client, clock, random, logger, freeze = false } = options;
  const profile =
    options.profile ??
    defaultProfile(
      (pod, nodeName) => postBinding(client, pod, nodeName),
      options.schedulerName ?? defaultSchedulerName,
    );
  const framework = new Framework(profile);
  const component = framework.schedulerName;
  const recorder = await parts.start(() =>
    createEventRecorder({ client, clock, random, logger, component }),
  );
  const cache = new Cache();
  const queue = new SchedulingQueue({ clock, policy: framework, onActive: () => loop.wake() });
  const effects = { client, clock, random, logger, freeze };
  const podInformer = await parts.start(() =>
    createInformer(pods, { ...effects, fieldSelector: livePods }),
  );
  const nodeInformer = await parts.start(() => createInformer(nodes, effects));
  const loop = new SchedulingLoop({
    ...{ framework, cache, queue, clock, logger },
    selection: new NodeSelection(random, options.percentageOfNodesToScore),
    reporter: new Reporter({ client, clock, recorder, logger }),
    truth: { client, clock, logger },
    latest: (key) => podInformer.lister.get(key),
  });
  // Stopped first: what is being bound then still reaches recorder and caches.
  await parts.start(() => ({
    async stop() {
      queue.stop();
      await loop.stop();
    },
  }));
  const observed = { cache, queue, schedulerName: framework.schedulerName };
  nodeInformer.addHandler(observeNodes(observed));
  podInformer.addHandler(observePods(observed));
  return { podInformer, nodeInformer, loop };
}

function elect(options: SchedulerOptions, stopActing: () => void): LeaderElection {
  const { client, clock, random, logger, leaderElect } = options;
  const onLost = (): void => {
    stopActing();
    options.onLost?.();
  };
  const identity = leaderElect?.identity ?? '';
  return startLeaderElection({ client, clock, random, logger, identity, onLost, lease });
}
