/** Each component a process of its own, under a supervisor. */
import { Lifecycle, type Running } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/logger.ts';
import { startChild } from '../platform/node/child-process.ts';
import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/disk.ts';
import { adminKubeconfig, clusterPki, writeComponentKubeconfigs } from './access.ts';
import { type Announce, type ClusterOptions, HOST, SERVICE_CLUSTER_IP_RANGE } from './options.ts';
import { clusterPaths } from './paths.ts';
import type { ComponentState } from './run-state.ts';
import { type ComponentPlan, Supervisor } from './supervisor.ts';

export interface SeparateOptions extends ClusterOptions {
  readonly logger: Logger;
  readonly announce: Announce;
  readonly onChange: (components: readonly ComponentState[]) => void;
  /** Path of the `wherry` script, which runs every component. */
  readonly script: string;
}

export interface SeparateCluster extends Running {
  readonly server: string;
}

export async function startSeparate(options: SeparateOptions): Promise<SeparateCluster> {
  const paths = clusterPaths(options.dataDir);
  const parts = new Lifecycle();
  const supervisor = new Supervisor({
    clock: realClock,
    logger: options.logger,
    onChange: options.onChange,
    start: (plan) => startChild(options.script, plan.args(), { logFile: paths.logFile(plan.name) }),
  });
  await parts.start(() => ({ stop: () => supervisor.stop() }));
  const launch = async (plan: ComponentPlan): Promise<string> => {
    const { address = '' } = await supervisor.start(plan).catch((error: Error) => {
      throw new Error(`${error.message}; see ${paths.logFile(plan.name)}`, { cause: error });
    });
    options.announce(plan.name, address === '' ? undefined : address);
    return address;
  };
  try {
    const pki = await clusterPki(paths);
    const store = options.etcdServers?.join(',') ?? (await launch(storePlan(options)));
    if (options.etcdServers !== undefined) options.announce('store', store);
    const server = await launch(apiserverPlan(options, store));
    await realDisk.write(paths.kubeconfig, await adminKubeconfig(pki, server));
    await writeComponentKubeconfigs(paths, pki, { server, nodes: options.nodes });
    const kubeconfig = (name: string) => ['--kubeconfig', paths.componentKubeconfig(name)];
    const loops: ComponentPlan[] = ['controllers', 'scheduler'].map((name) => ({
      name,
      args: () => [name, ...kubeconfig(name)],
    }));
    const nodes = options.nodes.map((name) => ({
      name,
      args: () => ['kubelet', '--node-name', name, ...kubeconfig(name)],
    }));
    await Promise.all([...loops, ...nodes].map(launch));
    return { server, stop: () => parts.stop() };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

function storePlan(options: SeparateOptions): ComponentPlan {
  const paths = clusterPaths(options.dataDir);
  let url = `http://${HOST}:${options.storePort}`;
  return {
    name: 'store',
    args: () => [
      ...['store', '--data-dir', paths.store],
      ...['--listen-client-urls', url, '--advertise-client-urls', url],
    ],
    onReady: (address) => (url = address ?? url),
  };
}

function apiserverPlan(options: SeparateOptions, store: string): ComponentPlan {
  const paths = clusterPaths(options.dataDir);
  let port = String(options.port);
  return {
    name: 'apiserver',
    args: () => [
      ...['apiserver', '--etcd-servers', store, '--secure-port', port, '--bind-address', HOST],
      ...['--cert-dir', paths.pki],
      ...['--service-cluster-ip-range', SERVICE_CLUSTER_IP_RANGE],
    ],
    onReady: (address) => {
      if (address !== undefined) port = new URL(address).port;
    },
  };
}
