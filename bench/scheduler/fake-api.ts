/**
 * The least API server a scheduler can run against, in its own process and as good as free: what
 * is measured then is the scheduler alone, its processor time and its memory. Objects are parsed
 * from text one by one, as they would be off a socket.
 */
import type { Draft, KubernetesList, KubernetesObject } from '../../api/meta.ts';
import { keyOf } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import { statusError } from '../../api/status.ts';
import type { Binding, Pod } from '../../api/types/core-v1.ts';
import type {
  Client,
  DeleteOptions,
  ObjectRef,
  PatchType,
  WatchEvent,
  WatchOptions,
} from '../../client/interface.ts';

type Listener = (event: WatchEvent<KubernetesObject>) => void;

interface Collection {
  readonly objects: Map<string, KubernetesObject>;
  readonly listeners: Set<Listener>;
}

const keyOfRef = ({ namespace, name }: ObjectRef): string =>
  namespace === undefined ? name : `${namespace}/${name}`;

/** Requests answer in a later turn of the event loop, all of one turn together. */
const answer = <T>(value: T): Promise<T> =>
  new Promise((resolve) => setImmediate(() => resolve(value)));

export class FakeApi implements Client {
  readonly #collections = new Map<string, Collection>();
  #version = 0;

  #of(resource: string): Collection {
    let collection = this.#collections.get(resource);
    if (collection === undefined) {
      collection = { objects: new Map(), listeners: new Set() };
      this.#collections.set(resource, collection);
    }
    return collection;
  }

  #write(resource: string, type: 'ADDED' | 'MODIFIED', object: object): KubernetesObject {
    const collection = this.#of(resource);
    const stored = JSON.parse(JSON.stringify(object)) as KubernetesObject & {
      metadata: { resourceVersion: string };
    };
    stored.metadata.resourceVersion = String(++this.#version);
    collection.objects.set(keyOf(stored), stored);
    for (const listener of collection.listeners) listener({ type, object: stored });
    return stored;
  }

  async create<T extends KubernetesObject>(type: ResourceType<T>, draft: Draft<T>): Promise<T> {
    if (type.resource === 'events') return draft as T;
    const uid = `uid-${this.#version}`;
    const { kind, version, group } = type;
    const apiVersion = group === '' ? version : `${group}/${version}`;
    const creationTimestamp = '2026-01-01T00:00:00Z';
    const metadata = { ...draft.metadata, uid, creationTimestamp };
    return this.#write(type.resource, 'ADDED', { apiVersion, kind, ...draft, metadata }) as T;
  }

  async list<T extends KubernetesObject>(type: ResourceType<T>): Promise<KubernetesList<T>> {
    return {
      apiVersion: 'v1',
      kind: `${type.kind}List`,
      metadata: { resourceVersion: String(this.#version) },
      items: [...this.#of(type.resource).objects.values()] as T[],
    };
  }

  async get<T extends KubernetesObject>(type: ResourceType<T>, ref: ObjectRef): Promise<T> {
    return this.#existing(type.resource, ref) as T;
  }

  #existing(resource: string, ref: ObjectRef): KubernetesObject {
    const found = this.#of(resource).objects.get(keyOfRef(ref));
    if (found === undefined) throw statusError('NotFound', `${resource} ${ref.name} not found`);
    return found;
  }

  async watch<T extends KubernetesObject>(
    type: ResourceType<T>,
    { signal }: WatchOptions,
  ): Promise<AsyncIterable<WatchEvent<T>>> {
    const { listeners } = this.#of(type.resource);
    let pending: WatchEvent<KubernetesObject>[] = [];
    let wake: () => void = () => {};
    const listener: Listener = (event) => {
      pending.push(event);
      wake();
    };
    listeners.add(listener);
    signal.addEventListener('abort', () => wake(), { once: true });
    async function* events() {
      try {
        while (!signal.aborted) {
          const batch = pending;
          pending = [];
          for (const event of batch) yield event as WatchEvent<T>;
          if (pending.length === 0 && !signal.aborted)
            await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        listeners.delete(listener);
      }
    }
    return events();
  }

  async createSubresource(
    _type: ResourceType,
    ref: ObjectRef,
    { body }: { readonly subresource: string; readonly body: unknown },
  ): Promise<unknown> {
    const pod = this.#existing('pods', ref) as Pod;
    if (pod.spec.nodeName) throw statusError('Conflict', `pod ${ref.name} is bound already`);
    const nodeName = (body as Binding).target.name;
    this.#write('pods', 'MODIFIED', { ...pod, spec: { ...pod.spec, nodeName } });
    return answer({});
  }

  async update<T extends KubernetesObject>(type: ResourceType<T>, object: T): Promise<T> {
    return answer(this.#write(type.resource, 'MODIFIED', object) as T);
  }

  async patch<T extends KubernetesObject>(
    type: ResourceType<T>,
    ref: ObjectRef,
    { body }: { readonly type: PatchType; readonly body: unknown },
  ): Promise<T> {
    const old = this.#existing(type.resource, ref) as Pod;
    const { status } = body as { status?: object };
    const merged = { ...old, status: { ...old.status, ...status } };
    return answer(this.#write(type.resource, 'MODIFIED', merged) as T);
  }

  async delete(type: ResourceType, ref: ObjectRef, _options?: DeleteOptions): Promise<unknown> {
    const object = this.#existing(type.resource, ref);
    const { objects, listeners } = this.#of(type.resource);
    objects.delete(keyOfRef(ref));
    for (const listener of listeners) listener({ type: 'DELETED', object });
    return answer(object);
  }
}
