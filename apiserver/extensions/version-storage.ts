/**
 * The objects of a custom resource in one of several versions. All versions share what is stored:
 * each object is kept in the version that was the storage version when it was written, and is
 * converted for whoever speaks another. Each state of an object is converted once per version.
 */
import { deepCopy } from '../../api/deep.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { apiVersionOf, type ResourceType } from '../../api/resource.ts';
import { pruneStored } from '../../api/structural/custom-object.ts';
import { pruneNulls } from '../../api/structural/defaulting.ts';
import type { VersionParameters } from '../storage/list-options.ts';
import type { ListPage } from '../storage/list-page.ts';
import type { ObjectStorage, ObjectWatcher, WatchParameters } from '../storage/object-storage.ts';
import { type Predicate, type Scope, type Selectable, selectable } from '../storage/predicate.ts';
import { ResourceCodec } from '../storage/resource-codec.ts';
import type { ResourceStorage } from '../storage/resource-storage.ts';
import { StoredObject } from '../storage/stored-object.ts';
import { WatchEvent, type WatchItem } from '../storage/watch-event.ts';
import type { Created, Decide, Outcome, Writer } from '../storage/write.ts';
import type { Converter } from './conversion.ts';
import type { VersionSchema } from './version-schema.ts';

export interface VersionStorageOptions {
  readonly base: ResourceStorage;
  readonly type: ResourceType;
  readonly storageType: ResourceType;
  readonly schema: VersionSchema;
  readonly converter: Converter;
  /** Makes, in place, of an object that was converted to the storage version… */
  readonly converted: {
    /** …what is written. */
    readonly prepare: (object: Mutable<KubernetesObject>) => void;
    /** …what a read of it would show. */
    readonly settle: (object: Mutable<KubernetesObject>) => void;
  };
}

export class VersionStorage implements ObjectStorage {
  readonly writer: Writer;
  readonly dryRun: Writer;
  readonly #base: ResourceStorage;
  readonly #converter: Converter;
  readonly #schema: VersionSchema;
  readonly #apiVersion: string;
  readonly #codec: ResourceCodec;
  readonly #known = new WeakMap<StoredObject, Promise<StoredObject>>();

  constructor(options: VersionStorageOptions) {
    const { base, type, storageType, converter } = options;
    this.#base = base;
    this.#converter = converter;
    this.#schema = options.schema;
    this.#apiVersion = apiVersionOf(type);
    this.#codec = new ResourceCodec(type);
    const stored = apiVersionOf(storageType);
    const viewsWith = (finish: (object: Mutable<KubernetesObject>) => void): Views => ({
      seen: async (object: StoredObject) => (await this.#seen([object]))[0]!,
      stored: async (object: Mutable<KubernetesObject>) => {
        if (stored === this.#apiVersion) return object;
        const [converted] = await converter.convert([object], stored);
        const copy = deepCopy(converted!) as Mutable<KubernetesObject>;
        finish(copy);
        return copy;
      },
    });
    this.writer = new VersionWriter(base.writer, viewsWith(options.converted.prepare));
    this.dryRun = new VersionWriter(base.dryRun, viewsWith(options.converted.settle));
  }

  get revision(): number {
    return this.#base.revision;
  }

  async get(
    at: { readonly namespace: string; readonly name: string },
    resourceVersion: string,
  ): Promise<StoredObject | undefined> {
    const object = await this.#base.get(at, resourceVersion);
    return object && (await this.#seen([object]))[0];
  }

  /** Where only a webhook knows what an object looks like, selectors thin out the pages. */
  async list(scope: Scope, parameters: VersionParameters): Promise<ListPage> {
    const { predicate } = scope;
    const { now } = this.#converter;
    if (predicate === undefined || now !== undefined) {
      const page = await this.#base.list(this.#scope(scope), parameters);
      return { ...page, objects: await this.#seen(page.objects) };
    }
    const { remaining: _unknown, ...page } = await this.#base.list(
      { namespace: scope.namespace },
      parameters,
    );
    const objects = await this.#seen(page.objects);
    return { ...page, objects: objects.filter((object) => predicate.matches(object)) };
  }

  async watch(scope: Scope, parameters: WatchParameters): Promise<ObjectWatcher> {
    const { predicate, namespace } = scope;
    const see = async (object: StoredObject) => (await this.#seen([object]))[0]!;
    if (predicate === undefined || this.#converter.now !== undefined) {
      const watcher = await this.#base.watch(this.#scope(scope), parameters);
      return new VersionWatcher(watcher, { see });
    }
    const watcher = await this.#base.watch({ namespace }, parameters);
    const { resourceVersion, sendInitialEvents } = parameters;
    const fromState = sendInitialEvents === true || /^0?$/.test(resourceVersion);
    return new VersionWatcher(watcher, { see, predicate, fromState });
  }

  /** Selectors are about what the client sees. */
  #scope(scope: Scope): Scope {
    const { predicate } = scope;
    const { now } = this.#converter;
    if (predicate === undefined || now === undefined) return scope;
    const matches = (object: Selectable): boolean =>
      predicate.matches(
        object.value.apiVersion === this.#apiVersion
          ? object
          : selectable(now(object.value, this.#apiVersion)),
      );
    return { ...scope, predicate: { name: predicate.name, matches } };
  }

  /** Those in another version are converted together. */
  async #seen(objects: readonly StoredObject[]): Promise<readonly StoredObject[]> {
    const missing = objects.filter(
      (object) => object.value.apiVersion !== this.#apiVersion && !this.#known.has(object),
    );
    if (missing.length > 0) {
      const values = missing.map(({ value }) => value);
      const converting = this.#converter.convert(values, this.#apiVersion);
      for (const [i, object] of missing.entries()) {
        const seen = converting.then((converted) => this.#view(object, converted[i]!));
        this.#known.set(object, seen);
        // A failure is this request's; the next one asks again.
        seen.catch(() => this.#known.delete(object));
      }
    }
    return Promise.all(objects.map(async (object) => (await this.#known.get(object)) ?? object));
  }

  #view(of: StoredObject, converted: KubernetesObject): StoredObject {
    const { object } = pruneStored({ ...converted }, this.#schema.root);
    pruneNulls(object, this.#schema.root);
    const value = object as unknown as KubernetesObject;
    return StoredObject.seen(this.#codec, { value, revision: of.revision });
  }
}

interface Views {
  readonly seen: (object: StoredObject) => Promise<StoredObject>;
  readonly stored: (object: Mutable<KubernetesObject>) => Promise<Mutable<KubernetesObject>>;
}

/** Writes in the storage version what was decided in another. */
class VersionWriter implements Writer {
  readonly #base: Writer;
  readonly #views: Views;

  constructor(base: Writer, views: Views) {
    this.#base = base;
    this.#views = views;
  }

  async create(suffix: string, object: Mutable<KubernetesObject>): Promise<Created> {
    const answer = await this.#base.create(suffix, await this.#views.stored(object));
    if ('created' in answer) return { created: await this.#views.seen(answer.created) };
    return { existing: answer.existing && (await this.#views.seen(answer.existing)) };
  }

  async transact(suffix: string, decide: Decide): Promise<Outcome> {
    const outcome = await this.#base.transact(suffix, async (current) => {
      const decision = await decide(current && (await this.#views.seen(current)));
      if (decision.type !== 'put') return decision;
      return { type: 'put', object: await this.#views.stored(decision.object) };
    });
    return { ...outcome, object: outcome.object && (await this.#views.seen(outcome.object)) };
  }
}

interface Watching {
  readonly see: (object: StoredObject) => Promise<StoredObject>;
  /** Set if it can be asked only once an object is converted. */
  readonly predicate?: Predicate;
  /** The watch began with everything there is. */
  readonly fromState?: boolean;
}

class VersionWatcher implements ObjectWatcher {
  readonly #watcher: ObjectWatcher;
  readonly #watching: Watching;
  /** What the client has seen and not seen go. */
  readonly #shown = new Set<string>();

  constructor(watcher: ObjectWatcher, watching: Watching) {
    this.#watcher = watcher;
    this.#watching = watching;
  }

  async next(): Promise<IteratorResult<WatchItem>> {
    for (;;) {
      const item = await this.#watcher.next();
      if (item.done === true || item.value.type === 'BOOKMARK') return item;
      const event = item.value;
      const object = await this.#watching.see(event.object);
      const type = this.#typeOf(event.type, object);
      if (type === undefined) continue;
      const same = object === event.object && type === event.type;
      return { done: false, value: same ? event : new WatchEvent(type, object) };
    }
  }

  /** Whether objects enter and leave depends on the selector. */
  #typeOf(type: WatchEvent['type'], object: StoredObject): WatchEvent['type'] | undefined {
    const { predicate, fromState } = this.#watching;
    if (predicate === undefined) return type;
    const { namespace = '', name = '' } = object.value.metadata;
    const key = `${namespace}/${name}`;
    const is = type !== 'DELETED' && predicate.matches(object);
    // A client that goes on from an earlier watch may know what this one has not shown.
    const was = this.#shown.has(key) || (fromState !== true && type !== 'ADDED');
    if (!is) {
      this.#shown.delete(key);
      return was ? 'DELETED' : undefined;
    }
    const first = !this.#shown.has(key) && (fromState === true || type === 'ADDED');
    this.#shown.add(key);
    return first ? 'ADDED' : 'MODIFIED';
  }

  async return(): Promise<IteratorResult<WatchItem>> {
    await this.#watcher.return?.();
    return { done: true, value: undefined };
  }

  bookmark(revision: number): void {
    this.#watcher.bookmark(revision);
  }

  end(): void {
    this.#watcher.end();
  }
}
