import { nameOf } from '../../api/meta.ts';
import { portsConflict, type HostPort } from '../../api/scheduling/host-ports.ts';
import {
  noResources,
  type Resources,
  resourcesOf,
  ResourceTotals,
} from '../../api/scheduling/requests.ts';
import { wholeValue } from '../../api/quantity.ts';
import { assert } from '../../platform/assert.ts';
import type { Node } from '../../api/types/core-v1.ts';
import type { PodInfo } from './pod-info.ts';

const noImages: ReadonlyMap<string, number> = new Map();

function imagesOf(node: Node | undefined): ReadonlyMap<string, number> {
  const listed = node?.status?.images;
  if (listed === undefined || listed.length === 0) return noImages;
  const sizes = new Map<string, number>();
  // A list that Go has nothing in is null.
  for (const { names, sizeBytes = 0 } of listed)
    for (const name of names ?? []) sizes.set(name, sizeBytes);
  return sizes;
}

/**
 * One node as plugins see it: the object, and what the pods on it (assumed ones included) add up
 * to. Owned by the scheduler's cache; plugins only read it.
 */
export class NodeInfo {
  readonly name: string;
  /** A small number that no other node of the cluster has meanwhile: an index of arrays. */
  readonly slot: number;
  /** Undefined while pods are known on a node that is not (yet, or any more) in the cache. */
  #node: Node | undefined;
  #allocatable: Resources = noResources;
  #allowedPods = 0;
  #images: ReadonlyMap<string, number> = noImages;
  readonly #pods = new Map<string, PodInfo>();
  readonly #requested = new ResourceTotals();
  readonly #scoringRequested = new ResourceTotals();
  readonly #hostPorts = new Map<string, readonly HostPort[]>();
  #version = 0;

  constructor(name: string, slot: number) {
    this.name = name;
    this.slot = slot;
  }

  get node(): Node {
    assert(this.#node !== undefined, `node ${this.name} is not in the cache`);
    return this.#node;
  }

  get known(): boolean {
    return this.#node !== undefined;
  }

  /** Another number after each change of the node, what is on it or meant for it; not on trial. */
  get version(): number {
    return this.#version;
  }

  /** Something changed that its owner knows of. */
  touch(): void {
    this.#version++;
  }

  get allocatable(): Resources {
    return this.#allocatable;
  }

  get allowedPods(): number {
    return this.#allowedPods;
  }

  /** Size in bytes of the images that the node has, by each of their names. */
  get images(): ReadonlyMap<string, number> {
    return this.#images;
  }

  get pods(): ReadonlyMap<string, PodInfo> {
    return this.#pods;
  }

  get requested(): Resources {
    return this.#requested;
  }

  get scoringRequested(): Resources {
    return this.#scoringRequested;
  }

  setNode(node: Node | undefined): void {
    assert(node === undefined || nameOf(node) === this.name, 'another node');
    this.#version++;
    this.#node = node;
    const allocatable = node?.status?.allocatable;
    this.#allocatable = resourcesOf(allocatable);
    this.#allowedPods = wholeValue(allocatable?.['pods'] ?? 0);
    this.#images = imagesOf(node);
  }

  addPod(pod: PodInfo): void {
    assert(!this.#pods.has(pod.uid), `pod ${pod.key} is on node ${this.name} already`);
    this.#version++;
    this.tryAddition(pod);
    this.#scoringRequested.add(pod.scoringRequests, 1);
  }

  removePod(uid: string): void {
    const pod = this.#pods.get(uid);
    assert(pod !== undefined, `no pod ${uid} on node ${this.name}`);
    this.#version++;
    this.tryRemoval(pod);
    this.#scoringRequested.add(pod.scoringRequests, -1);
  }

  /** In place of an earlier state that asks for the same; {@link version} stays. */
  renewPod(pod: PodInfo): void {
    assert(this.#pods.has(pod.uid), `no pod ${pod.uid} on node ${this.name}`);
    this.#pods.set(pod.uid, pod);
  }

  /** As `addPod`, for filters only, and to be taken back: nothing is scored meanwhile. */
  tryAddition(pod: PodInfo): void {
    this.#pods.set(pod.uid, pod);
    this.#requested.add(pod.requests, 1);
    if (pod.hostPorts.length > 0) this.#hostPorts.set(pod.uid, pod.hostPorts);
  }

  /** The pod is on the node. */
  tryRemoval(pod: PodInfo): void {
    this.#pods.delete(pod.uid);
    this.#requested.add(pod.requests, -1);
    if (pod.hostPorts.length > 0) this.#hostPorts.delete(pod.uid);
  }

  /** True if a pod on this node holds one of the ports. */
  holdsAny(ports: readonly HostPort[]): boolean {
    for (const held of this.#hostPorts.values())
      if (held.some((a) => ports.some((b) => portsConflict(a, b)))) return true;
    return false;
  }
}
