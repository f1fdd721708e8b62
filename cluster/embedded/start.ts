/**
 * The whole control plane in one process. Components talk to the API server by direct calls that
 * pass the same authentication, admission and storage as a socket's; only people's clients and
 * `etcdctl` use sockets.
 */
import { buildMetrics } from '../../api/build-metrics.ts';
import { identities } from '../../apiserver/pki/pki.ts';
import { RestMetrics } from '../../client/rest-metrics.ts';
import type { RestClient } from '../../client/rest.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { Metrics } from '../../platform/metrics/metrics.ts';
import { realClock } from '../../platform/node/clock.ts';
import { hmacSha256 } from '../../platform/node/crypto/crypto.ts';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import { outgoingHttp } from '../../platform/node/net/outgoing-http.ts';
import { processMetrics } from '../../platform/node/process-metrics.ts';
import { keepKubeconfigs, writeAdmin, writeComponentKubeconfigs } from '../access.ts';
import { clusterPaths } from '../paths.ts';
import { type Access, openAccess, startListeningApiServer } from './apiserver.ts';
import { type Identity, inProcessClient } from './in-process-client.ts';
import { LoopHealth } from './loop-health.ts';
import { readLoopFiles, type Served, startLoops } from './loops.ts';
import type { EmbeddedCluster, EmbeddedOptions } from './options.ts';
import { startStore } from './store.ts';

/** Resolves when everything is ready; if a part does not start, nothing is left of the others. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedCluster> {
  const parts = new Lifecycle();
  try {
    return await start(options, parts);
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

async function start(options: EmbeddedOptions, parts: Lifecycle): Promise<EmbeddedCluster> {
  const startedAt = realClock.now();
  const { dataDir, logger } = options;
  const outgoing = outgoingHttp();
  await parts.start(() => ({ stop: () => outgoing.close() }));
  const files = await readLoopFiles(options, outgoing);
  const [access, store] = await sideBySide(openAccess(dataDir), startStore(options, parts));
  const metrics = processRegistry();
  const health = new LoopHealth();
  const { api, url: server } = await startListeningApiServer(
    options,
    { kv: store.kv, access, outgoing, metrics, components: health.components },
    parts,
  );
  const { pki } = access;
  const kubeconfigs = () => writeKubeconfigs(options, access, server);
  await parts.start(() => keepKubeconfigs(kubeconfigs, logger));
  const rest = new RestMetrics(metrics, 'in-process');
  const connect = (name: string, identity: Identity): RestClient =>
    inProcessClient(api, name, { identity, metrics: rest });
  const ownStore = options.etcdServers === undefined ? store.endpoint : undefined;
  const components = { startedAt, apiserver: server, store: ownStore };
  const secrets = secretsOf(access);
  const served = { connect, pki, secrets, metrics, components, health, files };
  const [kubeconfig] = await sideBySide(kubeconfigs(), startLoops(options, served, parts));
  const client = inProcessClient(api, 'admin', { identity: identities.admin });
  const { endpoint: storeEndpoint } = store;
  return { server, storeEndpoint, kubeconfig, client, stop: () => parts.stop() };
}

/**
 * One process, one registry: the API server's /metrics shows all parts but the store, which has
 * its own on its port.
 */
function processRegistry(): Metrics {
  const metrics = new Metrics();
  buildMetrics(metrics);
  processMetrics(metrics);
  return metrics;
}

/** If one fails, the other is waited for: what it starts has to be stopped. */
async function sideBySide<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  const [first, second] = await Promise.allSettled([one, other]);
  if (first.status === 'rejected') throw first.reason;
  if (second.status === 'rejected') throw second.reason;
  return [first.value, second.value];
}

/** The admin's, whose text is returned, and those of components that are not ours. */
async function writeKubeconfigs(
  { dataDir, without = [] }: EmbeddedOptions,
  { pki }: Access,
  server: string,
): Promise<string> {
  const paths = clusterPaths(dataDir);
  const [admin] = await Promise.all([
    writeAdmin(paths, pki, server),
    without.length === 0 ? undefined : writeComponentKubeconfigs(paths, pki, { server, nodes: [] }),
  ]);
  return admin;
}

function secretsOf({ pki, serviceAccounts }: Access): Served['secrets'] {
  return {
    rootCa: pki.ca.certificate,
    signToken: (claims) => serviceAccounts.signingKey.sign(claims),
    signing: { x509: realX509, ca: pki.ca },
    hmacSha256,
  };
}
