/** Where a cluster keeps things below its data directory. */
export interface ClusterPaths {
  readonly dataDir: string;
  readonly store: string;
  /** Of the member "store", alone, or of "store1", "store2", … */
  storeMember(name: string): string;
  readonly pki: string;
  readonly kubeconfig: string;
  readonly runState: string;
  /** The kubeconfig of a component that runs as a process of its own. */
  componentKubeconfig(component: string): string;
  logFile(component: string): string;
  /** Of a cluster in one process, all components together. */
  readonly clusterLog: string;
  readonly snapshots: string;
  /** Pods of nodes whose containers are processes. */
  readonly nodes: string;
}

export const DEFAULT_DATA_DIR = '.wherry';

export function clusterPaths(dataDir: string): ClusterPaths {
  return {
    dataDir,
    store: `${dataDir}/store`,
    storeMember: (name) => `${dataDir}/${name}`,
    pki: `${dataDir}/pki`,
    kubeconfig: `${dataDir}/kubeconfig`,
    runState: `${dataDir}/run.json`,
    componentKubeconfig: (component) => `${dataDir}/kubeconfigs/${component}`,
    clusterLog: `${dataDir}/logs/wherry.log`,
    snapshots: `${dataDir}/snapshots`,
    nodes: `${dataDir}/kubelet`,
    logFile: (component) => `${dataDir}/logs/${component}.log`,
  };
}
