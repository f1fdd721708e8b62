import type { RuntimeName } from '../kubelet/runtimes-by-class.ts';

/** What a user may choose of a cluster. */
export interface ClusterOptions {
  readonly dataDir: string;
  /** Port of the API server on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** Port of the store on 127.0.0.1; 0 takes a free one. */
  readonly storePort: number;
  /** Names of the hollow nodes. */
  readonly nodes: readonly string[];
  /** A further node, tainted, that shows the components of the control plane. Default false. */
  readonly controlPlaneNode?: boolean;
  /** Files of stages for simulated pods and nodes. */
  readonly stages?: readonly string[];
  /** What containers are. Default "hollow": simulated. */
  readonly runtime?: RuntimeName;
  /** Endpoints of an etcd to use in place of a store of our own. */
  readonly etcdServers?: readonly string[];
  /** A KubeSchedulerConfiguration. */
  readonly schedulerConfig?: string;
  /** Modules that export plugins for it. */
  readonly schedulerPlugins?: readonly string[];
  /** Left out, for a kube-controller-manager or a kube-scheduler of one's own. */
  readonly without?: readonly LeftOut[];
}

export const leftOut = ['controllers', 'scheduler'] as const;
export type LeftOut = (typeof leftOut)[number];

export const DEFAULT_PORT = 6443;
export const DEFAULT_STORE_PORT = 2379;
export const DEFAULT_NODES = 3;
export const HOST = '127.0.0.1';
export const SERVICE_CLUSTER_IP_RANGE = '10.96.0.0/12';

/** node1, node2, … */
export function nodeNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `node${index + 1}`);
}

/** Told of each component as it becomes ready. */
export type Announce = (component: string, address?: string) => void;

export type ComponentKind = 'store' | 'apiserver' | 'controllers' | 'scheduler' | 'kubelet';
/** Flags by component: `{ scheduler: ['--config=scheduler.yaml'] }`. */
export type ExtraArgs = Readonly<Partial<Record<ComponentKind, readonly string[]>>>;
