/** HTTPS servers for tests, with certificates of a CA of their own. */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Lifecycle } from '../../platform/lifecycle.ts';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import type { CertificateAndKey } from '../../platform/crypto/x509.ts';

const HOUR_MS = 3_600_000;
const validity = () => ({ notBeforeMs: Date.now() - HOUR_MS, notAfterMs: Date.now() + HOUR_MS });

export const newCa = (commonName = 'test-ca'): CertificateAndKey =>
  realX509.certificateAuthority({ commonName }, validity());

export function clientCertificate(
  ca: CertificateAndKey,
  commonName: string,
  organizations: readonly string[] = [],
): CertificateAndKey {
  const subject = { commonName, organizations };
  return realX509.issue({ subject, validity: validity(), usage: 'client' }, ca);
}

/** Of a server on this machine, which may go by further names. */
export function serverCertificate(
  ca: CertificateAndKey,
  furtherNames: readonly string[] = [],
): CertificateAndKey {
  const names = { dnsNames: ['localhost', ...furtherNames], ipAddresses: ['127.0.0.1'] };
  const subject = { commonName: 'server' };
  return realX509.issue({ subject, validity: validity(), usage: 'server', names }, ca);
}

/** What a test's server is asked. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** Of the client's certificate. */
  readonly commonName: string;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** "https://127.0.0.1:40123"; `names` are further names of its certificate. */
export async function startHttps(
  parts: Lifecycle,
  ca: CertificateAndKey,
  {
    answer,
    names = [],
    clientCa,
  }: {
    readonly answer: (asked: Asked) => Answer | Promise<Answer>;
    readonly names?: readonly string[];
    readonly clientCa?: string;
  },
): Promise<string> {
  const { certificate, privateKey } = serverCertificate(ca, names);
  const server = createServer(
    {
      ...{ cert: certificate, key: privateKey },
      ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true }),
    },
    (request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const socket = request.socket as TLSSocket;
        const subject = socket.getPeerCertificate().subject as { CN?: string } | undefined;
        const {
          status = 200,
          headers = {},
          body,
        } = await answer({
          method: request.method!,
          path: request.url!,
          headers: request.headers,
          body: Buffer.concat(chunks).toString(),
          commonName: subject?.CN ?? '',
        });
        const text = typeof body === 'string' ? body : JSON.stringify(body ?? {});
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
      })();
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await parts.start(() => ({
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  }));
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
