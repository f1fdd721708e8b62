/**
 * The whole control plane in one process. Components talk to the API server by direct calls that
 * pass the same authentication, admission and storage as a socket's; only people's clients and
 * `etcdctl` use sockets.
 */
import { buildMetrics } from '../api/build-metrics.ts';
import { aggregation, ownClientAuthentication } from '../apiserver/options/access-options.ts';
import { identities, type Pki } from '../apiserver/pki/pki.ts';
import { listen } from '../apiserver/http/listen.ts';
import { readDescriptions } from '../apiserver/openapi-source.ts';
import { startApiServer } from '../apiserver/server.ts';
import { RestMetrics } from '../client/rest-metrics.ts';
import type { RestClient } from '../client/rest.ts';
import { type ControllersOptions, startControllers } from '../controllers/manager.ts';
import { type KubeletNode, startKubelets } from '../kubelet/kubelet.ts';
import { realRuntimes } from '../kubelet/real-runtimes.ts';
import { Lifecycle, type Running } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/logger.ts';
import { Metrics } from '../platform/metrics/metrics.ts';
import { processMetrics } from '../platform/node/process-metrics.ts';
import { watchClock } from '../platform/clock-watch.ts';
import type { TlsMaterial } from '../platform/http-server.ts';
import { rotateTls } from '../platform/tls-rotation.ts';
import { realCiphers } from '../platform/node/crypto/ciphers.ts';
import { realClock } from '../platform/node/clock.ts';
import { hmacSha256, realCrypto } from '../platform/node/crypto/crypto.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import { hostAddress } from '../platform/node/net/host-address.ts';
import { realGzip, realHttpServer } from '../platform/node/net/http-server.ts';
import { busyMs, nextTurn } from '../platform/node/next-turn.ts';
import { processUsage } from '../platform/node/process-usage.ts';
import { outgoingHttp } from '../platform/node/net/outgoing-http.ts';
import { realRandom } from '../platform/node/random.ts';
import { sha1 } from '../platform/node/crypto/sha1.ts';
import { realUpstream } from '../platform/node/net/upstream.ts';
import { realX509 } from '../platform/node/crypto/x509.ts';
import { sniffingServer } from '../platform/node/net/sniffing-server.ts';
import type { OutgoingHttp } from '../platform/outgoing-http.ts';
import type { TraceScope } from '../platform/trace-scope.ts';
import type { Claims } from '../platform/token-keys.ts';
import type { LoadedConfiguration } from '../scheduler/config/load.ts';
import { startScheduler } from '../scheduler/scheduler.ts';
import { serveStore } from '../store/grpc/server.ts';
import type { Kv } from '../store/kv.ts';
import { startMember } from '../store/server/member.ts';
import { tracedKv } from '../store/server/traced-kv.ts';
import {
  clusterPki,
  keepKubeconfigs,
  serviceAccountTokens,
  writeAdmin,
  writeComponentKubeconfigs,
} from './access.ts';
import {
  type Announce,
  type ClusterOptions,
  HOST,
  type LeftOut,
  leftOut,
  SERVICE_CLUSTER_IP_RANGE,
} from './options.ts';
import { ClusterError } from './failure.ts';
import { serveNodes } from './node-server.ts';
import type { EmbeddedComponents } from './control-plane/embedded-master.ts';
import type { Stage } from '../kubelet/stages/stage.ts';
import type { Master } from './control-plane/master.ts';
import { type Identity, inProcessClient } from './in-process-client.ts';
import { LoopHealth } from './loop-health.ts';
import { clusterPaths, type ClusterPaths } from './paths.ts';

export interface EmbeddedOptions extends ClusterOptions {
  readonly logger: Logger;
  readonly announce: Announce;
  /** Which requests are followed from log to log. */
  readonly trace: TraceScope;
  /** Of this process: what containers inherit of it comes from here. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The store cannot go on (its disk failed): the cluster has to be stopped. */
  readonly onFailure: (error: Error) => void;
}

export interface EmbeddedCluster extends Running {
  /** "https://127.0.0.1:6443" */
  readonly server: string;
  /** Where etcd's clients find the store: "http://127.0.0.1:2379". */
  readonly storeEndpoint: string;
  /** Text of the admin's kubeconfig, which also stands in the data directory. */
  readonly kubeconfig: string;
  /** The admin's client, without a socket. */
  readonly client: RestClient;
}

const effects = { clock: realClock, random: realRandom };

export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedCluster> {
  const parts = new Lifecycle();
  try {
    return await start(options, parts);
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

function processRegistry(): Metrics {
  const metrics = new Metrics();
  buildMetrics(metrics);
  processMetrics(metrics);
  return metrics;
}

async function start(options: EmbeddedOptions, parts: Lifecycle): Promise<EmbeddedCluster> {
  const startedAt = realClock.now();
  const paths = clusterPaths(options.dataDir);
  const { announce, logger, trace } = options;
  const outgoing = outgoingHttp();
  await parts.start(() => ({ stop: () => outgoing.close() }));
  const scheduler = await schedulerOptions(options, outgoing);
  const staged = await stagesOf(options);
  const [{ pki, serviceAccounts, tls, next }, { kv, endpoint: storeEndpoint }] = await sideBySide(
    openPki(paths),
    startStore(options, paths, parts),
  );
  const upstream = realUpstream();
  await parts.start(() => ({ stop: () => upstream.close() }));
  // One process, one registry: the API server's /metrics shows all parts but the store, which has
  // its own on its port.
  const metrics = processRegistry();
  const health = new LoopHealth();
  const agentTls = async () => ({ ...(await pki.kubeletClient()), ca: pki.ca.certificate });
  const api = await parts.start(() =>
    startApiServer({
      ...effects,
      kv,
      outgoing,
      metrics,
      trace,
      nodes: { upstream, tls: agentTls },
      logger: logger.child({ component: 'apiserver' }),
      serviceAccounts,
      clientAuthentication: ownClientAuthentication(pki),
      aggregation: aggregation({ upstream, pki }),
      nextTurn,
      limits: { busyMs },
      serviceClusterIpRange: SERVICE_CLUSTER_IP_RANGE,
      fingerprint: realCiphers.fingerprint,
      descriptions: readDescriptions(realDisk),
      components: health.components,
    }),
  );
  const passesOn = (url: string): boolean => api.passesOn(url);
  const served = { handler: api.handler, passesOn, gzip: realGzip };
  const socket = { host: HOST, port: options.port, tls };
  const { port, renew } = await parts.start(() =>
    listen({ server: realHttpServer, clock: realClock, logger, ...served, ...socket }),
  );
  const server = `https://${HOST}:${port}`;
  // Endpoints refuse loopback addresses, so a host without another is not advertised.
  const address = hostAddress();
  if (address !== undefined) api.advertise({ address, port });
  await api.ready();
  announce('apiserver', server);
  const { check } = await parts.start(() =>
    rotateTls({ clock: realClock, logger, current: tls, next, replace: renew }),
  );
  const forOthers = (): Promise<void> => kubeconfigsForOthers(options, pki, server);
  const renewed = () => Promise.all([writeAdmin(paths, pki, server), forOthers()]);
  await parts.start(() => keepKubeconfigs(renewed, logger));
  await parts.start(() => watchClock({ clock: realClock, logger, onJump: () => void check() }));
  const rest = new RestMetrics(metrics, 'in-process');
  const connect = (name: string, identity: Identity): RestClient =>
    inProcessClient(api, name, { identity, metrics: rest });
  const store = options.etcdServers === undefined ? storeEndpoint : undefined;
  const components = { startedAt, apiserver: server, store };
  const secrets = secretsOf(pki, (claims) => serviceAccounts.signingKey.sign(claims));
  const needed = { connect, pki, secrets, metrics, components, health };
  const [[kubeconfig]] = await sideBySide(
    renewed(),
    startLoops({ ...options, scheduler, staged }, needed, parts),
  );
  const client = inProcessClient(api, 'admin', { identity: identities.admin });
  return { server, storeEndpoint, kubeconfig, client, stop: () => parts.stop() };
}

/** Of components that are not ours; none where all are. */
async function kubeconfigsForOthers(
  { dataDir, without = [] }: EmbeddedOptions,
  pki: Pki,
  server: string,
): Promise<void> {
  if (without.length === 0) return;
  await writeComponentKubeconfigs(clusterPaths(dataDir), pki, { server, nodes: [] });
}

/** If one fails, the other is waited for: what it starts has to be stopped. */
async function sideBySide<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  const [first, second] = await Promise.allSettled([one, other]);
  if (first.status === 'rejected') throw first.reason;
  if (second.status === 'rejected') throw second.reason;
  return [first.value, second.value];
}

/** The certificates, and those made at once that the API server begins with. */
async function openPki(paths: ClusterPaths) {
  const pki = await clusterPki(paths);
  // Its key is made in a thread meanwhile. What goes wrong shows when the kubeconfig is written.
  void pki.admin().catch(() => {});
  const next = async (): Promise<TlsMaterial> => ({
    ...(await pki.serving()),
    clientCa: pki.ca.certificate,
  });
  const [serviceAccounts, tls] = await Promise.all([serviceAccountTokens(pki), next()]);
  return { pki, serviceAccounts, tls, next };
}

function secretsOf(pki: Pki, signToken: (claims: Claims) => string): Served['secrets'] {
  const signing = { x509: realX509, ca: pki.ca };
  return { rootCa: pki.ca.certificate, signToken, signing, hmacSha256 };
}

async function startStore(
  options: EmbeddedOptions,
  paths: ClusterPaths,
  parts: Lifecycle,
): Promise<{ kv: Kv; endpoint: string }> {
  const logger = options.logger.child({ component: 'store' });
  if (options.etcdServers !== undefined) {
    const { connectEtcd } = await import('../store/client/connect.ts');
    const { etcdServers: endpoints, trace } = options;
    const kv = connectEtcd({ endpoints, tls: {}, ...effects, logger, trace });
    await parts.start(() => ({ stop: () => kv.close() }));
    await kv.status().catch((error: Error) => {
      const why = /connect \w+ [\d.:\[\]a-f]+/.exec(error.message)?.[0] ?? error.message;
      const at = options.etcdServers!.join(', ');
      throw new ClusterError(`no etcd answers at ${at} (--etcd-servers): ${why}`, { cause: error });
    });
    const endpoint = options.etcdServers.join(',');
    options.announce('store', endpoint);
    return { kv, endpoint };
  }
  const { onFailure } = options;
  const member = await parts.start(() =>
    startMember({
      ...effects,
      nextTurn,
      disk: realDisk,
      logger,
      sha1,
      crypto: realCrypto,
      onFailure,
      dataDir: paths.store,
    }),
  );
  const { url } = await parts.start(() =>
    serveStore({
      member,
      listen: sniffingServer,
      clock: realClock,
      logger,
      usage: processUsage,
      host: HOST,
      port: options.storePort,
    }),
  );
  options.announce('store', url);
  return { kv: tracedKv(member, options.trace, logger), endpoint: url };
}

interface Configured {
  readonly scheduler: ConfiguredScheduler;
  readonly staged: readonly Stage[];
}

async function stagesOf({ stages = [] }: EmbeddedOptions): Promise<readonly Stage[]> {
  if (stages.length === 0) return [];
  const { readStages } = await import('../kubelet/stages/read-stages.ts');
  return readStages(realDisk, stages);
}

type ConfiguredScheduler = Partial<LoadedConfiguration['options']>;

/**
 * Read before anything starts: a malformed file costs no start. There is one scheduler per such
 * process, and one process per data directory: it needs no lease.
 */
async function schedulerOptions(
  { schedulerConfig, schedulerPlugins = [], logger }: EmbeddedOptions,
  http: OutgoingHttp,
): Promise<ConfiguredScheduler> {
  if (schedulerConfig === undefined) return {};
  const { loadConfiguration } = await import('../scheduler/config/load.ts');
  const { loadModule } = await import('../platform/node/load-module.ts');
  const loaded = await loadConfiguration(schedulerConfig, schedulerPlugins, {
    ...effects,
    disk: realDisk,
    loadModule,
    http: async () => http,
    timeLimit: async () => (await import('../platform/node/time-limit.ts')).realTimeLimit(),
    logger: logger.child({ component: 'scheduler' }),
  });
  return loaded.options;
}

interface Served {
  /** A client with an identity of its own. */
  readonly connect: (name: string, identity: Identity) => RestClient;
  readonly metrics: Metrics;
  readonly pki: Pki;
  readonly components: EmbeddedComponents;
  readonly health: LoopHealth;
  /** What controllers hand out. */
  readonly secrets: Pick<ControllersOptions, 'rootCa' | 'signToken' | 'signing' | 'hmacSha256'>;
}

/** Everything that only talks to the API server; started side by side, each ready in its time. */
async function startLoops(
  options: EmbeddedOptions & Configured,
  served: Served,
  parts: Lifecycle,
): Promise<void> {
  const { announce, without = [] } = options;
  const { connect, secrets, metrics, health } = served;
  const base = (component: string) => ({
    ...effects,
    metrics,
    logger: options.logger.child({ component }),
  });
  const starts: Readonly<Record<LeftOut, () => ReturnType<typeof startScheduler>>> = {
    controllers: () =>
      startControllers({
        ...base('controllers'),
        client: connect('controllers', identities.controllerManager),
        standardStorageClass: true,
        fingerprint: realCiphers.fingerprint,
        ...secrets,
      }),
    scheduler: () =>
      startScheduler({
        ...base('scheduler'),
        client: connect('scheduler', identities.scheduler),
        ...options.scheduler,
      }),
  };
  const ready: Promise<void>[] = [];
  for (const name of leftOut.filter((each) => !without.includes(each))) {
    const loop = await parts.start(starts[name]);
    const caughtUp = health.follow(name, loop.ready()).then(() => announce(name));
    // Awaited below, unless a later part does not start.
    caughtUp.catch(() => {});
    ready.push(caughtUp);
  }
  const anyNode = options.nodes.length > 0 || options.controlPlaneNode === true;
  const nodesReady = anyNode ? startNodes(options, served, parts) : undefined;
  await Promise.all([...ready, nodesReady]);
}

/** All nodes share one agent process, and so one client and one watch. */
async function startNodes(
  options: EmbeddedOptions & Configured,
  { connect, pki, metrics, components }: Served,
  parts: Lifecycle,
): Promise<void> {
  const logger = options.logger.child({ component: 'kubelet' });
  const client = connect('kubelet', identities.hollowNodes);
  const { runtime = 'hollow', env = {}, dataDir, without = [] } = options;
  const rootDir = clusterPaths(dataDir).nodes;
  const own = { client, logger, runtime, rootDir, env };
  const { internalIp, runtimeOf, machine } = await realRuntimes(own);
  const address = internalIp === undefined ? {} : { internalIp };
  const nodes: KubeletNode[] = options.nodes.map((name) => ({ name, ...address }));
  const master = options.controlPlaneNode
    ? await masterOf(dataDir, { ...components, without })
    : undefined;
  if (master !== undefined) nodes.push({ ...master.node, ...address });
  const kubelets = await parts.start(() =>
    startKubelets({
      ...effects,
      logger,
      client,
      metrics,
      nodes,
      machine,
      stages: options.staged,
      stageClient: connect('stages', identities.admin),
      runtimeOf: (node) =>
        node.name === master?.node.name ? master.runtime(runtimeOf(node)) : runtimeOf(node),
      server: (pods) => serveNodes({ pki, logger, metrics }, pods),
    }),
  );
  await kubelets.ready();
  for (const node of options.nodes) options.announce(node);
}

async function masterOf(dataDir: string, components: EmbeddedComponents): Promise<Master> {
  const { embeddedMaster } = await import('./control-plane/embedded-master.ts');
  return embeddedMaster(clusterPaths(dataDir), components);
}
