/** `wherry kubelet`: real effects for hollow nodes. */
import type { Command } from 'commander';
import { buildMetrics } from '../api/build-metrics.ts';
import { QuantityError, parseQuantity } from '../api/quantity.ts';
import { componentKubeconfigs } from '../client/kubeconfig.ts';
import { connectComponent } from '../client/serving/connect.ts';
import type { Client } from '../client/interface.ts';
import { type Lifecycle, withLifecycle } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/logger.ts';
import { Metrics } from '../platform/metrics/metrics.ts';
import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import { createLogger } from '../platform/node/logger.ts';
import { processMetrics } from '../platform/node/process-metrics.ts';
import { type ProcessContext, whenAborted } from '../platform/node/process.ts';
import { sha1 } from '../platform/node/crypto/sha1.ts';
import { realEffects } from '../platform/node/effects.ts';
import { agentServer } from './agent-server.ts';
import { allocatableOf } from './eviction/allocatable.ts';
import { parseThresholds, type Threshold, ThresholdError } from './eviction/thresholds.ts';
import { type KubeletFlags, kubeletFlags } from './flags.ts';
import { realRuntimes } from './real-runtimes.ts';
import {
  type KubeletNode,
  KubeletOptionsError,
  startKubelets,
  type StartNodeServer,
} from './kubelet.ts';
import { defaultCapacity } from './node-object.ts';
import { readStages } from './stages/read-stages.ts';
import { ManifestFolder } from './static/manifest-folder.ts';

function nodesOf(flags: KubeletFlags): KubeletNode[] {
  const { nodeLabels: labels, capacity, podCidr } = flags;
  const names = flags.nodeName.length === 0 ? ['node1'] : flags.nodeName;
  if (podCidr !== undefined && names.length > 1)
    throw new KubeletOptionsError('--pod-cidr is for a single node');
  checkAmounts('--capacity', capacity);
  const cidr = podCidr === undefined ? {} : { podCidr };
  return names.map((name) => ({ name, labels, capacity, ...cidr, ...sharesOf(flags) }));
}

function checkAmounts(flag: string, amounts: Readonly<Record<string, string>>): void {
  for (const [name, quantity] of Object.entries(amounts)) {
    try {
      parseQuantity(quantity);
    } catch (error) {
      if (!(error instanceof QuantityError)) throw error;
      throw new KubeletOptionsError(`${flag}: ${name}: ${error.message}`);
    }
  }
}

/** What is kept from pods. */
function sharesOf(flags: KubeletFlags): Pick<KubeletNode, 'allocatable' | 'evictionHard'> {
  const { kubeReserved, systemReserved, evictionHard } = flags;
  checkAmounts('--kube-reserved', kubeReserved);
  checkAmounts('--system-reserved', systemReserved);
  let thresholds: readonly Threshold[] = [];
  try {
    thresholds = evictionHard === undefined ? [] : parseThresholds(evictionHard);
  } catch (error) {
    if (!(error instanceof ThresholdError)) throw error;
    throw new KubeletOptionsError(`--eviction-hard: ${error.message}`);
  }
  const capacity = { ...defaultCapacity, ...flags.capacity };
  const allocatable = allocatableOf(capacity, [kubeReserved, systemReserved], thresholds);
  if (allocatable === undefined)
    throw new KubeletOptionsError('more is reserved than the nodes have');
  return { allocatable, ...(evictionHard === undefined ? {} : { evictionHard: thresholds }) };
}

/** Each node looks for itself: a folder is a node's. */
function staticPods({ podManifestPath: folder }: KubeletFlags, logger: Logger) {
  if (folder === undefined) return {};
  const hash = (text: string): string =>
    Buffer.from(sha1(Buffer.from(text)))
      .toString('hex')
      .slice(0, 32);
  return {
    staticPods: new ManifestFolder({ folder, disk: realDisk, clock: realClock, logger, hash }),
  };
}

async function clientOf(path: string | undefined, parts: Lifecycle): Promise<Client | undefined> {
  if (path === undefined) return undefined;
  const stages = await connectComponent([path], { userAgent: 'wherry-stages' }, parts);
  return stages.client;
}

async function run(flags: KubeletFlags, context: ProcessContext, parts: Lifecycle): Promise<void> {
  // Before anything is connected: a mistake in a flag should not wait for a server.
  const nodes = nodesOf(flags);
  const stages = await readStages(realDisk, flags.stages);
  const logger = createLogger({ level: flags.logLevel, name: 'kubelet' });
  const paths = componentKubeconfigs(flags.kubeconfig, context.env['KUBECONFIG']);
  const metrics = new Metrics();
  buildMetrics(metrics);
  processMetrics(metrics);
  const identified = { userAgent: 'kubelet/wherry', metrics };
  const { client, ca } = await connectComponent(paths, identified, parts);
  const stageClient = await clientOf(flags.stagesKubeconfig, parts);
  const { rootDir, runtime } = flags;
  const runtimes = await realRuntimes({ client, logger, rootDir, runtime, env: context.env });
  const { internalIp, runtimeOf, machine } = runtimes;
  const placed = internalIp === undefined ? nodes : nodes.map((node) => ({ ...node, internalIp }));
  const started = await agentServer(flags, ca, { logger, metrics });
  let url: string | undefined;
  const server: StartNodeServer | undefined =
    started &&
    (async (pods) => {
      const serving = await started(pods);
      url = serving.url;
      return serving;
    });
  const running = await parts.start(() =>
    startKubelets({
      ...realEffects(logger),
      client,
      metrics,
      stages,
      ...(stageClient && { stageClient }),
      runtimeOf,
      machine,
      ...(server && { server }),
      nodes: placed.map((node) => ({ ...node, ...staticPods(flags, logger) })),
    }),
  );
  await Promise.race([running.ready(), whenAborted(context.terminated)]);
  if (!context.terminated.aborted) context.notifyReady(url);
  await whenAborted(context.terminated);
}

/** Runs until the process is told to stop; rejects with one clear error if it cannot start. */
export function kubeletCommand(context: ProcessContext): Command {
  return kubeletFlags().action((flags: KubeletFlags) =>
    withLifecycle((parts) => run(flags, context, parts)),
  );
}
