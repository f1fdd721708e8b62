/**
 * What the API server has, now: built-in kinds, and those that come and go while controllers run,
 * with their definitions and with the extension servers that serve them.
 */
import { compareVersions } from '../../api/api-version.ts';
import type { ResourceType } from '../../api/resource.ts';
import { apiServices } from '../../api/resources.ts';
import type { CustomResourceDefinition } from '../../api/types/apiextensions-v1.ts';
import type { APIService } from '../../api/types/apiregistration-v1.ts';
import type { InformerFactory } from '../../client/informer-factory.ts';
import type { RestClient } from '../../client/rest.ts';
import { type Clock, sleep, type Timer } from '../../platform/clock.ts';
import type { Running } from '../../platform/lifecycle.ts';
import { customResourceDefinitions, customType } from './custom-types.ts';
import { discoverVersion } from './discover.ts';

export interface ServedTypesOptions {
  readonly client: RestClient;
  readonly clock: Clock;
  readonly informers: InformerFactory;
  /** What was there at the start. */
  readonly initial: readonly ResourceType[];
}

/** A resource is there now, is there no longer, or is best asked in another version. */
export type TypeChange = (now: ResourceType | undefined, before: ResourceType | undefined) => void;

/** As Kubernetes' garbage collector and quota controller look for changes. */
const PERIOD_MS = 30_000;
/** Of one answer of an extension server: as long as kube-aggregator waits for discovery. */
const PATIENCE_MS = 5000;

export class ServedTypes implements Running {
  readonly #options: ServedTypesOptions;
  /** By "group/resource". */
  readonly #types: Map<string, ResourceType>;
  /** What extension servers serve, by "group/version". One that is away keeps what it had. */
  readonly #extensions = new Map<string, readonly ResourceType[]>();
  readonly #listeners: TypeChange[] = [];
  /** What is asked, and caches that end. */
  readonly #pending = new Set<Promise<unknown>>();
  readonly #isServed: { readonly definitions: boolean; readonly services: boolean };
  #timer: Timer | undefined;
  readonly #stopping = new AbortController();

  constructor(options: ServedTypesOptions) {
    this.#options = options;
    this.#types = new Map(options.initial.map((type) => [keyOf(type), type]));
    this.#isServed = {
      definitions: this.has(customResourceDefinitions),
      services: this.has(apiServices),
    };
  }

  list(): readonly ResourceType[] {
    return [...this.#types.values()];
  }

  has(type: ResourceType): boolean {
    return this.#types.get(keyOf(type))?.version === type.version;
  }

  /** Of a kind, in whatever version it is asked. */
  ofKind(group: string, kind: string): ResourceType | undefined {
    return this.list().find((type) => type.group === group && type.kind === kind);
  }

  /** Told of changes from now on. The cache of what was there before has ended then. */
  onChange(listener: TypeChange): void {
    this.#listeners.push(listener);
  }

  start(): void {
    const { informers } = this.#options;
    if (this.#isServed.definitions) {
      const definitions = informers.of(customResourceDefinitions);
      definitions.addHandler({
        added: (crd) => this.#define(crd, customType(crd)),
        updated: (_old, crd) => this.#define(crd, customType(crd)),
        deleted: (crd) => this.#define(crd, undefined),
      });
      definitions.start();
    }
    if (!this.#isServed.services) return;
    const services = informers.of(apiServices);
    const concerns = (service: APIService): void => {
      if (isExtension(service)) void this.#look();
    };
    services.addHandler({
      added: concerns,
      updated: (_old, service) => concerns(service),
      deleted: concerns,
    });
    services.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#timer?.cancel();
    await Promise.all(this.#pending);
  }

  /** Asks the extension servers anew. Resolves with those that could not be asked. */
  askExtensions(): Promise<ReadonlySet<string>> {
    return this.#keep(this.#ask());
  }

  #keep<T>(work: Promise<T>): Promise<T> {
    this.#pending.add(work);
    return work.finally(() => this.#pending.delete(work));
  }

  async #look(): Promise<void> {
    this.#timer?.cancel();
    await this.askExtensions();
    this.#timer?.cancel();
    if (this.#stopping.signal.aborted || preferredExtensions(this.#services()).length === 0) return;
    this.#timer = this.#options.clock.after(PERIOD_MS, () => void this.#look());
  }

  /** Never rejects. */
  async #ask(): Promise<ReadonlySet<string>> {
    const failed = new Set<string>();
    const asked = preferredExtensions(this.#services());
    const answers = await Promise.all(
      asked.map(async (groupVersion) => {
        const types = await this.#typesOf(groupVersion).catch(() => undefined);
        if (types === undefined) failed.add(groupVersion);
        return [groupVersion, types] as const;
      }),
    );
    if (this.#stopping.signal.aborted) return failed;
    for (const [groupVersion, types] of answers)
      if (types !== undefined) this.#extend(groupVersion, types);
    const wanted = new Set(preferredExtensions(this.#services()));
    for (const groupVersion of [...this.#extensions.keys()])
      if (!wanted.has(groupVersion)) this.#extend(groupVersion, undefined);
    return failed;
  }

  #services(): readonly APIService[] {
    return this.#isServed.services ? this.#options.informers.of(apiServices).lister.list() : [];
  }

  async #typesOf(groupVersion: string): Promise<readonly ResourceType[]> {
    const { client, clock } = this.#options;
    const answered = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, answered.signal]);
    const late = sleep(clock, PATIENCE_MS, signal).then(() => {
      throw new Error(`${groupVersion} does not answer`);
    });
    try {
      return await Promise.race([discoverVersion(client, groupVersion), late]);
    } finally {
      answered.abort();
    }
  }

  #extend(groupVersion: string, types: readonly ResourceType[] | undefined): void {
    const before = this.#extensions.get(groupVersion) ?? [];
    if (types === undefined) this.#extensions.delete(groupVersion);
    else this.#extensions.set(groupVersion, types);
    const kept = new Set((types ?? []).map(keyOf));
    for (const type of before) if (!kept.has(keyOf(type))) this.#set(keyOf(type), undefined, type);
    for (const type of types ?? []) this.#set(keyOf(type), type);
  }

  /** Kinds come and go with their definitions, and change the version they are best asked in. */
  #define({ spec }: CustomResourceDefinition, type: ResourceType | undefined): void {
    this.#set(`${spec.group}/${spec.names.plural}`, type);
  }

  /** With `only`, if that is the type there is. */
  #set(key: string, type: ResourceType | undefined, only?: ResourceType): void {
    const known = this.#types.get(key);
    if (known?.version === type?.version && known?.kind === type?.kind) return;
    if (only !== undefined && known?.version !== only.version) return;
    if (type === undefined) this.#types.delete(key);
    else this.#types.set(key, type);
    if (known !== undefined) void this.#keep(this.#options.informers.forget(known));
    for (const listener of this.#listeners) listener(type, known);
  }
}

const keyOf = ({ group, resource }: ResourceType): string => `${group}/${resource}`;

const isExtension = ({ spec }: APIService): boolean => spec.service !== undefined;

/** "group/version": of each group the version with the highest priority, as in discovery. */
function preferredExtensions(services: readonly APIService[]): readonly string[] {
  const versions = new Map<string, APIService>();
  for (const service of services.filter(isExtension)) {
    const { group = '', version = '', versionPriority } = service.spec;
    const best = versions.get(group)?.spec;
    const isBetter =
      best === undefined ||
      versionPriority > best.versionPriority ||
      (versionPriority === best.versionPriority &&
        compareVersions(version, best.version ?? '') < 0);
    if (isBetter) versions.set(group, service);
  }
  return [...versions.values()].map(({ spec }) => `${spec.group}/${spec.version}`).sort();
}
