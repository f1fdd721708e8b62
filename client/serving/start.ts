/** The socket of a component's health and metrics. */
import type { Clock } from '../../platform/clock.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { processMetrics } from '../../platform/node/process-metrics.ts';
import { sniffingServer } from '../../platform/node/net/sniffing-server.ts';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import { buildMetrics } from '../../api/build-metrics.ts';
import type { TlsMaterial } from '../../platform/net/http-server.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Metrics } from '../../platform/metrics/metrics.ts';
import { ownCertificate } from '../../platform/crypto/own-certificate.ts';
import { rotateTls } from '../../platform/crypto/tls-rotation.ts';
import type { RestClient } from '../rest.ts';
import { componentHandler, type HealthCheck } from './component-handler.ts';
import { DelegatedAccess } from './delegated-access.ts';
import type { ServingFlags } from './flags.ts';

export interface ComponentServing extends Running {
  /** "https://127.0.0.1:10257"; absent if nothing is served. */
  readonly url?: string;
}

export interface ComponentServingOptions {
  readonly metrics: Metrics;
  readonly client: RestClient;
  readonly logger: Logger;
  readonly healthz?: readonly HealthCheck[];
  readonly readyz: readonly HealthCheck[];
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** Rejects with one sentence if the port is taken or a file cannot be read. */
export async function serveComponent(
  flags: ServingFlags,
  options: ComponentServingOptions,
): Promise<ComponentServing> {
  const { metrics, client, logger, clock = realClock } = options;
  buildMetrics(metrics);
  processMetrics(metrics);
  if (flags.securePort === 0) return { stop: () => Promise.resolve() };
  const access = new DelegatedAccess(client, clock);
  const { bindAddress: host, securePort } = flags;
  const next = materialOf(flags, clock);
  const tls = await next();
  const listening = await sniffingServer({
    host,
    port: securePort,
    tls,
    clientCertificates: 'optional',
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
  const rotated = { clock, logger, current: tls, next, replace: listening.renew };
  const rotation = rotateTls(rotated);
  return {
    url,
    async stop() {
      await Promise.all([rotation.stop(), listening.stop()]);
    },
  };
}

/** Files are read anew each time: somebody else replaces them. */
function materialOf(flags: ServingFlags, clock: Clock): () => Promise<TlsMaterial> {
  const { tlsCertFile, tlsPrivateKeyFile, clientCaFile } = flags;
  if ((tlsCertFile === undefined) !== (tlsPrivateKeyFile === undefined))
    throw new Error('--tls-cert-file and --tls-private-key-file belong together');
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
  const own = ownCertificate({ clock, x509: realX509, commonName: 'localhost', names });
  const given = async (): Promise<TlsMaterial> => ({
    certificate: await fileOf(tlsCertFile!),
    privateKey: await fileOf(tlsPrivateKeyFile!),
  });
  const certificate = tlsCertFile === undefined ? own : given;
  if (clientCaFile === undefined) return certificate;
  return async () => ({ ...(await certificate()), clientCa: await fileOf(clientCaFile) });
}

async function fileOf(path: string): Promise<string> {
  const bytes = await realDisk.read(path);
  if (bytes === undefined) throw new Error(`${path} does not exist`);
  return Buffer.from(bytes).toString();
}
