/**
 * What the scheduler believes of the cluster: nodes, and the pods on each. A pod that was just
 * given a node is *assumed* on it until the API server's watch confirms it, so that the next
 * pod is placed knowing of it.
 *
 * Kubernetes copies changed nodes into a snapshot before each cycle because its cache moves
 * during one. Here a scheduling cycle is synchronous: nothing moves during it, so the cache's
 * {@link ClusterState} itself is the snapshot.
 */
import { assert } from '../../platform/assert.ts';
import type { Node } from '../../api/types/core-v1.ts';
import { ClusterState } from '../framework/cluster-state.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import { type PodInfo, sharesAll } from '../framework/pod-info.ts';

interface Placed {
  readonly pod: PodInfo;
  readonly nodeName: string;
  /** Confirmed pods come from the API server; assumed ones are the scheduler's own belief. */
  readonly assumed: boolean;
  /** For assumed pods whose binding was written: when to start doubting it. */
  readonly doubtAtMs?: number;
}

export class Cache {
  readonly cluster = new ClusterState();
  readonly #pods = new Map<string, Placed>();
  readonly #assumed = new Set<string>();

  get sizes(): { readonly nodes: number; readonly pods: number; readonly assumed: number } {
    return {
      nodes: this.cluster.nodes.length,
      pods: this.#pods.size,
      assumed: this.#assumed.size,
    };
  }

  get nodes(): readonly NodeInfo[] {
    return this.cluster.nodes;
  }

  node(name: string): NodeInfo | undefined {
    return this.cluster.node(name);
  }

  setNode(node: Node): void {
    this.cluster.setNode(node);
  }

  removeNode(name: string): void {
    this.cluster.removeNode(name);
  }

  isAssumed(uid: string): boolean {
    return this.#assumed.has(uid);
  }

  pod(uid: string): PodInfo | undefined {
    return this.#pods.get(uid)?.pod;
  }

  /** The node the pod is on, confirmed or assumed. */
  nodeNameOf(uid: string): string | undefined {
    return this.#pods.get(uid)?.nodeName;
  }

  assume(pod: PodInfo, nodeName: string): void {
    assert(!this.#pods.has(pod.uid), `pod ${pod.key} has a node already`);
    this.#put({ pod, nodeName, assumed: true });
  }

  /** The binding was written. If no watch confirms it by `doubtAtMs`, the pod becomes doubtful. */
  finishBinding(uid: string, doubtAtMs: number): void {
    const placed = this.#pods.get(uid);
    if (placed?.assumed) this.#pods.set(uid, { ...placed, doubtAtMs });
  }

  /** Takes back an assumption. Confirmed and unknown pods stay as they are. */
  forget(uid: string): void {
    if (this.#assumed.has(uid)) this.#take(uid);
  }

  /** Assumed pods that were bound long ago and that no watch confirmed. */
  doubtful(nowMs: number): PodInfo[] {
    const doubtful: PodInfo[] = [];
    for (const uid of this.#assumed) {
      const { doubtAtMs, pod } = this.#pods.get(uid)!;
      if (doubtAtMs !== undefined && doubtAtMs <= nowMs) doubtful.push(pod);
    }
    return doubtful;
  }

  /** What the API server says: the pod, on its spec.nodeName. Wins over any assumption. */
  confirm(pod: PodInfo): void {
    const nodeName = pod.pod.spec.nodeName;
    assert(nodeName, `pod ${pod.key} without a node`);
    const placed: Placed = { pod, nodeName, assumed: false };
    const before = this.#pods.get(pod.uid);
    if (before?.nodeName === nodeName && sharesAll(before.pod, pod)) this.#renew(placed);
    else {
      if (before !== undefined) this.#take(pod.uid);
      this.#put(placed);
    }
  }

  remove(uid: string): void {
    if (this.#pods.has(uid)) this.#take(uid);
  }

  /** Whatever was on trial when a scheduling cycle was cut off is undone. */
  endTrials(): void {
    this.cluster.rebuild(this.#pods.values());
  }

  #put(placed: Placed): void {
    const { uid } = placed.pod;
    this.#pods.set(uid, placed);
    if (placed.assumed) this.#assumed.add(uid);
    this.cluster.addPod(placed.pod, placed.nodeName);
    this.cluster.nominations.delete(uid);
  }

  /** Nothing that counts changes: what was found out about the node holds. */
  #renew(placed: Placed): void {
    const { uid } = placed.pod;
    this.#pods.set(uid, placed);
    this.#assumed.delete(uid);
    this.cluster.renewPod(placed.pod, placed.nodeName);
    this.cluster.nominations.delete(uid);
  }

  #take(uid: string): void {
    const { pod, nodeName } = this.#pods.get(uid)!;
    this.#pods.delete(uid);
    this.#assumed.delete(uid);
    this.cluster.removePod(pod, nodeName);
  }
}
