/**
 * The pod garbage collector: removes pods whose node is gone or out of service, pods that were
 * deleted before they had a node, and ended pods beyond a threshold.
 *
 * Its keys are tasks: {@link ENDED}, {@link UNSCHEDULED}, and the names of nodes to look after.
 * Indexes find the pods of each, so that no task reads all of them.
 */
import { keyOf, nameOf } from '../../api/meta.ts';
import { nodes as nodeType, pods as podType } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { BaseController } from '../runtime/base-controller.ts';
import type { Controller, ControllerContext, ReconcileResult } from '../runtime/controller.ts';
import { type Disruption, disruptPod } from '../runtime/disrupt-pod.ts';
import { indexByNode, NODE_INDEX } from '../runtime/pods-by-node.ts';
import { ended, outOfService, surplus, unscheduledTerminating } from './plan.ts';

const DEFAULT_ENDED_THRESHOLD = 12_500;
/** How often what needs no hurry is looked at. */
const PERIOD_MS = 20_000;
/** A node that is gone may be back: its pods stay this long. */
const QUARANTINE_MS = 40_000;

const TASK_INDEX = 'pod-gc';
const ENDED = 'ended';
const UNSCHEDULED = 'unscheduled';
const nodeKey = (name: string): string => `node/${name}`;

const ORPHANED: Disruption = {
  cause: { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' },
  failed: true,
  force: true,
};
const LOST: Disruption = { failed: true, force: true };

const tasksOf = (pod: Pod): readonly string[] =>
  unscheduledTerminating(pod) ? [UNSCHEDULED] : ended(pod) ? [ENDED] : [];

export function podGarbageCollector(context: ControllerContext): Controller {
  return new PodGarbageCollector(context);
}

class PodGarbageCollector extends BaseController {
  readonly name = 'pod-garbage-collector-controller';
  readonly #nodes = this.informerOf(nodeType);
  readonly #pods = this.informerOf(podType);
  /** Nodes that pods name and nobody has, and since when (monotonic). */
  readonly #missing = new Map<string, number>();

  constructor(context: ControllerContext) {
    super(context);
    indexByNode(this.#pods);
    this.#pods.addIndex(TASK_INDEX, tasksOf);
    this.#pods.addHandler({
      added: (pod) => this.#consider(pod),
      updated: (_, pod) => this.#consider(pod),
    });
    this.#nodes.addHandler({
      added: (node) => this.queue.add(nodeKey(nameOf(node))),
      updated: (_, node) => {
        if (outOfService(node)) this.queue.add(nodeKey(nameOf(node)));
      },
      deleted: (node) => this.queue.add(nodeKey(nameOf(node))),
    });
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    if (key === ENDED) return this.#collectEnded();
    if (key === UNSCHEDULED) {
      await this.#removeAll(this.#pods.lister.byIndex(TASK_INDEX, UNSCHEDULED), LOST);
      return undefined;
    }
    const name = key.slice(nodeKey('').length);
    const node = this.#nodes.lister.get(name);
    const pods = this.#pods.lister.byIndex(NODE_INDEX, name);
    if (node === undefined) return this.#collectOrphans(name, pods);
    this.#missing.delete(name);
    if (!outOfService(node)) return undefined;
    const doomed = pods.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
    await this.#removeAll(doomed, LOST);
    return undefined;
  }

  #consider(pod: Pod): void {
    const { nodeName } = pod.spec;
    if (nodeName) {
      const node = this.#nodes.lister.get(nodeName);
      if (this.#nodes.synced && node === undefined) this.queue.add(nodeKey(nodeName));
      else if (pod.metadata.deletionTimestamp !== undefined && outOfService(node))
        this.queue.add(nodeKey(nodeName));
      if (ended(pod)) this.queue.addAfter(ENDED, PERIOD_MS);
    } else if (unscheduledTerminating(pod)) this.queue.add(UNSCHEDULED);
    else if (ended(pod)) this.queue.addAfter(ENDED, PERIOD_MS);
  }

  begin(): void {
    for (const pod of this.#pods.lister.list()) this.#consider(pod);
  }

  async #collectEnded(): Promise<undefined> {
    const { endedPodThreshold = DEFAULT_ENDED_THRESHOLD } = this.context;
    if (endedPodThreshold <= 0) return undefined;
    const doomed = surplus(this.#pods.lister.byIndex(TASK_INDEX, ENDED), endedPodThreshold);
    await this.#removeAll(doomed, { force: true });
    return undefined;
  }

  async #collectOrphans(name: string, pods: readonly Pod[]): Promise<ReconcileResult | undefined> {
    if (pods.length === 0) {
      this.#missing.delete(name);
      return undefined;
    }
    const now = this.context.clock.monotonic();
    const since = this.#missing.get(name) ?? now;
    this.#missing.set(name, since);
    const left = since + QUARANTINE_MS - now;
    if (left > 0) return { requeueAfterMs: left };
    if (await this.#exists(name)) return { requeueAfterMs: PERIOD_MS };
    await this.#removeAll(pods, ORPHANED);
    return undefined;
  }

  /** The cache may be behind: a node that was just made must not lose its pods. */
  async #exists(name: string): Promise<boolean> {
    try {
      await this.context.client.get(nodeType, { name });
      return true;
    } catch (error) {
      if (isStatus(error, 'NotFound')) return false;
      throw error;
    }
  }

  async #removeAll(pods: readonly Pod[], disruption: Disruption): Promise<void> {
    const { client, clock, logger } = this.context;
    for (const pod of pods) {
      logger.info({ pod: keyOf(pod), node: pod.spec.nodeName }, 'pod garbage-collected');
      await disruptPod({ client, nowMs: clock.now() }, pod, disruption);
    }
  }
}
