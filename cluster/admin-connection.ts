/** Connections to the parts of a running cluster, as its admin. */
import { connectionOf, loadKubeconfig } from '../client/kubeconfig-connection.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import type { HttpConnection } from '../platform/node/net/http-connection.ts';
import { connectHttp1 } from '../platform/node/net/https1-client.ts';
import type { ClusterPaths } from './paths.ts';

export type Connect = (baseUrl: string) => HttpConnection;

/** `trusting`: believes a certificate that a component made itself. */
export async function adminConnections(
  paths: ClusterPaths,
  { trusting }: { readonly trusting: boolean },
): Promise<Connect> {
  const config = await loadKubeconfig(realDisk, [paths.kubeconfig]);
  const admin = await connectionOf(realDisk, config);
  return (baseUrl) =>
    connectHttp1({ ...admin, baseUrl, ...(trusting && { insecureSkipVerify: true }) });
}
