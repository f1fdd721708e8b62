/**
 * What is really in the store, as it is written: every object's present and, for a while, its
 * past. The checks look at this, never at what a component believes.
 */
import type { KubernetesObject } from '../../../api/meta.ts';
import type { Deployment, ReplicaSet } from '../../../api/types/apps-v1.ts';
import type { Node, Pod } from '../../../api/types/core-v1.ts';
import type { Kv, WatchBatch } from '../../../store/kv.ts';
import type { SimTime } from '../time.ts';

export interface Change {
  /** "pods", "deployments": the last part of where the kind is stored. */
  readonly resource: string;
  /** "namespace/name", or "name". */
  readonly key: string;
  readonly atMs: number;
  readonly revision: number;
  readonly old: KubernetesObject | undefined;
  readonly current: KubernetesObject | undefined;
}

interface Version {
  readonly atMs: number;
  readonly object: KubernetesObject | undefined;
}

const REGISTRY = '/registry/';
/** Longer than anything a component believes can be out of date. */
export const MEMORY_MS = 60_000;
/** Nothing of a component's work shows in these. */
const unwatched: ReadonlySet<string> = new Set(['leases', 'events', 'ranges']);

export class Truth {
  readonly #time: SimTime;
  readonly #objects = new Map<string, Map<string, KubernetesObject>>();
  readonly #past = new Map<string, Version[]>();
  readonly #listeners: ((change: Change) => void)[] = [];
  /** Of everything, in order: what a replay must repeat. */
  hash = 0;
  changes = 0;
  /** When something was last written that counts. */
  lastChangeMs = 0;

  constructor(time: SimTime) {
    this.#time = time;
  }

  onChange(listener: (change: Change) => void): void {
    this.#listeners.push(listener);
  }

  /** Follows the store until it is closed. */
  async follow(kv: Kv): Promise<void> {
    const watch = kv.watch({ key: REGISTRY, rangeEnd: '/registry0' });
    for await (const batch of watch) this.#apply(batch);
  }

  of<T extends KubernetesObject>(resource: string): ReadonlyMap<string, T> {
    return (this.#objects.get(resource) ?? new Map()) as ReadonlyMap<string, T>;
  }

  get pods(): readonly Pod[] {
    return [...this.of<Pod>('pods').values()];
  }

  get nodes(): ReadonlyMap<string, Node> {
    return this.of<Node>('nodes');
  }

  get deployments(): readonly Deployment[] {
    return [...this.of<Deployment>('deployments').values()];
  }

  get replicaSets(): readonly ReplicaSet[] {
    return [...this.of<ReplicaSet>('replicasets').values()];
  }

  /** The states an object had within the last `withinMs`, the present one last. */
  recent<T extends KubernetesObject>(resource: string, key: string, withinMs = MEMORY_MS): T[] {
    const past = this.#past.get(`${resource}/${key}`) ?? [];
    const since = this.#time.now - withinMs;
    const from = past.findLastIndex(({ atMs }) => atMs <= since);
    return past.slice(Math.max(0, from)).flatMap(({ object }) => (object ? [object as T] : []));
  }

  /** When the object that is there now was created. */
  createdMs(resource: string, key: string): number {
    const past = this.#past.get(`${resource}/${key}`) ?? [];
    const gone = past.findLastIndex(({ object }) => object === undefined);
    return past[gone + 1]?.atMs ?? Infinity;
  }

  #apply({ events, revision }: WatchBatch): void {
    for (const { type, kv } of events) {
      this.#mix(kv.key);
      const parsed = keyOf(kv.key);
      if (parsed === undefined) continue;
      const { resource, key } = parsed;
      if (type === 'put') this.#mix(Buffer.from(kv.value).toString('latin1'));
      if (unwatched.has(resource)) continue;
      const objects = this.#objects.get(resource) ?? new Map<string, KubernetesObject>();
      this.#objects.set(resource, objects);
      const old = objects.get(key);
      const current = type === 'put' ? decode(kv.value, revision) : undefined;
      if (current === undefined) objects.delete(key);
      else objects.set(key, current);
      this.#remember(`${resource}/${key}`, current);
      this.changes++;
      this.lastChangeMs = this.#time.now;
      const change = { resource, key, atMs: this.#time.now, revision, old, current };
      for (const listener of this.#listeners) listener(change);
    }
  }

  #remember(name: string, object: KubernetesObject | undefined): void {
    const past = this.#past.get(name) ?? [];
    past.push({ atMs: this.#time.now, object });
    this.#past.set(name, past);
  }

  /** FNV-1a over everything that was written, with its time. */
  #mix(text: string): void {
    let hash = this.hash ^ Math.floor(this.#time.now);
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    this.hash = hash >>> 0;
  }
}

/** "/registry/pods/ns/name", "/registry/services/specs/ns/name", "/registry/minions/name". */
function keyOf(key: string): { resource: string; key: string } | undefined {
  const [resource = '', ...rest] = key.slice(REGISTRY.length).split('/');
  if (resource === 'services')
    return { resource: `services/${rest[0]}`, key: rest.slice(1).join('/') };
  if (resource === 'minions') return { resource: 'nodes', key: rest.join('/') };
  return { resource, key: rest.join('/') };
}

function decode(value: Uint8Array, revision: number): KubernetesObject {
  const object = JSON.parse(Buffer.from(value).toString()) as KubernetesObject;
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}
