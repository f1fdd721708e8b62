/**
 * Node lifecycle: a node whose Lease is not renewed for 50 s is marked Unknown and tainted, and
 * its pods are marked not ready. Pods are not evicted: they stay bound until deleted.
 *
 * A heartbeat counts from when this process saw the Lease change, never by the Lease's own
 * timestamps: the clocks of nodes need not agree with ours.
 */
import { formatTime } from '../../api/time.ts';
import { keyOf, nameOf, namespaceOf } from '../../api/meta.ts';
import { leases as leaseType, nodes as nodeType, pods as podType } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import type { Informer } from '../../client/informer-interface.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import {
  type Controller,
  type ControllerContext,
  type ReconcileResult,
  recorderFor,
} from '../runtime/controller.ts';
import { podReady } from '../runtime/pods.ts';
import { enqueueSelf } from '../runtime/sources.ts';
import { GRACE_MS, planTaints, silentConditions } from './plan.ts';

const NAME = 'node-lifecycle-controller';
const LEASE_NAMESPACE = 'kube-node-lease';
const NODE_INDEX = 'node';

export function nodeLifecycleController(context: ControllerContext): Controller {
  return new NodeLifecycleController(context);
}

class NodeLifecycleController implements Controller {
  readonly name = NAME;
  readonly queue: WorkQueue;
  readonly informers;
  readonly #context: ControllerContext;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #recorder: EventRecorder;
  /** When each node was last heard of, by the monotonic clock. */
  readonly #heardAt = new Map<string, number>();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.queue = new WorkQueue({ clock: context.clock });
    this.#nodes = context.informers.of(nodeType);
    this.#pods = context.informers.of(podType);
    this.#recorder = recorderFor(context, NAME);
    const leases = context.informers.of(leaseType);
    this.informers = [this.#nodes, this.#pods, leases];
    this.#pods.addIndex(NODE_INDEX, (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []));
    enqueueSelf(this.#nodes, this.queue);
    this.#nodes.addHandler({
      added: (node) => this.#heard(keyOf(node)),
      updated: (old, node) => {
        if (heartbeat(old) !== heartbeat(node)) this.#heard(keyOf(node));
      },
      deleted: (node) => this.#heardAt.delete(keyOf(node)),
    });
    leases.addHandler({
      added: (lease) => {
        if (namespaceOf(lease) === LEASE_NAMESPACE) this.#heard(nameOf(lease));
      },
      updated: (old, lease) => {
        const renewed = old.spec.renewTime !== lease.spec.renewTime;
        if (renewed && namespaceOf(lease) === LEASE_NAMESPACE) this.#heard(nameOf(lease));
      },
    });
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const node = this.#nodes.lister.get(key);
    if (node === undefined) return undefined;
    const { clock } = this.#context;
    const heardAt = this.#heardAt.get(key) ?? clock.monotonic();
    const silentMs = clock.monotonic() - heardAt;
    const current = silentMs >= GRACE_MS ? await this.#markSilent(node) : node;
    const taints = planTaints(current, clock.now());
    if (taints !== undefined) {
      const spec = { ...current.spec, taints };
      await this.#context.client.update(nodeType, { ...current, spec });
    }
    // A node that is silent already is looked at again when it is heard.
    return silentMs >= GRACE_MS ? undefined : { requeueAfterMs: GRACE_MS - silentMs };
  }

  async stop(): Promise<void> {
    await this.#recorder.stop();
  }

  #heard(node: string): void {
    this.#heardAt.set(node, this.#context.clock.monotonic());
  }

  async #markSilent(node: Node): Promise<Node> {
    const { client, clock } = this.#context;
    const conditions = silentConditions(node, clock.now());
    if (conditions === node.status?.conditions) return node;
    const status = { ...node.status, conditions };
    const marked = await client.update(nodeType, { ...node, status }, { subresource: 'status' });
    const message = `Node ${nameOf(node)} status is now: NodeNotReady`;
    this.#recorder.record(node, { type: 'Normal', reason: 'NodeNotReady', message });
    for (const pod of this.#pods.lister.byIndex(NODE_INDEX, nameOf(node))) {
      if (podReady(pod)) await this.#markPodNotReady(pod);
    }
    return marked;
  }

  async #markPodNotReady(pod: Pod): Promise<void> {
    const { client, clock } = this.#context;
    const conditions = (pod.status?.conditions ?? []).map((condition) =>
      condition.type === 'Ready'
        ? { ...condition, status: 'False', lastTransitionTime: formatTime(clock.now()) }
        : condition,
    );
    const changed = { ...pod, status: { ...pod.status, conditions } };
    try {
      await client.update(podType, changed, { subresource: 'status' });
      const message = 'Node is not ready';
      this.#recorder.record(pod, { type: 'Warning', reason: 'NodeNotReady', message });
    } catch (error) {
      const moot = isStatus(error, 'NotFound') || isStatus(error, 'Conflict');
      if (!moot) throw error;
    }
  }
}

/** The kubelet's own word in the status, for those that renew no Lease. */
function heartbeat(node: Node): string | undefined {
  return node.status?.conditions?.find(({ type }) => type === 'Ready')?.lastHeartbeatTime;
}
