import type { RestClient } from '../client/rest.ts';
import { createLogger, type LogLevel } from '../platform/node/logger.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import { processEnvironment } from '../platform/node/process-environment.ts';
import { temporaryFolder } from '../platform/node/files/temporary-folder.ts';
import { traceScope } from '../platform/node/trace-scope.ts';
import { startEmbedded } from './embedded/start.ts';
import { DEFAULT_NODES, nodeNames } from './options.ts';
import { clusterPaths } from './paths.ts';
import { openTopology } from './topology.ts';

export interface StartClusterOptions {
  /** Default: a temporary folder that `stop` removes. */
  readonly dataDir?: string;
  /** Port of the API server on 127.0.0.1. Default 0: a free one. */
  readonly port?: number;
  /** Port of the store on 127.0.0.1. Default 0: a free one. */
  readonly storePort?: number;
  /** Hollow nodes. Default 3. */
  readonly nodes?: number;
  /** A further node that shows the components as pods of kube-system. Default false. */
  readonly controlPlaneNode?: boolean;
  /** What containers are: simulated, or processes of this machine. Default "hollow". */
  readonly runtime?: 'hollow' | 'process';
  /** Left out: you run your own on the cluster, with its kubeconfig. Default: none. */
  readonly without?: readonly ('controllers' | 'scheduler')[];
  /** Default "silent". */
  readonly logLevel?: LogLevel;
}

export interface Cluster {
  /** "https://127.0.0.1:41234" */
  readonly server: string;
  /** Where etcd's clients find the store: "http://127.0.0.1:41235". */
  readonly storeEndpoint: string;
  /** Text of a kubeconfig for the cluster's admin. */
  readonly kubeconfig: string;
  /** The admin's client, without a socket. */
  readonly client: RestClient;
  /**
   * Resolves when nothing of the cluster is left: no timer, socket, file handle or temporary file.
   */
  stop(): Promise<void>;
}

/**
 * Starts a cluster in this process; resolves when everything is ready. Many may run side by side.
 */
export async function startCluster(options: StartClusterOptions = {}): Promise<Cluster> {
  const temporary = options.dataDir === undefined ? await temporaryFolder('wherry-') : undefined;
  const removed = async (): Promise<void> => temporary?.remove();
  try {
    const dataDir = options.dataDir ?? temporary!.path;
    if (temporary === undefined) await openLoneStore(dataDir);
    const cluster = await startEmbedded({
      dataDir,
      port: options.port ?? 0,
      storePort: options.storePort ?? 0,
      nodes: nodeNames(options.nodes ?? DEFAULT_NODES),
      ...(options.controlPlaneNode === undefined
        ? {}
        : { controlPlaneNode: options.controlPlaneNode }),
      ...(options.runtime === undefined ? {} : { runtime: options.runtime }),
      without: options.without ?? [],
      env: processEnvironment(),
      logger: createLogger({ level: options.logLevel ?? 'silent', name: 'wherry' }),
      announce: () => {},
      trace: traceScope({ every: options.logLevel === 'debug' }),
      onFailure: () => {},
    });
    const { server, storeEndpoint, kubeconfig, client } = cluster;
    const stop = async (): Promise<void> => {
      await cluster.stop();
      await removed();
    };
    return { server, storeEndpoint, kubeconfig, client, stop };
  } catch (error) {
    await removed();
    throw error;
  }
}

/** One process holds one member: data of several is refused. */
async function openLoneStore(dataDir: string): Promise<void> {
  const peerPorts = (): Promise<number[]> => Promise.resolve([]);
  await openTopology(realDisk, clusterPaths(dataDir), { storeMembers: 1, peerPorts });
}
