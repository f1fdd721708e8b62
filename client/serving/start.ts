/** The socket of a component's health and metrics. */
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/disk.ts';
import { processMetrics } from '../../platform/node/process-metrics.ts';
import { sniffingServer } from '../../platform/node/sniffing-server.ts';
import { realX509 } from '../../platform/node/x509.ts';
import { buildMetrics } from '../../api/build-metrics.ts';
import type { TlsMaterial } from '../../platform/http-server.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Metrics } from '../../platform/metrics/metrics.ts';
import type { RestClient } from '../rest.ts';
import { componentHandler, type HealthCheck } from './component-handler.ts';
import { DelegatedAccess } from './delegated-access.ts';
import type { ServingFlags } from './flags.ts';

const YEAR_MS = 365 * 24 * 3_600_000;
const HOUR_MS = 3_600_000;

export interface ComponentServing extends Running {
  /** "https://127.0.0.1:10257"; absent if nothing is served. */
  readonly url?: string;
}

export interface ComponentServingOptions {
  readonly metrics: Metrics;
  readonly client: RestClient;
  readonly healthz?: readonly HealthCheck[];
  readonly readyz: readonly HealthCheck[];
}

/** Rejects with one sentence if the port is taken or a file cannot be read. */
export async function serveComponent(
  flags: ServingFlags,
  options: ComponentServingOptions,
): Promise<ComponentServing> {
  const { metrics, client } = options;
  buildMetrics(metrics);
  processMetrics(metrics);
  if (flags.securePort === 0) return { stop: () => Promise.resolve() };
  const access = new DelegatedAccess(client, realClock);
  const { bindAddress: host, securePort } = flags;
  const listening = await sniffingServer({
    ...{ host, port: securePort, tls: await tlsOf(flags) },
    onHttp1: componentHandler({
      metrics,
      healthz: options.healthz ?? [],
      readyz: options.readyz,
      openPaths: flags.authorizationAlwaysAllowPaths,
      refusal: (request) => access.refusal(request),
    }),
  }).catch((error: Error) => {
    throw new Error(`cannot serve health and metrics (--secure-port): ${error.message}`, {
      cause: error,
    });
  });
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${listening.port}`;
  return { url, stop: () => listening.stop() };
}

async function tlsOf(flags: ServingFlags): Promise<TlsMaterial> {
  const { tlsCertFile, tlsPrivateKeyFile } = flags;
  if ((tlsCertFile === undefined) !== (tlsPrivateKeyFile === undefined))
    throw new Error('--tls-cert-file and --tls-private-key-file belong together');
  if (tlsCertFile !== undefined && tlsPrivateKeyFile !== undefined)
    return { certificate: await fileOf(tlsCertFile), privateKey: await fileOf(tlsPrivateKeyFile) };
  const now = realClock.now();
  const validity = { notBeforeMs: now - HOUR_MS, notAfterMs: now + YEAR_MS };
  const ca = realX509.certificateAuthority({ commonName: 'component-ca' }, validity);
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
  const subject = { commonName: 'localhost' };
  return realX509.issue({ subject, validity, usage: 'server', names }, ca);
}

async function fileOf(path: string): Promise<string> {
  const bytes = await realDisk.read(path);
  if (bytes === undefined) throw new Error(`${path} does not exist`);
  return Buffer.from(bytes).toString();
}
