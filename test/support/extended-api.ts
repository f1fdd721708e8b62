/** An API server on a socket, and behind one of its APIServices an extension server of a test's. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { listen } from '../../apiserver/http/listen.ts';
import type { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import { realGzip as gzip, realHttpServer } from '../../platform/node/net/http-server.ts';
import { type FlaggedApi, startFlaggedApi, testFolder } from './flagged-api.ts';
import { clientCertificate, newCa } from './https-server.ts';

export const ADMIN = { certificate: { commonName: 'admin', organizations: ['system:masters'] } };

export interface ExtendedApi {
  readonly api: FlaggedApi;
  /** Where the API server listens; {@link ca} vouches for it. */
  readonly port: number;
  readonly ca: string;
  /** A certificate of user admin. */
  readonly admin: { readonly cert: string; readonly key: string };
  readonly extension: Server;
}

export interface Extension {
  readonly group: string;
  /** Whatever is asked of it, of what it serves too. */
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
}

const HOUR_MS = 3_600_000;

/** Resolves once the extension server is known to be there. */
export async function startExtendedApi(
  parts: Lifecycle,
  { group, answer }: Extension,
): Promise<ExtendedApi> {
  const [ca, proxies] = [newCa(), newCa('proxies')];
  const file = await testFolder(parts);
  const front = clientCertificate(proxies, 'front');
  const api = await startFlaggedApi(parts, [
    '--authorization-mode=AlwaysAllow',
    `--proxy-client-cert-file=${await file('proxy.crt', front.certificate)}`,
    `--proxy-client-key-file=${await file('proxy.key', front.privateKey)}`,
  ]);
  const serving = realX509.issue(
    {
      subject: { commonName: 'server' },
      validity: { notBeforeMs: Date.now() - HOUR_MS, notAfterMs: Date.now() + HOUR_MS },
      usage: 'server',
      names: { dnsNames: ['localhost', 'extension.far.svc'], ipAddresses: ['127.0.0.1'] },
    },
    ca,
  );
  const tls = { cert: serving.certificate, key: serving.privateKey };
  const extension = createServer({ ...tls, ca: proxies.certificate, requestCert: true }, answer);
  await new Promise<void>((resolve) => extension.listen(0, '127.0.0.1', resolve));
  await parts.start(() => ({
    stop: () =>
      new Promise<void>((resolve) => {
        extension.close(() => resolve());
        extension.closeAllConnections();
      }),
  }));
  const { handler, passesOn } = api;
  const listening = await parts.start(() =>
    listen({
      ...{ server: realHttpServer, handler, passesOn, clock, logger, gzip },
      ...{ host: '127.0.0.1', port: 0, tls: { ...serving, clientCa: ca.certificate } },
    }),
  );
  const { port } = extension.address() as AddressInfo;
  await register(api, { group, port, caBundle: Buffer.from(ca.certificate).toString('base64') });
  const { certificate: cert, privateKey: key } = clientCertificate(ca, 'admin', ['system:masters']);
  return { api, port: listening.port, ca: ca.certificate, admin: { cert, key }, extension };
}

async function register(
  api: FlaggedApi,
  { group, port, caBundle }: { group: string; port: number; caBundle: string },
): Promise<void> {
  const post = (url: string, body: object) => api.call(`POST ${url}`, { peer: ADMIN, body });
  await post('/api/v1/namespaces', { metadata: { name: 'far' } });
  // Endpoints are never loopback addresses, an ExternalName may be.
  await post('/api/v1/namespaces/far/services', {
    metadata: { name: 'extension' },
    spec: { type: 'ExternalName', externalName: 'localhost' },
  });
  const services = '/apis/apiregistration.k8s.io/v1/apiservices';
  const name = `v1.${group}`;
  await post(services, {
    metadata: { name },
    spec: {
      ...{ group, version: 'v1', groupPriorityMinimum: 1_000, versionPriority: 10, caBundle },
      service: { namespace: 'far', name: 'extension', port },
    },
  });
  for (const end = Date.now() + 10_000; ;) {
    const { body } = await api.call(`GET ${services}/${name}`, { peer: ADMIN });
    const { conditions = [] } = (body.status as { conditions?: { status: string }[] } | null) ?? {};
    if (conditions.some(({ status }) => status === 'True')) return;
    if (Date.now() > end) throw new Error(`never available: ${JSON.stringify(body)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
