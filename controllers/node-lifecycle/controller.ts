/**
 * Node lifecycle: a node whose Lease is not renewed for 50 s is marked Unknown and tainted, and
 * its pods are marked not ready. What its NoExecute taint does to them is taint eviction's.
 *
 * A heartbeat counts from when this process saw the Lease change, never by the Lease's own
 * timestamps: the clocks of nodes need not agree with ours.
 */
import { formatTime } from '../../api/time.ts';
import { keyOf, nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import { leases as leaseType, nodes as nodeType, pods as podType } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import { BaseController } from '../runtime/base-controller.ts';
import type { Controller, ControllerContext, ReconcileResult } from '../runtime/controller.ts';
import { indexByNode, NODE_INDEX } from '../runtime/pods-by-node.ts';
import { podReady } from '../runtime/pods.ts';
import { enqueueSelf } from '../runtime/sources.ts';
import {
  awaitsEviction,
  type Eviction,
  graceMs,
  planLabels,
  planTaints,
  silentConditions,
} from './plan.ts';
import { zoneOf, Zones } from './zones.ts';

const NAME = 'node-lifecycle-controller';
const LEASE_NAMESPACE = 'kube-node-lease';
/** A node that waits for its turn to be evicted asks this often. */
const EVICTION_POLL_MS = 5000;

export function nodeLifecycleController(context: ControllerContext): Controller {
  return new NodeLifecycleController(context);
}

class NodeLifecycleController extends BaseController {
  readonly name = NAME;
  readonly #nodes = this.informerOf(nodeType);
  readonly #pods = this.informerOf(podType);
  readonly #recorder = this.recorderAs('node-controller');
  /** Those told of, and their uids. */
  readonly #registered = new Map<string, string>();
  /** When each node was last heard of, by the monotonic clock. */
  readonly #heardAt = new Map<string, number>();
  readonly #zones = new Zones();
  readonly #evictions;
  #allFailed = false;

  constructor(context: ControllerContext) {
    super(context);
    const evictions = 'node_collector_evictions_total';
    this.#evictions = context.metrics?.counter(evictions, 'Nodes emptied.', ['zone']);
    const leases = this.informerOf(leaseType);
    indexByNode(this.#pods);
    this.#nodes.addHandler({
      added: (node) => {
        this.#heard(keyOf(node));
        this.#count(node);
      },
      updated: (old, node) => {
        if (heartbeat(old) !== heartbeat(node)) this.#heard(keyOf(node));
        this.#count(node);
      },
      deleted: (node) => {
        this.#heardAt.delete(keyOf(node));
        this.#zones.remove(keyOf(node));
        this.#noticeOutage();
      },
    });
    enqueueSelf(this.#nodes, this.queue);
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
    this.#register(key, node);
    if (node === undefined) return undefined;
    const { clock } = this.context;
    const heardAt = this.#heardAt.get(key) ?? clock.monotonic();
    const leftMs = heardAt + graceMs(node) - clock.monotonic();
    const isSilent = leftMs <= 0;
    const current = isSilent ? await this.#markSilent(node) : node;
    if (isSilent) await this.#markPodsNotReady(current);
    const eviction = this.#evictionOf(current);
    await this.#mark(current, eviction);
    if (eviction !== 'begin' && awaitsEviction(current))
      return { requeueAfterMs: EVICTION_POLL_MS };
    // A node that is silent already is looked at again when it is heard.
    return isSilent ? undefined : { requeueAfterMs: leftMs };
  }

  async #mark(node: Node, eviction: Eviction): Promise<void> {
    const { client, clock } = this.context;
    const taints = planTaints(node, clock.now(), eviction);
    const labels = planLabels(node);
    if (taints === undefined && labels === undefined) return;
    await client.update(nodeType, {
      ...node,
      ...(labels === undefined ? {} : { metadata: { ...node.metadata, labels } }),
      ...(taints === undefined ? {} : { spec: { ...node.spec, taints } }),
    });
  }

  /** Tells, once each, of nodes that came and went. */
  #register(name: string, node: Node | undefined): void {
    const known = this.#registered.get(name);
    const uid = node && uidOf(node);
    if (known === uid) return;
    const tell = (uid: string, reason: string, what: string): void => {
      const about = { apiVersion: 'v1', kind: 'Node', name, uid };
      const message = `Node ${name} event: ${what} Controller`;
      this.#recorder.record(about, { type: 'Normal', reason, message });
    };
    if (known !== undefined) tell(known, 'RemovingNode', `Removing Node ${name} from`);
    this.#registered.delete(name);
    if (uid === undefined) return;
    this.#registered.set(name, uid);
    tell(uid, 'RegisteredNode', `Registered Node ${name} in`);
  }

  #heard(node: string): void {
    this.#heardAt.set(node, this.context.clock.monotonic());
  }

  #count(node: Node): void {
    this.#zones.set(node, this.context.clock.monotonic());
    this.#noticeOutage();
  }

  /**
   * If all nodes seem to have failed, it is us who cannot see: evictions are called off, and when
   * the first node is back the others get their whole time to be heard of again.
   */
  #noticeOutage(): void {
    if (this.#allFailed === this.#zones.allFailed) return;
    this.#allFailed = this.#zones.allFailed;
    for (const node of this.#nodes.lister.list()) {
      if (!this.#allFailed) this.#heard(keyOf(node));
      this.queue.add(keyOf(node));
    }
  }

  #evictionOf(node: Node): Eviction {
    if (this.#allFailed) return 'call off';
    if (!awaitsEviction(node)) return 'keep';
    const permission = this.#zones.mayEvict(keyOf(node), this.context.clock.monotonic());
    if (permission === 'now') this.#evictions?.with(zoneOf(node)).add();
    return permission === 'now' ? 'begin' : 'keep';
  }

  async #markSilent(node: Node): Promise<Node> {
    const { client, clock } = this.context;
    const conditions = silentConditions(node, clock.now());
    if (conditions === node.status?.conditions) return node;
    const status = { ...node.status, conditions };
    const marked = await client.update(nodeType, { ...node, status }, { subresource: 'status' });
    const message = `Node ${nameOf(node)} status is now: NodeNotReady`;
    this.#recorder.record(node, { type: 'Normal', reason: 'NodeNotReady', message });
    return marked;
  }

  async #markPodsNotReady(node: Node): Promise<void> {
    for (const pod of this.#pods.lister.byIndex(NODE_INDEX, nameOf(node))) {
      if (podReady(pod)) await this.#markPodNotReady(pod);
    }
  }

  async #markPodNotReady(pod: Pod): Promise<void> {
    const { client, clock } = this.context;
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
