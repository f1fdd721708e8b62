/** A server and a client that go on while their certificates are replaced. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { HttpResponse, Peer } from '../../platform/net/http.ts';
import { silentLogger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { connectHttp } from '../../platform/node/net/http-client.ts';
import { realGzip, realHttpServer } from '../../platform/node/net/http-server.ts';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import { rotateTls } from '../../platform/crypto/tls-rotation.ts';
import { listen } from '../http/listen.ts';
import { ensurePki, identities } from './pki.ts';
import { servingNames } from './serving-names.ts';

const DAY_MS = 24 * 3600 * 1000;
let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'wherry-rotation-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

/** When the certificate served on the port ends. */
function servedUntil(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(Date.parse(socket.getPeerCertificate().valid_to));
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

it('a certificate about to expire is issued anew and served without a restart', async () => {
  // Made 340 days ago for a year: good, but not for long.
  let laterDays = -340;
  const clock = { ...realClock, now: () => realClock.now() + laterDays * DAY_MS };
  const names = servingNames('10.96.0.1', ['127.0.0.1']);
  const pki = await ensurePki({ folder, disk: realDisk, clock, x509: realX509, names });
  const next = async () => ({ ...(await pki.serving()), clientCa: pki.ca.certificate });
  const peers: Peer[] = [];
  const handler = ({ peer }: { peer: Peer }): Promise<HttpResponse> => {
    peers.push(peer);
    return Promise.resolve({ status: 200, headers: {} });
  };
  const tls = await next();
  const server = await listen({
    ...{ server: realHttpServer, handler, clock, logger: silentLogger, gzip: realGzip },
    ...{ host: '127.0.0.1', port: 0, tls },
  });
  const rotation = rotateTls({
    clock,
    logger: silentLogger,
    current: tls,
    next,
    replace: server.renew,
  });
  const pem = async () => {
    const { certificate: cert, privateKey: key } = await pki.client('admin', identities.admin);
    return { ca: pki.ca.certificate, cert, key };
  };
  const { port } = server;
  const baseUrl = `https://127.0.0.1:${port}`;
  const call = async (): Promise<void> => {
    const connection = connectHttp({ baseUrl, ...first, renewed: pem });
    const { signal } = new AbortController();
    await connection.handler({
      ...{ method: 'GET', path: '/', query: new URLSearchParams(), headers: {} },
      ...{ peer: { address: 'test' }, signal },
    });
    await connection.close();
  };
  const first = await pem();
  try {
    const before = await servedUntil(server.port);
    await call();
    laterDays = 0;
    await rotation.check();
    expect(await servedUntil(server.port)).toBeGreaterThan(before + 300 * DAY_MS);
    await call();
    const [old, fresh] = peers.map(({ certificate }) => certificate!);
    expect(fresh!.commonName).toBe(old!.commonName);
    expect(fresh!.notAfterMs).toBeGreaterThan(old!.notAfterMs! + 300 * DAY_MS);
  } finally {
    await rotation.stop();
    await server.stop();
  }
});
