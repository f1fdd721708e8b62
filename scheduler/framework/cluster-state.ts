/**
 * The cluster as plugins see it: nodes, what is on them, and indexes over both that follow every
 * change. It is live: within a scheduling cycle nothing changes it but the scheduler itself,
 * which tries out removals and additions on it and takes them back (`Trial`).
 */
import { nameOf } from '../../api/meta.ts';
import type { Labels } from '../../api/selector/label.ts';
import { deepEqual } from '../../api/deep.ts';
import type { Namespace, Node } from '../../api/types/core-v1.ts';
import { assert } from '../../platform/assert.ts';
import { NodeInfo } from './node-info.ts';
import { interleaveZones, zoneOf } from './node-tree.ts';
import { Nominations } from './nominations.ts';
import type { PodInfo } from './pod-info.ts';
import { TopologyIndex } from './topology/topology-index.ts';

const noLabels: Labels = {};

export class ClusterState {
  readonly nominations = new Nominations((name) => this.#nodes.get(name)?.touch());
  #topology: TopologyIndex;
  readonly #nodes = new Map<string, NodeInfo>();
  /** Of nodes that were forgotten; all other slots below the number of both are taken. */
  #freeSlots: number[] = [];
  readonly #namespaces = new Map<string, Labels>();
  /** How many nodes have an image, by name. */
  readonly #imageNodes = new Map<string, number>();
  /** Of claims, by key. */
  readonly #mounts = new Map<string, number>();
  #order: readonly NodeInfo[] | undefined;

  constructor() {
    this.#topology = this.#newTopology();
  }

  get topology(): TopologyIndex {
    return this.#topology;
  }

  #newTopology(): TopologyIndex {
    return new TopologyIndex(this.#nodes, (name) => this.#namespaces.get(name));
  }

  /** All known nodes, zones taking turns. The array is never changed, only replaced. */
  get nodes(): readonly NodeInfo[] {
    this.#order ??= interleaveZones([...this.#nodes.values()].filter((info) => info.known));
    return this.#order;
  }

  node(name: string): NodeInfo | undefined {
    const info = this.#nodes.get(name);
    return info?.known ? info : undefined;
  }

  nodesWithImage(name: string): number {
    return this.#imageNodes.get(name) ?? 0;
  }

  /** How often pods on nodes mount a claim; additions and removals on trial do not count. */
  mountsOf(claim: string): number {
    return this.#mounts.get(claim) ?? 0;
  }

  setNode(node: Node): void {
    const info = this.#infoOf(nameOf(node));
    if (!info.known || zoneOf(info.node) !== zoneOf(node)) this.#order = undefined;
    const moves = !info.known || topologyChanged(info.node, node);
    if (info.known && moves) this.topology.removeNode(info);
    this.#countImages(info, -1);
    info.setNode(node);
    this.#countImages(info, 1);
    if (moves) this.topology.addNode(info);
  }

  removeNode(name: string): void {
    const info = this.node(name);
    if (info === undefined) return;
    this.#order = undefined;
    this.topology.removeNode(info);
    this.#countImages(info, -1);
    info.setNode(undefined);
    this.#forgetIfEmpty(info);
  }

  addPod(pod: PodInfo, nodeName: string): void {
    const info = this.#infoOf(nodeName);
    info.addPod(pod);
    this.#countMounts(pod, 1);
    if (info.known) this.topology.addPod(pod, info);
  }

  removePod(pod: PodInfo, nodeName: string): void {
    const info = this.#nodes.get(nodeName);
    assert(info !== undefined, `no node ${nodeName} for pod ${pod.key}`);
    info.removePod(pod.uid);
    this.#countMounts(pod, -1);
    if (info.known) this.topology.removePod(pod, info);
    this.#forgetIfEmpty(info);
  }

  /** A later state of a pod that is there, of which nothing is counted otherwise. */
  renewPod(pod: PodInfo, nodeName: string): void {
    this.#infoOf(nodeName).renewPod(pod);
  }

  /** As `addPod`, to be taken back by `tryRemoval` before anything else changes. */
  tryAddition(pod: PodInfo, node: NodeInfo): void {
    node.tryAddition(pod);
    this.topology.tryMove(pod, node, 1);
  }

  tryRemoval(pod: PodInfo, node: NodeInfo): void {
    node.tryRemoval(pod);
    this.topology.tryMove(pod, node, -1);
  }

  /** As if built anew, with these pods: after a trial that was cut off and not taken back. */
  rebuild(placed: Iterable<{ readonly pod: PodInfo; readonly nodeName: string }>): void {
    const nodes = this.nodes.map(({ node }) => node);
    this.#nodes.clear();
    this.#freeSlots = [];
    this.#imageNodes.clear();
    this.#mounts.clear();
    this.#order = undefined;
    this.#topology = this.#newTopology();
    for (const node of nodes) this.setNode(node);
    for (const { pod, nodeName } of placed) this.addPod(pod, nodeName);
  }

  /** True if its labels are news. */
  setNamespace(namespace: Namespace): boolean {
    const name = nameOf(namespace);
    const labels = namespace.metadata.labels ?? noLabels;
    if (deepEqual(this.#namespaces.get(name), labels)) return false;
    this.#namespaces.set(name, labels);
    this.topology.namespaceChanged();
    return true;
  }

  removeNamespace(name: string): void {
    if (this.#namespaces.delete(name)) this.topology.namespaceChanged();
  }

  #countMounts({ claims }: PodInfo, by: 1 | -1): void {
    for (const key of claims) {
      const count = this.mountsOf(key) + by;
      if (count === 0) this.#mounts.delete(key);
      else this.#mounts.set(key, count);
    }
  }

  #countImages(info: NodeInfo, by: 1 | -1): void {
    for (const name of info.images.keys()) {
      const count = this.nodesWithImage(name) + by;
      if (count === 0) this.#imageNodes.delete(name);
      else this.#imageNodes.set(name, count);
    }
  }

  #infoOf(name: string): NodeInfo {
    let info = this.#nodes.get(name);
    if (info === undefined) {
      info = new NodeInfo(name, this.#freeSlots.pop() ?? this.#nodes.size);
      this.#nodes.set(name, info);
    }
    return info;
  }

  /** A removed node is remembered as long as pods are known on it: it may come back. */
  #forgetIfEmpty(info: NodeInfo): void {
    if (info.known || info.pods.size > 0) return;
    this.#nodes.delete(info.name);
    this.#freeSlots.push(info.slot);
  }
}

/** Whether counters may see the node differently: heartbeats must cost nothing. */
function topologyChanged(old: Node, node: Node): boolean {
  return !(
    deepEqual(old.metadata.labels, node.metadata.labels) &&
    deepEqual(old.spec.taints, node.spec.taints) &&
    old.spec.unschedulable === node.spec.unschedulable
  );
}
