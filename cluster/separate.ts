/** Each component a process of its own, under a supervisor. */
import { Lifecycle, type Running } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/logger.ts';
import { startChild } from '../platform/node/child-process.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import { freePorts } from '../platform/node/net/free-ports.ts';
import { realClock } from '../platform/node/clock.ts';
import type { Pki } from '../apiserver/pki/pki.ts';
import { clusterPki, keepKubeconfigs, writeAdmin, writeComponentKubeconfigs } from './access.ts';
import { startBalancer } from './balancer.ts';
import { ComponentStates } from './control-plane/component-states.ts';
import { MASTER } from './control-plane/parts.ts';
import { ClusterError } from './failure.ts';
import { lastWords } from './last-words.ts';
import {
  type Announce,
  type ClusterOptions,
  type ExtraArgs,
  HOST,
  leftOut,
  SERVICE_CLUSTER_IP_RANGE,
} from './options.ts';
import { clusterPaths, type ClusterPaths } from './paths.ts';
import { clientPorts } from './ports.ts';
import type { ComponentState } from './run-state.ts';
import { type ComponentPlan, Supervisor } from './supervisor.ts';
import type { StoreMember } from './topology.ts';

export interface SeparateOptions extends ClusterOptions {
  readonly logger: Logger;
  readonly announce: Announce;
  readonly onChange: (components: readonly ComponentState[]) => void;
  /** Told to stop: rejects if it is not ready yet, and starts nothing again. */
  readonly terminated: AbortSignal;
  /** Path of the `wherry` script, which runs every component. */
  readonly script: string;
  /** As the data directory remembers them; none with `etcdServers`. */
  readonly storeMembers: readonly StoreMember[];
  /** API servers; several are reached through a balancer. Default 1. */
  readonly apiservers?: number;
  /** Further flags of each kind of component. */
  readonly extraArgs?: ExtraArgs;
}

/** Where the components that only talk to the API server show how they are. */
interface LoopPorts {
  readonly controllers: number;
  readonly scheduler: number;
}

export interface SeparateCluster extends Running {
  readonly server: string;
}

export async function startSeparate(options: SeparateOptions): Promise<SeparateCluster> {
  const paths = clusterPaths(options.dataDir);
  const parts = new Lifecycle();
  const states = options.controlPlaneNode ? new ComponentStates() : undefined;
  const supervisor = new Supervisor({
    clock: realClock,
    logger: options.logger,
    terminated: options.terminated,
    onChange(components) {
      options.onChange(components);
      states?.changed(components);
    },
    start: (plan) => startChild(options.script, plan.args(), { logFile: paths.logFile(plan.name) }),
  });
  await parts.start(() => ({ stop: () => supervisor.stop() }));
  const launched: ComponentPlan[] = [];
  const launch = async (plan: ComponentPlan): Promise<string> => {
    launched.push(plan);
    const { address = '' } = await supervisor.start(plan).catch(async (error: Error) => {
      throw await startFailure(plan.name, paths.logFile(plan.name), error);
    });
    options.announce(plan.name, address === '' ? undefined : address);
    return address;
  };
  try {
    const pki = await clusterPki(paths);
    const stores = options.etcdServers ?? (await startStores(options, launch));
    if (options.etcdServers !== undefined) options.announce('store', stores.join(','));
    const [controllers = 0, scheduler = 0] = await freePorts(HOST, 2);
    const ports = { controllers, scheduler };
    const server = await startApiServers({ options, ports, stores, pki, launch, parts });
    const writeKubeconfigs = async (): Promise<void> => {
      await writeAdmin(paths, pki, server);
      const masters = states === undefined ? [] : [MASTER];
      await writeComponentKubeconfigs(paths, pki, {
        server,
        nodes: [...options.nodes, ...masters],
      });
    };
    await writeKubeconfigs();
    await parts.start(() => keepKubeconfigs(writeKubeconfigs, options.logger));
    await Promise.all(loopPlans(options, paths, ports).map(launch));
    if (states !== undefined) {
      const { startSeparateMaster } = await import('./control-plane/separate-master.ts');
      const components = launched.map((plan) => ({ name: plan.name, args: plan.args() }));
      await parts.start(() => startSeparateMaster({ paths, pki, states, components }));
    }
    return { server, stop: () => parts.stop() };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

/** What the process itself said last, if it said why: nobody should have to look for it. */
async function startFailure(name: string, logFile: string, error: Error): Promise<Error> {
  const why = await lastWords(realDisk, logFile);
  const text = why === undefined ? error.message : `${name}: ${why}`;
  return new ClusterError(`${text} (see ${logFile})`, { cause: error });
}

/** What only talks to the API server: side by side, each ready in its time. */
function loopPlans(
  options: SeparateOptions,
  paths: ClusterPaths,
  ports: LoopPorts,
): ComponentPlan[] {
  const kubeconfig = (name: string) => ['--kubeconfig', paths.componentKubeconfig(name)];
  const flags = {
    controllers: [
      '--standard-storage-class',
      ...['--service-account-private-key-file', `${paths.pki}/sa.key`],
      ...['--cluster-signing-cert-file', `${paths.pki}/ca.crt`],
      ...['--cluster-signing-key-file', `${paths.pki}/ca.key`],
    ],
    scheduler: schedulerFlags(options),
  };
  const here = leftOut.filter((name) => !(options.without ?? []).includes(name));
  const loops: ComponentPlan[] = here.map((name) => ({
    name,
    args: () => [
      ...[name, ...flags[name], ...kubeconfig(name), '--secure-port', String(ports[name])],
      ...['--client-ca-file', `${paths.pki}/ca.crt`],
      ...(options.extraArgs?.[name] ?? []),
    ],
  }));
  const nodes = options.nodes.map((name) => ({
    name,
    args: () => [
      ...['kubelet', '--node-name', name, ...kubeconfig(name)],
      ...['--runtime', options.runtime ?? 'hollow', '--root-dir', paths.nodes],
      ...stageFlags(options, paths),
      ...(options.extraArgs?.kubelet ?? []),
    ],
  }));
  return [...loops, ...nodes];
}

/** A node may not change pods but their statuses: for stages the admin does. */
function stageFlags({ stages = [] }: SeparateOptions, { kubeconfig }: ClusterPaths): string[] {
  if (stages.length === 0) return [];
  return [...stages.flatMap((path) => ['--stages', path]), '--stages-kubeconfig', kubeconfig];
}

function schedulerFlags({ schedulerConfig, schedulerPlugins = [] }: SeparateOptions): string[] {
  if (schedulerConfig === undefined) return [];
  const plugins = schedulerPlugins.length > 0 ? ['--plugins', ...schedulerPlugins] : [];
  // Supervised, there is only the one: it need not wait for its predecessor's lease to expire.
  return ['--no-leader-elect', '--config', schedulerConfig, ...plugins];
}

type Launch = (plan: ComponentPlan) => Promise<string>;

/** Side by side, since a member is ready once a majority runs. Yields the client URLs. */
async function startStores(options: SeparateOptions, launch: Launch): Promise<string[]> {
  const { dataDir, storePort, storeMembers: members, extraArgs } = options;
  const paths = clusterPaths(dataDir);
  const peerUrl = ({ peerPort }: StoreMember): string => `http://${HOST}:${peerPort}`;
  const cluster = members.map((member) => `${member.name}=${peerUrl(member)}`).join(',');
  const ports = await clientPorts(storePort, members.length);
  const plans = members.map((member, index): ComponentPlan => {
    let url = `http://${HOST}:${ports[index]}`;
    const peers = [
      ...['--listen-peer-urls', peerUrl(member), '--initial-advertise-peer-urls', peerUrl(member)],
      ...['--initial-cluster', cluster, '--name', member.name],
    ];
    return {
      name: member.name,
      args: () => [
        ...['store', '--data-dir', paths.storeMember(member.name)],
        ...['--listen-client-urls', url, '--advertise-client-urls', url],
        ...(member.peerPort === undefined ? [] : peers),
        ...(extraArgs?.store ?? []),
      ],
      onReady: (address) => (url = address ?? url),
    };
  });
  return Promise.all(plans.map(launch));
}

interface ApiServersStart {
  readonly options: SeparateOptions;
  readonly ports: LoopPorts;
  readonly stores: readonly string[];
  readonly pki: Pki;
  readonly launch: Launch;
  readonly parts: Lifecycle;
}

/** One on the port itself, or several behind a balancer that listens there. */
async function startApiServers(start: ApiServersStart): Promise<string> {
  const { options, ports, stores, pki, launch, parts } = start;
  const { apiservers: count = 1, port } = options;
  // They share a folder of certificates, which has to be complete before they look into it.
  await Promise.all([pki.serving(), pki.kubeletClient()]);
  // Each prefers another member, so that they do not all miss the same one.
  const plan = (name: string, wanted: number, index = 0) => {
    const preferred = index % stores.length;
    const etcdServers = [...stores.slice(preferred), ...stores.slice(0, preferred)].join(',');
    return apiserverPlan(options, { name, port: wanted, etcdServers, ports });
  };
  if (count === 1) return launch(plan('apiserver', port));
  const addresses = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      launch(plan(`apiserver${index + 1}`, port === 0 ? 0 : port + index + 1, index)),
    ),
  );
  const balancer = await parts.start(() =>
    startBalancer({ addresses, port, ca: pki.ca.certificate, logger: options.logger }),
  );
  const server = `https://${HOST}:${balancer.port}`;
  options.announce('balancer', server);
  return server;
}

interface ApiServerChoice {
  readonly name: string;
  readonly port: number;
  readonly etcdServers: string;
  readonly ports: LoopPorts;
}

function apiserverPlan(
  options: SeparateOptions,
  { name, port: first, etcdServers, ports }: ApiServerChoice,
): ComponentPlan {
  const paths = clusterPaths(options.dataDir);
  let port = String(first);
  return {
    name,
    args: () => [
      ...['apiserver', '--etcd-servers', etcdServers],
      ...['--secure-port', port, '--bind-address', HOST, '--cert-dir', paths.pki],
      ...['--service-cluster-ip-range', SERVICE_CLUSTER_IP_RANGE],
      ...['--controller-manager-url', `https://${HOST}:${ports.controllers}`],
      ...['--scheduler-url', `https://${HOST}:${ports.scheduler}`],
      ...(options.extraArgs?.apiserver ?? []),
    ],
    onReady: (address) => {
      if (address !== undefined) port = new URL(address).port;
    },
  };
}
