/**
 * What the scheduler believes of the cluster: nodes, and the pods on each. A pod that was just
 * given a node is *assumed* on it until the API server's watch confirms it, so that the next
 * pod is placed knowing of it.
 *
 * Kubernetes copies changed nodes into a snapshot before each cycle because its cache moves
 * during one. Here a scheduling cycle is synchronous: nothing moves during it, so the cache
 * itself is the snapshot, and only the order of the nodes is kept aside and rebuilt when the
 * set of nodes or a zone changes.
 */
import { nameOf } from '../../api/meta.ts';
import { assert } from '../../platform/assert.ts';
import type { Node } from '../../api/types/core-v1.ts';
import { NodeInfo } from '../framework/node-info.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { interleaveZones, zoneOf } from './node-tree.ts';

interface Placed {
  readonly pod: PodInfo;
  readonly nodeName: string;
  /** Confirmed pods come from the API server; assumed ones are the scheduler's own belief. */
  readonly assumed: boolean;
  /** For assumed pods whose binding was written: when to start doubting it. */
  readonly doubtAtMs?: number;
}

export class Cache {
  readonly #nodes = new Map<string, NodeInfo>();
  readonly #pods = new Map<string, Placed>();
  readonly #assumed = new Set<string>();
  #order: readonly NodeInfo[] | undefined;

  /** All known nodes, zones taking turns. The array is never changed, only replaced. */
  get nodes(): readonly NodeInfo[] {
    this.#order ??= interleaveZones([...this.#nodes.values()].filter((info) => info.known));
    return this.#order;
  }

  node(name: string): NodeInfo | undefined {
    const info = this.#nodes.get(name);
    return info?.known ? info : undefined;
  }

  setNode(node: Node): void {
    const info = this.#infoOf(nameOf(node));
    if (!info.known || zoneOf(info.node) !== zoneOf(node)) this.#order = undefined;
    info.setNode(node);
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (info === undefined) return;
    this.#order = undefined;
    info.setNode(undefined);
    this.#forgetIfEmpty(info);
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
    if (this.#pods.has(pod.uid)) this.#take(pod.uid);
    this.#put({ pod, nodeName, assumed: false });
  }

  remove(uid: string): void {
    if (this.#pods.has(uid)) this.#take(uid);
  }

  #put(placed: Placed): void {
    const { uid } = placed.pod;
    this.#pods.set(uid, placed);
    if (placed.assumed) this.#assumed.add(uid);
    this.#infoOf(placed.nodeName).addPod(placed.pod);
  }

  #take(uid: string): void {
    const { nodeName } = this.#pods.get(uid)!;
    this.#pods.delete(uid);
    this.#assumed.delete(uid);
    const info = this.#nodes.get(nodeName);
    assert(info !== undefined, `no node ${nodeName} for pod ${uid}`);
    info.removePod(uid);
    this.#forgetIfEmpty(info);
  }

  #infoOf(name: string): NodeInfo {
    let info = this.#nodes.get(name);
    if (info === undefined) {
      info = new NodeInfo(name);
      this.#nodes.set(name, info);
    }
    return info;
  }

  /** A removed node is remembered as long as pods are known on it: it may come back. */
  #forgetIfEmpty(info: NodeInfo): void {
    if (!info.known && info.pods.size === 0) this.#nodes.delete(info.name);
  }
}
