/** The API server of a cluster in one process, on its port and with certificates that renew. */
import { identityOn } from '../../apiserver/bootstrap/identity-lease.ts';
import { serve } from '../../apiserver/http/serve.ts';
import { readDescriptions } from '../../apiserver/openapi-source.ts';
import { aggregation, ownClientAuthentication } from '../../apiserver/options/access-options.ts';
import type { ServiceAccountTokens } from '../../apiserver/identity.ts';
import type { Pki } from '../../apiserver/pki/pki.ts';
import type { Component } from '../../apiserver/registry/components.ts';
import type { ApiServer } from '../../apiserver/server-options.ts';
import { startApiServer } from '../../apiserver/server.ts';
import type { TlsMaterial } from '../../platform/net/http-server.ts';
import type { Lifecycle } from '../../platform/lifecycle.ts';
import type { Metrics } from '../../platform/metrics/metrics.ts';
import { realCiphers } from '../../platform/node/crypto/ciphers.ts';
import { realEffects } from '../../platform/node/effects.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { hostAddress, hostname } from '../../platform/node/net/host-address.ts';
import { realGzip, realHttpServer } from '../../platform/node/net/http-server.ts';
import { realUpstream } from '../../platform/node/net/upstream.ts';
import { busyMs, nextTurn } from '../../platform/node/next-turn.ts';
import type { OutgoingHttp } from '../../platform/net/outgoing-http.ts';
import type { SigningKey } from '../../platform/crypto/token-keys.ts';
import type { Kv } from '../../store/kv.ts';
import { clusterPki, serviceAccountTokens } from '../access.ts';
import { HOST, SERVICE_CLUSTER_IP_RANGE } from '../options.ts';
import { clusterPaths } from '../paths.ts';
import type { EmbeddedOptions } from './options.ts';

/** A cluster's certificates, and what its API server begins with of them. */
export interface Access {
  readonly pki: Pki;
  readonly serviceAccounts: ServiceAccountTokens & { readonly signingKey: SigningKey };
  readonly tls: TlsMaterial;
  /** With certificates issued anew if need be. */
  readonly next: () => Promise<TlsMaterial>;
}

export async function openAccess(dataDir: string): Promise<Access> {
  const pki = await clusterPki(clusterPaths(dataDir));
  // Its key is made in a thread meanwhile. What goes wrong shows when the kubeconfig is written.
  void pki.admin().catch(() => {});
  const next = async (): Promise<TlsMaterial> => ({
    ...(await pki.serving()),
    clientCa: pki.ca.certificate,
  });
  const [serviceAccounts, tls] = await Promise.all([serviceAccountTokens(pki), next()]);
  return { pki, serviceAccounts, tls, next };
}

export interface Surroundings {
  readonly kv: Kv;
  readonly access: Access;
  readonly outgoing: OutgoingHttp;
  readonly metrics: Metrics;
  readonly components: readonly Component[];
}

export interface ListeningApiServer {
  readonly api: ApiServer;
  /** "https://127.0.0.1:6443" */
  readonly url: string;
}

/** Resolves when it is ready. */
export async function startListeningApiServer(
  options: EmbeddedOptions,
  { kv, access, outgoing, metrics, components }: Surroundings,
  parts: Lifecycle,
): Promise<ListeningApiServer> {
  const { pki, serviceAccounts, tls, next } = access;
  const effects = realEffects(options.logger);
  const upstream = realUpstream();
  await parts.start(() => ({ stop: () => upstream.close() }));
  const agentTls = async () => ({ ...(await pki.kubeletClient()), ca: pki.ca.certificate });
  const api = await parts.start(() =>
    startApiServer({
      ...effects,
      logger: options.logger.child({ component: 'apiserver' }),
      kv,
      outgoing,
      metrics,
      components,
      trace: options.trace,
      nodes: { upstream, tls: agentTls },
      serviceAccounts,
      clientAuthentication: ownClientAuthentication(pki),
      aggregation: aggregation({ upstream, pki }),
      nextTurn,
      limits: { busyMs },
      serviceClusterIpRange: SERVICE_CLUSTER_IP_RANGE,
      fingerprint: realCiphers.fingerprint,
      identity: identityOn(hostname(), realCiphers.fingerprint),
      descriptions: readDescriptions(realDisk),
    }),
  );
  const passesOn = (url: string): boolean => api.passesOn(url);
  const served = { handler: api.handler, passesOn, gzip: realGzip };
  const socket = { host: HOST, port: options.port, tls, next };
  const port = await serve({ ...effects, ...served, ...socket, server: realHttpServer }, parts);
  // Endpoints refuse loopback addresses, so a host without another is not advertised.
  const address = hostAddress();
  if (address !== undefined) api.advertise({ address, port });
  await api.ready();
  const url = `https://${HOST}:${port}`;
  options.announce('apiserver', url);
  return { api, url };
}
