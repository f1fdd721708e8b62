/**
 * Wherry for programs: a whole cluster in this process.
 *
 *     const cluster = await startCluster();
 *     …                       // cluster.kubeconfig, cluster.client
 *     await cluster.stop();
 */
export { startCluster, type StartClusterOptions, type Cluster } from './cluster/start-cluster.ts';
