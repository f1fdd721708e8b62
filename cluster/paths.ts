/** Where a cluster keeps things below its data directory. */
export interface ClusterPaths {
  readonly dataDir: string;
  readonly store: string;
  readonly pki: string;
  readonly kubeconfig: string;
  readonly runState: string;
  /** The kubeconfig of a component that runs as a process of its own. */
  componentKubeconfig(component: string): string;
  logFile(component: string): string;
}

export const DEFAULT_DATA_DIR = '.wherry';

export function clusterPaths(dataDir: string): ClusterPaths {
  return {
    dataDir,
    store: `${dataDir}/store`,
    pki: `${dataDir}/pki`,
    kubeconfig: `${dataDir}/kubeconfig`,
    runState: `${dataDir}/run.json`,
    componentKubeconfig: (component) => `${dataDir}/kubeconfigs/${component}`,
    logFile: (component) => `${dataDir}/logs/${component}.log`,
  };
}
