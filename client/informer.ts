/** The informer: a reflector that fills an indexer and tells handlers what changed. */
import { type KubernetesObject, keyOf } from '../api/meta.ts';
import type { ResourceType } from '../api/resource.ts';
import { assert } from '../platform/assert.ts';
import { deepFreeze } from '../api/deep.ts';
import { type IndexFunction, Indexer } from './indexer.ts';
import type { Informer, InformerHandler, Lister } from './informer-interface.ts';
import type { WatchEvent } from './interface.ts';
import { Reflector, type ReflectorEffects, type Selection } from './reflector.ts';

export interface InformerOptions extends ReflectorEffects, Selection {
  /** Freezes every cached object deeply, so that a handler that changes one throws. For tests. */
  readonly freeze?: boolean;
  /** What the cache keeps of an object. Default: all of it. */
  readonly keep?: (object: KubernetesObject) => KubernetesObject;
}

/** A list that fails so often in a row fails for more than a moment. */
const TRIES = 3;

class InformerStoppedError extends Error {
  override readonly name = 'InformerStoppedError';
}

export function createInformer<T extends KubernetesObject>(
  type: ResourceType<T>,
  options: InformerOptions,
): Informer<T> {
  return new ReflectedInformer(type, options);
}

class ReflectedInformer<T extends KubernetesObject> implements Informer<T> {
  readonly #type: ResourceType<T>;
  readonly #indexer = new Indexer<T>();
  readonly #reflector: Reflector<T>;
  readonly #freeze: boolean;
  readonly #keep: InformerOptions['keep'];
  readonly #handlers = new Set<InformerHandler<T>>();
  readonly #synced: Promise<void>;
  readonly #failed: Promise<void>;
  #settle!: { resolve: () => void; reject: (error: Error) => void };
  #state: 'new' | 'started' | 'synced' | 'stopped' = 'new';

  constructor(type: ResourceType<T>, options: InformerOptions) {
    this.#type = type;
    this.#synced = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    let giveUp = (): void => {};
    this.#failed = new Promise((resolve) => (giveUp = resolve));
    // Nobody has to wait for the sync: its failure then is no unhandled one.
    this.#synced.catch(() => {});
    this.#freeze = options.freeze ?? false;
    this.#keep = options.keep;
    const { client, clock, random, logger } = options;
    this.#reflector = new Reflector(type, {
      client,
      clock,
      random,
      logger,
      selection: selectionOf(options),
      sink: {
        replace: (items) => this.#replace(items),
        apply: (event) => this.#apply(event),
        failed: (times) => {
          if (times >= TRIES) giveUp();
        },
      },
    });
  }

  get lister(): Lister<T> {
    return this.#indexer;
  }

  get position(): number {
    return this.#reflector.position;
  }

  get synced(): boolean {
    return this.#state === 'synced';
  }

  whenSynced(): Promise<void> {
    return this.#synced;
  }

  whenTried(): Promise<void> {
    return Promise.race([this.#synced, this.#failed]);
  }

  addIndex(name: string, of: IndexFunction<T>): void {
    assert(this.#state === 'new', `index ${name} added to ${this.#type.resource} after its start`);
    this.#indexer.addIndex(name, of);
  }

  addHandler(handler: InformerHandler<T>): () => void {
    this.#handlers.add(handler);
    for (const object of this.#indexer.list()) handler.added?.(object);
    return () => this.#handlers.delete(handler);
  }

  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'started';
    this.#reflector.start();
  }

  async stop(): Promise<void> {
    if (this.#state !== 'synced') {
      const message = `the informer of ${this.#type.resource} stopped before its first list`;
      this.#settle.reject(new InformerStoppedError(message));
    }
    this.#state = 'stopped';
    await this.#reflector.stop();
  }

  #replace(items: readonly T[]): void {
    const gone = new Set(this.#indexer.keys());
    for (const item of items) {
      gone.delete(keyOf(item));
      this.#set(item);
    }
    for (const key of gone) this.#delete(key);
    if (this.#state !== 'started') return;
    this.#state = 'synced';
    this.#settle.resolve();
  }

  #apply(event: WatchEvent<T>): void {
    if (event.type === 'BOOKMARK') return;
    if (event.type === 'DELETED') this.#delete(keyOf(event.object), event.object);
    else this.#set(event.object);
  }

  #set(sent: T): void {
    const object = this.#keep === undefined ? sent : (this.#keep(sent) as T);
    if (this.#freeze) deepFreeze(object);
    const key = keyOf(object);
    const known = this.#indexer.get(key);
    // A list repeats what the cache has: no news.
    if (known !== undefined && sameVersion(known, object)) return;
    if (known !== undefined && known.metadata.uid !== object.metadata.uid) {
      // Deleted and created again while nobody watched.
      this.#delete(key);
    }
    const old = this.#indexer.set(key, object);
    for (const handler of this.#handlers) {
      if (old === undefined) handler.added?.(object);
      else handler.updated?.(old, object);
    }
  }

  #delete(key: string, last?: T): void {
    const old = this.#indexer.delete(key);
    if (old === undefined) return;
    for (const handler of this.#handlers) handler.deleted?.(last ?? old, old);
  }
}

function sameVersion(a: KubernetesObject, b: KubernetesObject): boolean {
  return (
    a.metadata.resourceVersion !== undefined &&
    a.metadata.resourceVersion === b.metadata.resourceVersion &&
    a.metadata.uid === b.metadata.uid
  );
}

function selectionOf(options: Selection): Selection {
  const { namespace, labelSelector, fieldSelector } = options;
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}
