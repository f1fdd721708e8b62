/**
 * One API server, put together: storage, registry and handlers behind the pipeline, discovery
 * beside them. In: a store and effects. Out: a handler that a socket or the same process calls,
 * and whether it is ready. It keeps no state of its own: any number may share a store.
 */
import { resourcePath, type ResourceType } from '../api/resource.ts';
import { leases, namespaces, services } from '../api/resources.ts';
import type { Service } from '../api/types/core-v1.ts';
import { assert } from '../platform/assert.ts';
import { type Effects, effectsOf } from '../platform/effects.ts';
import type { HttpHandler } from '../platform/net/http.ts';
import { Metrics } from '../platform/metrics/metrics.ts';
import { type Turns, turnsBy } from '../platform/turns.ts';
import { tracedHttp } from '../platform/net/traced-http.ts';
import { plugins } from './admission/plugins.ts';
import { storeComponent } from './component-checks.ts';
import { accessControl } from './access-control.ts';
import { authorizerOf, DEFAULT_MODES } from './authz/modes.ts';
import { NodeAuthorizer } from './authz/node/node-authorizer.ts';
import { NodeGraph } from './authz/node/node-graph.ts';
import { RbacAuthorizer, type RbacObjects } from './authz/rbac/rbac-authorizer.ts';
import { ClaimRepair } from './bootstrap/claim-repair.ts';
import type { Aggregator } from './aggregation/aggregator.ts';
import { aggregatorOf } from './aggregation/aggregator-of.ts';
import { IdentityLease } from './bootstrap/identity-lease.ts';
import type { FlowSchemaStatus } from './bootstrap/flow-schema-status.ts';
import { SelfClient } from './bootstrap/self-client.ts';
import { type ServerAddress, ServerAddresses } from './bootstrap/server-addresses.ts';
import { isProxyPath } from './proxy/proxy-path.ts';
import { ensureFirstObjects } from './bootstrap/first-objects.ts';
import { ensureServiceRange } from './bootstrap/standard-objects.ts';
import { Discovery } from './discovery/discovery.ts';
import { CustomResources } from './extensions/definitions.ts';
import type { ServedVersion } from './extensions/served-version.ts';
import { EncryptedKv } from './encryption/encrypted-kv.ts';
import { transformersByKey } from './encryption/resource-keys.ts';
import { ApiHandlers } from './handlers/api-handlers.ts';
import { pipeline } from './pipeline/filters.ts';
import { RequestCounts } from './pipeline/request-counts.ts';
import { nodePassages } from './node-passages.ts';
import { AgentStats } from './proxy/agent-stats.ts';
import type { NodeStats } from './registry/node-stats.ts';
import { DEFAULT_CLUSTER_IP_RANGE, NODE_PORTS } from './registry/claim-ranges.ts';
import type { AccessControl } from './registry/access-control.ts';
import type { ResourceDeclaration } from './registry/declaration.ts';
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

interface Shared {
  readonly declarations: readonly ResourceDeclaration[];
  readonly metrics: Metrics;
}

class Server implements ApiServer {
  readonly handler: HttpHandler;
  readonly #options: ApiServerOptions;
  readonly #effects: Effects;
  readonly #stopping = new AbortController();
  readonly #types: readonly ResourceType[];
  readonly #served: ReadonlySet<string>;
  readonly #storage: Storage;
  readonly #client: SelfClient;
  readonly #rbacObjects: RbacObjects;
  readonly #customs: CustomResources | undefined;
  readonly #aggregator: Aggregator | undefined;
  readonly #discovery: Discovery;
  readonly #repair: ClaimRepair;
  readonly #schemaStatus: FlowSchemaStatus;
  readonly #bootstrapped: Promise<void>;
  #isBootstrapped = false;
  readonly #lease: IdentityLease | undefined;
  #address: ServerAddress | undefined;
  #addresses: ServerAddresses | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    const effects = effectsOf(options);
    this.#effects = effects;
    const declarations = options.kinds ?? kinds;
    this.#types = declarations.map(({ type }) => type);
    this.#served = new Set(this.#types.map(typeKey));
    const metrics = options.metrics ?? new Metrics();
    const turns = turnsBy(effects.clock, options.nextTurn);
    const storage = storageOf({ ...options, metrics, turns }, storedResources(declarations));
    this.#storage = storage;
    this.#rbacObjects = rbacObjects(storage);
    // The server's own requests take the way of all others, which is put together last.
    this.#client = new SelfClient((request) => this.handler(request), this.#stopping.signal);

    const access = this.#access();
    const shared = { declarations, metrics };
    const passages =
      options.nodes && nodePassages(options.nodes, { storage, clock: options.clock });
    const stats = passages && new AgentStats(effects.clock, passages);
    const registry = this.#registry(access.control, { ...shared, stats });
    this.#customs = this.#customResources(registry);
    const own = { ...effects, client: this.#client, storage };
    this.#aggregator = aggregatorOf(
      {
        ...own,
        metrics,
        custom: () => this.#custom().map(({ declaration }) => declaration.type),
        changed: () => this.#discovery.refresh(),
      },
      options,
    );
    this.#discovery = this.#discoveryOf(access.identity, shared);

    const { requestTimeoutMs = DEFAULT_TIMEOUT_MS } = options;
    const limits = flowLimits(
      { storage, clock: effects.clock, turns, declarations, requestTimeoutMs },
      options.limits ?? {},
    );
    if ('control' in limits) flowMetrics(metrics, limits.control);
    this.handler = pipeline(
      {
        ...effects,
        counts: new RequestCounts(),
        metrics,
        trace: options.trace,
        authenticator: access.identity.authenticator,
        authorizer: access.authorizer,
        audit: options.audit,
        limits,
        requestTimeoutMs,
        isPassedOn: (info) => this.#aggregator?.isRemote(info) === true,
        strictTransport: options.strictTransport,
      },
      route({
        handlers: new ApiHandlers(registry, { ...effects, turns, passages }),
        discovery: this.#discovery,
        aggregator: this.#aggregator,
      }),
    );
    this.#repair = this.#claimRepair(registry);
    this.#schemaStatus = flowSchemaStatus({ ...own, serves: this.#serves });
    this.#lease = this.#identityLease();
    this.#bootstrapped = this.#start();
  }

  readonly #serves = (type: ResourceType): boolean => this.#served.has(typeKey(type));

  readonly #addressText = (): string => {
    const { address, port } = this.#address ?? { address: '127.0.0.1', port: 6443 };
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  };

  /** Who asks, and what they may do. */
  #access() {
    const options = this.#options;
    const storage = this.#storage;
    const identity = new Identity({
      ...options,
      storage,
      serverAddress: this.#addressText,
      patch: (path, patch) => this.#client.patch(path, patch),
    });
    const rbac = new RbacAuthorizer(this.#rbacObjects);
    const own = () =>
      authorizerOf(options.authorizationSteps ?? (() => DEFAULT_MODES), {
        Node: new NodeAuthorizer(new NodeGraph(nodeObjects(storage))),
        RBAC: rbac,
      });
    const authorizer = options.authorizer ?? own();
    return { identity, authorizer, control: accessControl({ identity, authorizer, rbac }) };
  }

  #registry(control: AccessControl, shared: Shared & { stats?: NodeStats | undefined }): Registry {
    const options = this.#options;
    return new Registry({
      ...this.#effects,
      ...shared,
      control,
      outgoing: options.outgoing,
      storage: this.#storage,
      components: [...(options.components ?? []), storeComponent(options)],
      clusterIPRange: options.serviceClusterIpRange,
      nodePortRange: options.serviceNodePortRange,
      createNamespace: (name) =>
        this.#client.create(resourcePath(namespaces), { metadata: { name } }),
      admission: plugins(options.admissionPlugins),
    });
  }

  /** Undefined if this server serves no definitions of custom resources. */
  #customResources(registry: Registry): CustomResources | undefined {
    const storage = this.#storage;
    const definitions = storage.resource(customResourceDefinition.storagePrefix);
    if (definitions === undefined) return undefined;
    const { outgoing: http } = this.#options;
    const lookup = serviceLookup(storage, service.storagePrefix);
    const webhooks = http && new WebhookClient({ ...this.#effects, http, services: lookup });
    return new CustomResources({
      ...this.#effects,
      storage,
      registry,
      definitions,
      changed: () => {
        this.#discovery.refresh();
        this.#aggregator?.touch();
      },
      conversion: { webhooks, random: this.#effects.random },
    });
  }

  #custom(): readonly ServedVersion[] {
    return [...(this.#customs?.served() ?? [])];
  }

  #discoveryOf(identity: Identity, shared: Shared): Discovery {
    const { descriptions = () => Promise.resolve(undefined), fingerprint } = this.#options;
    return new Discovery({
      ...shared,
      custom: () => this.#custom(),
      remote: () => this.#aggregator?.versions() ?? [],
      fingerprint,
      schemas: openApiSource(descriptions, (kind) => this.#customs?.schemaOf(kind)),
      checks: this.#healthChecks(),
      openId: () => identity.openId(),
      serverAddress: this.#addressText,
    });
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

  #claimRepair({ addresses }: Registry): ClaimRepair {
    const storage = this.#storage;
    return new ClaimRepair({
      ...this.#effects,
      addresses,
      nodePorts: storage.claims(NODE_PORTS),
      services: () => this.#services(),
      ensureRange: () => ensureServiceRange({ ...this.#effects, ...this.#place(), storage }),
      record: (path, event) => this.#client.create(path, event),
    });
  }

  #identityLease(): IdentityLease | undefined {
    const { identity } = this.#options;
    if (identity === undefined || !this.#serves(leases)) return undefined;
    return new IdentityLease({ ...this.#effects, client: this.#client, identity });
  }

  async #services(): Promise<readonly Service[]> {
    const list = await this.#client.get(resourcePath(services));
    return (list as unknown as { items: readonly Service[] }).items;
  }

  #place() {
    return {
      serves: this.#serves,
      serviceClusterIpRange: this.#options.serviceClusterIpRange ?? DEFAULT_CLUSTER_IP_RANGE,
    };
  }

  /** What runs beside requests. Resolves when the cluster's standard objects are there. */
  #start(): Promise<void> {
    this.#storage.start();
    if (this.#serves(services)) this.#repair.start();
    this.#customs?.start();
    const bootstrapped = this.#bootstrap();
    void bootstrapped.then(() => {
      if (!this.#isBootstrapped) return;
      this.#schemaStatus.start();
      this.#aggregator?.start();
      this.#lease?.start();
    });
    return bootstrapped;
  }

  async #bootstrap(): Promise<void> {
    const { signal } = this.#stopping;
    const options = {
      ...this.#effects,
      ...this.#place(),
      client: this.#client,
      storage: this.#storage,
      rbacObjects: this.#rbacObjects,
      types: this.#types,
      clientAuthentication: this.#options.clientAuthentication,
      repairClaims: () => this.#repair.pass(),
      securePort: () => this.#address?.port,
    };
    if (!(await ensureFirstObjects(options, signal))) return;
    await this.#customs?.synced();
    this.#isBootstrapped = !signal.aborted;
  }

  passesOn(url: string): boolean {
    return isProxyPath(url) || this.#aggregator?.passesOn(url) === true;
  }

  ready(): Promise<void> {
    return this.#bootstrapped;
  }

  advertise(address: ServerAddress, isTold = true): void {
    assert(this.#address === undefined, 'a server is advertised once');
    this.#address = address;
    if (!isTold) return;
    const addresses = new ServerAddresses({
      ...this.#effects,
      kv: this.#options.kv,
      client: (signal) => new SelfClient((request) => this.handler(request), signal),
      serves: this.#serves,
      own: address,
    });
    this.#addresses = addresses;
    void this.#bootstrapped.then(() => {
      if (!this.#stopping.signal.aborted) addresses.start();
    });
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    // While it can still write that it goes.
    await this.#addresses?.stop();
    this.#stopping.abort();
    const customs = this.#customs?.stop();
    await this.#lease?.stop();
    await this.#repair.stop();
    await this.#aggregator?.stop();
    await this.#schemaStatus.stop();
    await this.#storage.stop();
    // What waits for a store that is away ends with the storage.
    await customs;
    await this.#bootstrapped;
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
