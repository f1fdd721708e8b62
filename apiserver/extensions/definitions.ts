/**
 * Custom resources. In: the CustomResourceDefinitions in the store, as they come and go. Out: what
 * they define, served like every other kind, without a restart; their status; and, when one is
 * deleted, the end of its objects.
 *
 * Level, not edge: each definition is looked at anew until it is as it ought to be. Any number of
 * servers on one store do the same and come to the same.
 */
import type { Mutable } from '../../api/meta.ts';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames as Names,
  CustomResourceDefinitionStatus as Status,
} from '../../api/types/apiextensions-v1.ts';
import type { GroupVersionKind } from '../../api/schema/table.ts';
import type { Json } from '../../api/structural/schema.ts';
import { type Clock, sleep, type Timer } from '../../platform/clock.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Registry } from '../registry/registry.ts';
import type { ResourceStorage } from '../storage/resource-storage.ts';
import type { Storage } from '../storage/storage.ts';
import type { StoredObject } from '../storage/stored-object.ts';
import { isTrue } from '../registry/kinds/extensions/conditions.ts';
import { cleanUp, CLEANUP_FINALIZER } from './cleanup.ts';
import { type Conversion, Installation } from './installation.ts';
import { acceptNames, takenBy } from './names.ts';
import { kindKey, type ServedVersion } from './served-version.ts';

/** Definitions worked on at once. */
const CONCURRENCY = 8;
/** First and longest wait before a definition, or the watch of them, is tried again. */
const RETRY_MS = { first: 100, longest: 5_000 } as const;

/** What OpenAPI is made of. */
export interface CustomSchema {
  readonly plural: string;
  readonly schema: Json;
  /** Paths of the fields that a field selector may name. */
  readonly selectable: readonly string[];
}

export interface CustomResourcesOptions {
  readonly storage: Storage;
  readonly registry: Registry;
  /** Where the definitions themselves are. */
  readonly definitions: ResourceStorage;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly conversion: Conversion;
  /** Called after what is served has changed. */
  readonly changed: () => void;
}

type Stored = StoredObject<CustomResourceDefinition>;

/** What is remembered of a definition; the definition itself stays in the cache, as bytes. */
interface Known {
  readonly group: string;
  /** Its names, or those it is about to be given. */
  readonly names: Names | undefined;
  readonly installation: Installation | undefined;
  /** Discovery tells of it: as in Kubernetes not before its status says that it is established. */
  readonly announced: boolean;
}

export class CustomResources implements Running {
  readonly #options: CustomResourcesOptions;
  readonly #known = new Map<string, Known>();
  readonly #dirty = new Set<string>();
  readonly #busy = new Set<string>();
  readonly #retries = new Map<string, { waitMs: number; timer: Timer }>();
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #synced: Promise<void>;
  #resolveSynced: () => void = () => {};
  #listed = false;
  #following: Promise<void> | undefined;
  #watcher: { end(): void } | undefined;

  constructor(options: CustomResourcesOptions) {
    this.#options = options;
    this.#synced = new Promise((resolve) => (this.#resolveSynced = resolve));
  }

  /** Resolves once every definition found at the start is served. */
  synced(): Promise<void> {
    return this.#synced;
  }

  /** Every version of every custom resource that is served and established. */
  *served(): Generator<ServedVersion> {
    for (const { installation, announced } of this.#known.values())
      if (installation !== undefined && announced) yield* installation.versions;
  }

  /** What OpenAPI says of a kind. */
  schemaOf(kind: GroupVersionKind): CustomSchema | undefined {
    const key = kindKey(kind);
    for (const { declaration, schema } of this.served()) {
      if (kindKey(declaration.type) !== key) continue;
      const { type, selectableFields = {} } = declaration;
      const selectable = Object.keys(selectableFields);
      return { plural: type.resource, schema: schema.json, selectable };
    }
    return undefined;
  }

  start(): void {
    this.#following ??= this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#watcher?.end();
    for (const { timer } of this.#retries.values()) timer.cancel();
    await Promise.all([this.#following, ...this.#running]);
    this.#resolveSynced();
  }

  /** Watches the definitions; each one that comes, changes or goes is looked at. */
  async #follow(): Promise<void> {
    const { definitions, clock, logger } = this.#options;
    const { signal } = this.#stopping;
    let waitMs: number = RETRY_MS.first;
    while (!signal.aborted) {
      try {
        const watcher = await definitions.watch(
          { namespace: '' },
          {
            resourceVersion: '',
            resourceVersionMatch: 'NotOlderThan',
            sendInitialEvents: true,
            allowBookmarks: true,
          },
        );
        this.#watcher = watcher;
        if (signal.aborted) watcher.end();
        for (const name of this.#known.keys()) this.#add(name);
        for await (const item of watcher) {
          waitMs = RETRY_MS.first;
          if (item.type !== 'BOOKMARK') this.#add(item.object.value.metadata.name!);
          else if (item.initialEventsEnd) {
            this.#listed = true;
            this.#pump();
          }
        }
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ error }, 'watch of the custom resource definitions lost');
      }
      if (signal.aborted) return;
      await sleep(clock, waitMs, signal);
      waitMs = Math.min(waitMs * 2, RETRY_MS.longest);
    }
  }

  #add(name: string): void {
    this.#dirty.add(name);
    this.#pump();
  }

  /** Starts what waits, as far as there is room; says so when all found at the start is done. */
  #pump(): void {
    if (this.#stopping.signal.aborted) return;
    for (const name of this.#dirty) {
      if (this.#running.size >= CONCURRENCY) return;
      if (this.#busy.has(name)) continue;
      this.#dirty.delete(name);
      this.#busy.add(name);
      const attempt = this.#attempt(name).finally(() => {
        this.#busy.delete(name);
        this.#running.delete(attempt);
        this.#pump();
      });
      this.#running.add(attempt);
    }
    if (this.#listed && this.#running.size === 0) this.#resolveSynced();
  }

  async #attempt(name: string): Promise<void> {
    try {
      const done = await this.#reconcile(name);
      if (!done) return this.#again(name);
      this.#retries.get(name)?.timer.cancel();
      this.#retries.delete(name);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#options.logger.warn({ error, name }, 'cannot serve a custom resource yet');
      this.#again(name);
    }
  }

  #again(name: string): void {
    if (this.#stopping.signal.aborted) return;
    const before = this.#retries.get(name);
    before?.timer.cancel();
    const doubled = before === undefined ? RETRY_MS.first : before.waitMs * 2;
    const waitMs = Math.min(doubled, RETRY_MS.longest);
    const timer = this.#options.clock.after(waitMs, () => this.#add(name));
    this.#retries.set(name, { waitMs, timer });
  }

  #stored(name: string): Stored | undefined {
    return this.#options.definitions.cached('', name) as Stored | undefined;
  }

  /** False if the definition is to be looked at again after a while. */
  async #reconcile(name: string): Promise<boolean> {
    const stored = this.#stored(name);
    if (stored === undefined) {
      this.#forget(name);
      return true;
    }
    const crd = stored.value;
    const status = this.#statusOf(name, crd);
    // Served first: who is told that it is established may use it at once. Announced last: who
    // finds it in discovery may change the definition without a conflict with us.
    const changed = await this.#install(name, { ...crd, status });
    if (status !== crd.status) await this.#writeStatus(name);
    this.#announce(name, changed);
    const { deletionTimestamp, finalizers } = crd.metadata;
    if (deletionTimestamp === undefined || !finalizers?.includes(CLEANUP_FINALIZER)) return true;
    const { definitions, clock } = this.#options;
    const installation = this.#known.get(name)?.installation;
    return cleanUp({ crd, installation, definitions, clock });
  }

  /** As it ought to be. From now on others may not have its names, though that is not written. */
  #statusOf(name: string, crd: CustomResourceDefinition): Status {
    const status = acceptNames(crd, takenBy(this.#namesBeside(crd)), this.#options.clock.now());
    const { installation, announced = false } = this.#known.get(name) ?? {};
    const { group } = crd.spec;
    this.#known.set(name, { group, names: status.acceptedNames, installation, announced });
    return status;
  }

  async #writeStatus(name: string): Promise<void> {
    await this.#options.definitions.writer.transact(name, (stored) => {
      const crd = stored?.value as CustomResourceDefinition | undefined;
      if (crd === undefined) return { type: 'keep' };
      const status = this.#statusOf(name, crd);
      if (status === crd.status) return { type: 'keep' };
      const object = { ...crd, metadata: { ...crd.metadata }, status };
      return { type: 'put', object: object as Mutable<CustomResourceDefinition> };
    });
  }

  /** Names that other definitions of the group have been given. */
  #namesBeside({ metadata, spec }: CustomResourceDefinition): Names[] {
    const others: Names[] = [];
    for (const [name, { group, names }] of this.#known)
      if (group === spec.group && name !== metadata.name && names !== undefined) others.push(names);
    return others;
  }

  /** True if that changed what is served. */
  async #install(name: string, crd: CustomResourceDefinition): Promise<boolean> {
    const { registry, storage, conversion } = this.#options;
    if (!isTrue(crd, 'Established')) return false;
    const known = this.#known.get(name)!;
    const installation =
      known.installation ??
      new Installation({
        registry,
        storage,
        crd,
        conversion,
        definition: () => this.#stored(name)?.value,
      });
    this.#known.set(name, { ...known, installation });
    return installation.install(crd);
  }

  #announce(name: string, changed: boolean): void {
    const known = this.#known.get(name);
    if (known?.installation === undefined || (known.announced && !changed)) return;
    this.#known.set(name, { ...known, announced: true });
    this.#options.changed();
  }

  #forget(name: string): void {
    const known = this.#known.get(name);
    if (known === undefined) return;
    this.#known.delete(name);
    known.installation?.remove();
    this.#options.changed();
    // Others of the group may have waited for its names.
    for (const [other, { group }] of this.#known) if (group === known.group) this.#add(other);
  }
}
