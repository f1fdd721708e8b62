/** What only talks to the API server: controllers, scheduler and nodes, each ready in its time. */
import { identities, type Pki } from '../../apiserver/pki/pki.ts';
import type { RestClient } from '../../client/rest.ts';
import { type ControllersOptions, startControllers } from '../../controllers/manager.ts';
import { type KubeletNode, startKubelets } from '../../kubelet/kubelet.ts';
import { realRuntimes } from '../../kubelet/real-runtimes.ts';
import type { Stage } from '../../kubelet/stages/stage.ts';
import type { Lifecycle } from '../../platform/lifecycle.ts';
import type { Metrics } from '../../platform/metrics/metrics.ts';
import { realCiphers } from '../../platform/node/crypto/ciphers.ts';
import { realEffects } from '../../platform/node/effects.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { busyMs } from '../../platform/node/next-turn.ts';
import type { OutgoingHttp } from '../../platform/net/outgoing-http.ts';
import { SpareThreadTime } from '../../platform/spare-time.ts';
import type { LoadedConfiguration } from '../../scheduler/config/load.ts';
import { startScheduler } from '../../scheduler/scheduler.ts';
import type { EmbeddedComponents } from '../control-plane/embedded-master.ts';
import type { Master } from '../control-plane/master.ts';
import { type LeftOut, leftOut } from '../options.ts';
import { clusterPaths } from '../paths.ts';
import type { Identity } from './in-process-client.ts';
import type { LoopHealth } from './loop-health.ts';
import { serveNodes } from '../node-server.ts';
import type { EmbeddedOptions } from './options.ts';

/** What the files that a user names say. */
export interface LoopFiles {
  readonly scheduler: Partial<LoadedConfiguration['options']>;
  readonly stages: readonly Stage[];
}

/** Read before anything starts: a malformed file costs no start. */
export async function readLoopFiles(
  options: EmbeddedOptions,
  http: OutgoingHttp,
): Promise<LoopFiles> {
  return { scheduler: await schedulerOptions(options, http), stages: await stagesOf(options) };
}

async function stagesOf({ stages = [] }: EmbeddedOptions): Promise<readonly Stage[]> {
  if (stages.length === 0) return [];
  const { readStages } = await import('../../kubelet/stages/read-stages.ts');
  return readStages(realDisk, stages);
}

/** There is one scheduler per process, and one process per data directory: it needs no lease. */
async function schedulerOptions(
  { schedulerConfig, schedulerPlugins = [], logger }: EmbeddedOptions,
  http: OutgoingHttp,
): Promise<LoopFiles['scheduler']> {
  if (schedulerConfig === undefined) return {};
  const { loadConfiguration } = await import('../../scheduler/config/load.ts');
  const { loadModule } = await import('../../platform/node/load-module.ts');
  const loaded = await loadConfiguration(schedulerConfig, schedulerPlugins, {
    ...realEffects(logger.child({ component: 'scheduler' })),
    disk: realDisk,
    loadModule,
    http: async () => http,
    timeLimit: async () => (await import('../../platform/node/time-limit.ts')).realTimeLimit(),
  });
  return loaded.options;
}

export interface Served {
  /** A client with an identity of its own. */
  readonly connect: (name: string, identity: Identity) => RestClient;
  readonly metrics: Metrics;
  readonly pki: Pki;
  readonly components: EmbeddedComponents;
  readonly health: LoopHealth;
  /** What controllers hand out. */
  readonly secrets: Pick<ControllersOptions, 'rootCa' | 'signToken' | 'signing' | 'hmacSha256'>;
  readonly files: LoopFiles;
}

/** Starts them side by side; resolves when all are ready. */
export async function startLoops(
  options: EmbeddedOptions,
  served: Served,
  parts: Lifecycle,
): Promise<void> {
  const { announce, logger, without = [] } = options;
  const { connect, files, health, metrics, secrets } = served;
  const base = (component: string) => ({
    ...realEffects(logger.child({ component })),
    metrics,
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
        ...files.scheduler,
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
  options: EmbeddedOptions,
  { connect, pki, metrics, components, files }: Served,
  parts: Lifecycle,
): Promise<void> {
  const effects = realEffects(options.logger.child({ component: 'kubelet' }));
  const { logger } = effects;
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
      client,
      metrics,
      nodes,
      machine,
      stages: files.stages,
      stageClient: connect('stages', identities.admin),
      runtimeOf: (node) =>
        node.name === master?.node.name ? master.runtime(runtimeOf(node)) : runtimeOf(node),
      server: (pods) => serveNodes({ pki, logger, metrics }, pods),
      spare: new SpareThreadTime({ clock: effects.clock, busyMs }),
    }),
  );
  await kubelets.ready();
  for (const node of options.nodes) options.announce(node);
}

async function masterOf(dataDir: string, components: EmbeddedComponents): Promise<Master> {
  const { embeddedMaster } = await import('../control-plane/embedded-master.ts');
  return embeddedMaster(clusterPaths(dataDir), components);
}
