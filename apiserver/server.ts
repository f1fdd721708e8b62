/**
 * One API server, put together: storage, registry and handlers behind the pipeline, discovery
 * beside them. In: a store and effects. Out: a handler that a socket or the same process calls,
 * and whether it is ready. It keeps no state of its own: any number may share a store.
 */
import { resourcePath, type ResourceType } from '../api/resource.ts';
import { namespaces, services } from '../api/resources.ts';
import type { Service } from '../api/types/core-v1.ts';
import { assert } from '../platform/assert.ts';
import type { HttpHandler } from '../platform/http.ts';
import { Metrics } from '../platform/metrics/metrics.ts';
import { type Turns, turnsBy } from '../platform/turns.ts';
import { tracedHttp } from '../platform/traced-http.ts';
import { plugins } from './admission/plugins.ts';
import { storeComponent } from './component-checks.ts';
import { accessControl } from './access-control.ts';
import type { Authorizer } from './authz/authorizer.ts';
import { authorizerOf, DEFAULT_MODES } from './authz/modes.ts';
import { NodeAuthorizer } from './authz/node/node-authorizer.ts';
import { NodeGraph } from './authz/node/node-graph.ts';
import { RbacAuthorizer, type RbacObjects } from './authz/rbac/rbac-authorizer.ts';
import { ClaimRepair } from './bootstrap/claim-repair.ts';
import type { Aggregator } from './aggregation/aggregator.ts';
import { aggregatorOf } from './aggregation/aggregator-of.ts';
import type { FlowSchemaStatus } from './bootstrap/flow-schema-status.ts';
import { SelfClient } from './bootstrap/self-client.ts';
import { type ServerAddress, ServerAddresses } from './bootstrap/server-addresses.ts';
import { isProxyPath } from './proxy/proxy-path.ts';
import { ensureFirstObjects } from './bootstrap/first-objects.ts';
import { ensureServiceRange } from './bootstrap/standard-objects.ts';
import { Discovery } from './discovery/discovery.ts';
import { CustomResources } from './extensions/definitions.ts';
import { EncryptedKv } from './encryption/encrypted-kv.ts';
import { transformersByKey } from './encryption/resource-keys.ts';
import { ApiHandlers } from './handlers/api-handlers.ts';
import { pipeline } from './pipeline/filters.ts';
import { RequestCounts } from './pipeline/request-counts.ts';
import { nodePassages } from './node-passages.ts';
import { DEFAULT_CLUSTER_IP_RANGE, NODE_PORTS } from './registry/claim-ranges.ts';
import type { AccessControl, ResourceDeclaration } from './registry/declaration.ts';
import { customResourceDefinition } from './registry/kinds/extensions/definition.ts';
import { kinds } from './registry/kinds/index.ts';
import { service } from './registry/kinds/service/declaration.ts';
import { Registry, storedResources } from './registry/registry.ts';
import { Storage, type StoredResource } from './storage/storage.ts';
import { flowLimits, flowSchemaStatus } from './flow-limits.ts';
import { flowMetrics } from './flowcontrol/metrics.ts';
import { healthChecks } from './health-checks.ts';
import { Identity } from './identity.ts';
import { nodeObjects, rbacObjects } from './object-sources.ts';
import { route } from './route.ts';
import { serviceLookup } from './service-lookup.ts';
import { WebhookClient } from './webhook/webhook-client.ts';
import type { ApiServer, ApiServerOptions } from './server-options.ts';
import { openApiSource } from './openapi-source.ts';

const DEFAULT_TIMEOUT_MS = 60_000;

class Server implements ApiServer {
  readonly handler: HttpHandler;
  readonly #options: ApiServerOptions;
  readonly #storage: Storage;
  readonly #stopping = new AbortController();
  readonly #rbacObjects: RbacObjects;
  readonly #client: SelfClient;
  readonly #types: readonly ResourceType[];
  readonly #served: ReadonlySet<string>;
  readonly #bootstrapped: Promise<void>;
  #isBootstrapped = false;
  #address: ServerAddress | undefined;
  #addresses: ServerAddresses | undefined;
  readonly #repair: ClaimRepair;
  readonly #schemaStatus: FlowSchemaStatus;
  readonly #aggregator: Aggregator | undefined;
  readonly #customs: CustomResources | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    const { clock, random, logger } = options;
    const declarations = options.kinds ?? kinds;
    this.#types = declarations.map(({ type }) => type);
    this.#served = new Set(this.#types.map(typeKey));
    const resources = storedResources(declarations);
    const metrics = options.metrics ?? new Metrics();
    const turns = turnsBy(clock, options.nextTurn);
    this.#storage = storageOf({ ...options, metrics, turns }, resources);
    const serverAddress = (): string => this.#addressText();
    const identity = new Identity({ ...options, storage: this.#storage, serverAddress });
    const { authenticator } = identity;
    this.#rbacObjects = rbacObjects(this.#storage);
    const rbac = new RbacAuthorizer(this.#rbacObjects);
    const authorizer = options.authorizer ?? this.#authorizer(rbac);
    const control = accessControl({ identity, authorizer, rbac });
    const registry = this.#registry(control, declarations, metrics);
    const passages = options.nodes && nodePassages(options.nodes, this.#storage);
    const handlers = new ApiHandlers(registry, { clock, turns, random, logger, passages });
    const counts = new RequestCounts();
    const { requestTimeoutMs = DEFAULT_TIMEOUT_MS } = options;
    const limits = flowLimits(
      { storage: this.#storage, clock, turns, declarations, requestTimeoutMs },
      options.limits ?? {},
    );
    if ('control' in limits) flowMetrics(metrics, limits.control);
    const customs = this.#customResources(registry, () => {
      discovery.refresh();
      this.#aggregator?.touch();
    });
    this.#customs = customs;
    const descriptions = options.descriptions ?? (() => Promise.resolve(undefined));
    const discovery: Discovery = new Discovery({
      declarations,
      custom: () => customs?.served() ?? [],
      remote: () => this.#aggregator?.versions() ?? [],
      metrics,
      fingerprint: options.fingerprint,
      schemas: openApiSource(descriptions, (kind) => customs?.schemaOf(kind)),
      checks: this.#healthChecks(),
      openId: () => identity.openId(),
      serverAddress,
    });
    this.handler = pipeline(
      {
        clock,
        random,
        logger,
        counts,
        metrics,
        trace: options.trace,
        authenticator,
        authorizer,
        audit: options.audit,
        limits,
        requestTimeoutMs,
      },
      route({ handlers, discovery, aggregator: () => this.#aggregator }),
    );
    this.#client = new SelfClient(this.handler, this.#stopping.signal);
    this.#repair = this.#claimRepair(registry);
    const own = { clock, random, logger, client: this.#client, storage: this.#storage };
    const serves = (type: ResourceType): boolean => this.#served.has(typeKey(type));
    this.#schemaStatus = flowSchemaStatus({ ...own, serves });
    const custom = () => [...(customs?.served() ?? [])].map(({ declaration }) => declaration.type);
    const changed = (): void => discovery.refresh();
    this.#aggregator = aggregatorOf({ ...own, custom, changed, metrics }, options);
    this.#bootstrapped = this.#start();
  }

  #healthChecks() {
    const { kv, clock, encryption } = this.#options;
    return healthChecks({
      kv,
      clock,
      encryption,
      synced: () => this.#storage.cache.ready,
      bootstrapped: () => this.#isBootstrapped,
      stopping: () => this.#stopping.signal.aborted,
    });
  }

  /** What runs beside requests. Resolves when the cluster's standard objects are there. */
  #start(): Promise<void> {
    this.#storage.start();
    if (this.#served.has(typeKey(services))) this.#repair.start();
    this.#customs?.start();
    const bootstrapped = this.#bootstrap();
    void bootstrapped.then(() => {
      if (!this.#isBootstrapped) return;
      this.#schemaStatus.start();
      this.#aggregator?.start();
    });
    return bootstrapped;
  }

  async #bootstrap(): Promise<void> {
    const { clock, random, logger, clientAuthentication } = this.#options;
    const { signal } = this.#stopping;
    const options = {
      client: this.#client,
      storage: this.#storage,
      clock,
      random,
      logger,
      rbacObjects: this.#rbacObjects,
      types: this.#types,
      clientAuthentication,
      ...this.#place(),
      repairClaims: () => this.#repair.pass(),
      securePort: () => this.#address?.port,
    };
    if (!(await ensureFirstObjects(options, signal))) return;
    await this.#customs?.synced();
    this.#isBootstrapped = !signal.aborted;
  }

  #registry(
    control: AccessControl,
    declarations: readonly ResourceDeclaration[],
    metrics: Metrics,
  ): Registry {
    const options = this.#options;
    const { clock, random, outgoing } = options;
    return new Registry({
      control,
      declarations,
      clock,
      random,
      metrics,
      outgoing,
      storage: this.#storage,
      components: [...(options.components ?? []), storeComponent(options)],
      clusterIPRange: options.serviceClusterIpRange,
      nodePortRange: options.serviceNodePortRange,
      createNamespace: (name) =>
        this.#client.create(resourcePath(namespaces), { metadata: { name } }),
      admission: plugins(options.admissionPlugins),
    });
  }

  #claimRepair({ addresses }: Registry): ClaimRepair {
    const { clock, random, logger } = this.#options;
    const client = this.#client;
    const storage = this.#storage;
    return new ClaimRepair({
      addresses,
      nodePorts: storage.claims(NODE_PORTS),
      clock,
      logger,
      services: () => this.#services(),
      ensureRange: () => ensureServiceRange({ ...this.#place(), storage, clock, random }),
      record: (path, event) => client.create(path, event),
    });
  }

  passesOn(url: string): boolean {
    return isProxyPath(url) || this.#aggregator?.passesOn(url) === true;
  }

  #place() {
    return {
      serves: (type: ResourceType): boolean => this.#served.has(typeKey(type)),
      serviceClusterIpRange: this.#options.serviceClusterIpRange ?? DEFAULT_CLUSTER_IP_RANGE,
    };
  }

  ready(): Promise<void> {
    return this.#bootstrapped;
  }

  advertise(address: ServerAddress): void {
    assert(this.#address === undefined, 'a server is advertised once');
    this.#address = address;
    const { kv, clock, logger } = this.#options;
    const serves = (type: ResourceType): boolean => this.#served.has(typeKey(type));
    const client = this.#client;
    const addresses = new ServerAddresses({ kv, client, clock, logger, serves, own: address });
    this.#addresses = addresses;
    void this.#bootstrapped.then(() => {
      if (!this.#stopping.signal.aborted) addresses.start();
    });
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Undefined if this server serves no definitions of custom resources. */
  #customResources(registry: Registry, changed: () => void): CustomResources | undefined {
    const definitions = this.#storage.resource(customResourceDefinition.storagePrefix);
    if (definitions === undefined) return undefined;
    const { clock, logger, random, outgoing } = this.#options;
    const storage = this.#storage;
    const lookup = serviceLookup(storage, service.storagePrefix);
    const webhooks =
      outgoing && new WebhookClient({ http: outgoing, services: lookup, clock, random });
    const conversion = { webhooks, random };
    return new CustomResources({
      storage,
      registry,
      definitions,
      clock,
      logger,
      changed,
      conversion,
    });
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    const customs = this.#customs?.stop();
    await this.#addresses?.stop();
    await this.#repair.stop();
    await this.#aggregator?.stop();
    await this.#schemaStatus.stop();
    await this.#storage.stop();
    // What waits for a store that is away ends with the storage.
    await customs;
    await this.#bootstrapped;
  }

  async #services(): Promise<readonly Service[]> {
    const list = await this.#client.get(resourcePath(services));
    return (list as unknown as { items: readonly Service[] }).items;
  }

  #authorizer(rbac: RbacAuthorizer): Authorizer {
    return authorizerOf(this.#options.authorizationSteps ?? (() => DEFAULT_MODES), {
      Node: new NodeAuthorizer(new NodeGraph(nodeObjects(this.#storage))),
      RBAC: rbac,
    });
  }

  #addressText(): string {
    const { address, port } = this.#address ?? { address: '127.0.0.1', port: 6443 };
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  }
}

function storageOf(
  options: ApiServerOptions & { readonly turns: Turns },
  resources: readonly StoredResource[],
): Storage {
  const { kv, clock, turns, logger, metrics, encryption } = options;
  const about = { clock, turns, logger, metrics, resources };
  if (encryption === undefined) return new Storage({ kv, ...about });
  const sealed = new EncryptedKv(
    kv,
    transformersByKey(() => encryption.providers, resources),
  );
  encryption.onReopen((why) => sealed.reopen(why));
  const isStale = (key: string): boolean => sealed.isStale(key);
  return new Storage({ kv: sealed.kv, ...about, isStale });
}

const typeKey = ({ group, version, resource }: ResourceType): string =>
  `${group}/${version}/${resource}`;

/** Starts to follow the store and returns at once; {@link ApiServer.ready} tells when it serves. */
export function startApiServer(options: ApiServerOptions): ApiServer {
  const { outgoing, trace } = options;
  if (outgoing === undefined || trace === undefined) return new Server(options);
  return new Server({ ...options, outgoing: tracedHttp(outgoing, trace) });
}
