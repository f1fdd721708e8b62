/** How a component that is a process of its own reaches the API server. */
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { connectHttp } from '../../platform/node/net/http-client.ts';
import type { Lifecycle } from '../../platform/lifecycle.ts';
import type { Metrics } from '../../platform/metrics/metrics.ts';
import { connectionOf, loadKubeconfig } from '../kubeconfig-connection.ts';
import { RestMetrics } from '../rest-metrics.ts';
import { createClient, type RestClient } from '../rest.ts';

export interface ComponentConnection {
  readonly client: RestClient;
  /** PEM of the authority that the kubeconfig names for the server. */
  readonly ca?: Uint8Array;
}

export interface ComponentIdentity {
  /** "kube-scheduler/wherry". */
  readonly userAgent: string;
  /** Where requests are counted; default nowhere. */
  readonly metrics?: Metrics;
}

/**
 * Connects as the kubeconfigs in `paths` say, merged; certificates in them are read again when
 * they have been renewed. Closed with `parts`. Rejects with a KubeconfigError that names the file.
 */
export async function connectComponent(
  paths: readonly string[],
  { userAgent, metrics }: ComponentIdentity,
  parts: Lifecycle,
): Promise<ComponentConnection> {
  const known = async () => connectionOf(realDisk, await loadKubeconfig(realDisk, paths));
  const server = await known();
  const connection = connectHttp({ ...server, renewed: known });
  await parts.start(() => ({ stop: () => connection.close() }));
  const { host } = new URL(server.baseUrl);
  const client = createClient({
    handler: connection.handler,
    userAgent,
    clock: realClock,
    ...(metrics && { metrics: new RestMetrics(metrics, host) }),
  });
  return { client, ...(server.ca && { ca: server.ca }) };
}
