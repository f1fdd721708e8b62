/**
 * Groups that other servers serve (https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/):
 * an APIService with a service sends requests for its group version there. In: APIServices,
 * Services and EndpointSlices as the watch cache has them. Out: proxied requests, the Available
 * condition, what discovery tells; and an APIService for each group version of custom resources.
 */
import { formatTime } from '../../api/time.ts';
import { resourcePath } from '../../api/resource.ts';
import type { APIService, APIServiceCondition } from '../../api/types/apiregistration-v1.ts';
import type { Service } from '../../api/types/core-v1.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import type { HttpResponse } from '../../platform/net/http.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import { Metrics } from '../../platform/metrics/metrics.ts';
import type { ObjectSource } from '../authz/object-source.ts';
import { CUSTOM_PRIORITY } from '../discovery/group-priorities.ts';
import type { SelfClient } from '../bootstrap/self-client.ts';
import { fingerprint } from '../discovery/hash.ts';
import type { RemoteVersion } from '../discovery/remote.ts';
import { type RemoteSwagger, remoteSwagger } from '../discovery/remote-swagger.ts';
import type { PipelineRequest } from '../pipeline/api-request.ts';
import { apiService } from '../registry/kinds/apiregistration/apiservice.ts';
import { AggregatorMetrics } from './aggregator-metrics.ts';
import { type Availability, availabilityOf, type AvailabilityOptions } from './availability.ts';
import { proxied, type ProxyOptions, unavailable } from './proxy.ts';
import { remoteVersion } from './remote-version.ts';
import { remoteService, type RemoteService } from './target.ts';

export interface AggregatorOptions extends AvailabilityOptions, ProxyOptions {
  readonly apiServices: ObjectSource<APIService>;
  readonly services: ObjectSource<Service>;
  readonly endpointSlices: ObjectSource<EndpointSlice>;
  /** Group versions of custom resources that are served at the moment. */
  readonly custom: () => Iterable<GroupVersion>;
  readonly client: SelfClient;
  readonly logger: Logger;
  /** What discovery tells is another. */
  readonly changed: () => void;
  readonly metrics?: Metrics;
}

/** kube-apiserver's, for a server that fell silent without anything else changing. */
const CHECK_MS = 30_000;
const RETRY_MS = 1_000;
const AUTOMANAGED = 'kube-aggregator.kubernetes.io/automanaged';
const PATH = /^\/(?:openapi\/v3\/)?apis\/([^/]+)\/([^/?]+)/;

/** What discovery tells, as a text to compare. */
const factsOf = (found: RemoteVersion | undefined): string =>
  JSON.stringify({ ...found, swagger: found?.swagger?.identity });

interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

function versionIn(path: string): GroupVersion {
  const [, group = '', version = ''] = PATH.exec(path) ?? [];
  return { group, version };
}

const isAvailable = ({ status }: APIService): boolean =>
  status?.conditions?.some((each) => each.type === 'Available' && each.status === 'True') === true;

export class Aggregator implements Running {
  readonly #options: AggregatorOptions;
  readonly #metrics: AggregatorMetrics;
  readonly #stopping = new AbortController();
  /** What was found out of each, by name. */
  readonly #found = new Map<string, RemoteVersion>();
  /** Those with a service, by group and version; undefined: to be made anew. */
  #byVersion: ReadonlyMap<string, APIService> | undefined;
  #wake: (() => void) | undefined;
  #outdated = true;
  #running: Promise<void> | undefined;

  constructor(options: AggregatorOptions) {
    this.#options = options;
    this.#metrics = new AggregatorMetrics(options.metrics ?? new Metrics());
  }

  start(): void {
    if (this.#running !== undefined) return;
    const { apiServices, services, endpointSlices } = this.#options;
    const changed = (): void => {
      this.#byVersion = undefined;
      this.touch();
    };
    apiServices.follow({ reset: changed, changed });
    const ifRemote = (): void => {
      if (this.#remote().next().done !== true) this.touch();
    };
    services.follow({ reset: ifRemote, changed: ifRemote });
    endpointSlices.follow({ reset: ifRemote, changed: ifRemote });
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake?.();
    await this.#running;
  }

  /** Something changed that availability, or what is custom, depends on. */
  touch(): void {
    this.#outdated = true;
    this.#wake?.();
  }

  /** For discovery. */
  versions(): RemoteVersion[] {
    return [...this.#remote()].map(([service]) => {
      const { group = '', version = '' } = service.spec ?? {};
      const known = this.#found.get(service.metadata.name ?? '');
      const found = known ?? { served: { group, version, resources: [] } };
      return { ...found, served: { ...found.served, stale: !isAvailable(service) } };
    });
  }

  /** Undefined: the request is for this server. */
  answer(request: PipelineRequest): Promise<HttpResponse> | undefined {
    const { info } = request;
    // As authorization understood the path, whatever is escaped in it.
    const service = this.#behind(info.type === 'resource' ? info : versionIn(info.path));
    if (service === undefined) return undefined;
    if (!isAvailable(service)) return Promise.resolve(unavailable());
    return proxied(service, request, this.#options);
  }

  /** Whether another server would be asked. */
  passesOn(url: string): boolean {
    return this.isRemote(versionIn(url));
  }

  isRemote(version: GroupVersion): boolean {
    return this.#behind(version) !== undefined;
  }

  #behind({ group, version }: GroupVersion): APIService | undefined {
    this.#byVersion ??= this.#mapped();
    return this.#byVersion.get(`${group}/${version}`);
  }

  #mapped(): ReadonlyMap<string, APIService> {
    const keyOf = ({ spec }: APIService): string => `${spec?.group ?? ''}/${spec?.version ?? ''}`;
    return new Map([...this.#remote()].map(([service]) => [keyOf(service), service]));
  }

  *#remote(): Generator<[APIService, RemoteService]> {
    for (const each of this.#options.apiServices.list('')) {
      const service = remoteService(each);
      if (service !== undefined) yield [each, service];
    }
  }

  async #run(): Promise<void> {
    const { logger } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#outdated = false;
      let restMs: number | undefined = CHECK_MS;
      try {
        await this.#manageCustom();
        const remote = [...this.#remote()];
        await Promise.all(remote.map(([each, service]) => this.#check(each, service)));
        this.#forget(new Set(remote.map(([{ metadata }]) => metadata.name ?? '')));
        // Nothing to ask again.
        if (remote.length === 0) restMs = undefined;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ error }, 'API services were not checked');
        restMs = RETRY_MS;
      }
      if (!this.#outdated) await this.#rest(restMs);
    }
  }

  #rest(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer?.cancel();
        this.#wake = undefined;
        resolve();
      };
      const timer = ms === undefined ? undefined : this.#options.clock.after(ms, done);
      this.#wake = done;
      if (this.#stopping.signal.aborted) done();
    });
  }

  async #check(each: APIService, service: RemoteService): Promise<void> {
    const name = each.metadata.name ?? '';
    const { group = '', version = '' } = each.spec ?? {};
    const { condition, resourceList, openApiHash, openApiV2 } = await availabilityOf(
      each,
      service,
      this.#options,
    );
    this.#metrics.found(name, condition);
    const before = this.#found.get(name);
    const served =
      resourceList === undefined
        ? (before?.served ?? { group, version, resources: [] })
        : remoteVersion({ group, version }, resourceList);
    const { groupPriorityMinimum = 0, versionPriority = 0 } = each.spec ?? {};
    const found: RemoteVersion = {
      served: { ...served, priority: { groupPriorityMinimum, versionPriority } },
      ...(openApiHash === undefined ? {} : { openApiHash }),
      swagger: this.#swaggerOf(name, { group, version }, openApiV2),
    };
    this.#found.set(name, found);
    await this.#tell(each, condition);
    if (factsOf(before) !== factsOf(found)) this.#options.changed();
  }

  /** The one before, if the document is the same. */
  #swaggerOf(name: string, of: GroupVersion, text: string | undefined): RemoteSwagger | undefined {
    if (text === undefined) return undefined;
    const before = this.#found.get(name)?.swagger;
    return before?.identity === fingerprint(text) ? before : remoteSwagger(text, of);
  }

  async #tell(each: APIService, condition: Availability['condition']): Promise<void> {
    const { clock, client, changed } = this.#options;
    const conditions: readonly APIServiceCondition[] = each.status?.conditions ?? [];
    const current = conditions.find(({ type }) => type === 'Available');
    const { status, reason, message } = condition;
    if (current?.status === status && current.reason === reason && current.message === message)
      return;
    const since = current?.status === status ? current.lastTransitionTime : undefined;
    const lastTransitionTime = since ?? formatTime(clock.now());
    const all = conditions.filter(({ type }) => type !== 'Available');
    const told = {
      ...each,
      status: {
        ...each.status,
        conditions: [...all, { type: 'Available', lastTransitionTime, ...condition }],
      },
    };
    const { name = '' } = each.metadata;
    // Who wrote meanwhile wakes us again.
    await client.update(resourcePath(apiService.type, { name, subresource: 'status' }), told);
    changed();
  }

  #forget(known: ReadonlySet<string>): void {
    for (const name of [...this.#found.keys()]) {
      if (known.has(name)) continue;
      this.#found.delete(name);
      this.#metrics.gone(name);
      this.#options.changed();
    }
  }

  /** A local APIService for each group version of custom resources, and for no other. */
  async #manageCustom(): Promise<void> {
    const { apiServices, custom, client } = this.#options;
    const wanted = new Map([...custom()].map((each) => [`${each.version}.${each.group}`, each]));
    for (const [name, { group, version }] of wanted) {
      if (apiServices.get('', name) !== undefined) continue;
      await client.create(resourcePath(apiService.type), {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name, labels: { [AUTOMANAGED]: 'true' } },
        spec: { group, version, ...CUSTOM_PRIORITY },
      });
    }
    for (const { metadata } of [...apiServices.list('')]) {
      const { name = '', labels } = metadata;
      if (labels?.[AUTOMANAGED] !== 'true' || wanted.has(name)) continue;
      await client.delete(resourcePath(apiService.type, { name }));
    }
  }
}
