/**
 * One API server with an embedded store behind TLS on a free port, with a kubeconfig: for clients
 * that are programs of their own.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { realGzip, realHttpServer } from '../../platform/node/net/http-server.ts';
import { outgoingHttp } from '../../platform/node/net/outgoing-http.ts';
import { realRandom } from '../../platform/node/random.ts';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import { startMember } from '../../store/server/member.ts';
import { listen } from '../../apiserver/http/listen.ts';
import { kubeconfig } from '../../apiserver/pki/kubeconfig.ts';
import { ensurePki } from '../../apiserver/pki/pki.ts';
import { servingNames } from '../../apiserver/pki/serving-names.ts';
import { readDescriptions } from '../../apiserver/openapi-source.ts';
import { startApiServer } from '../../apiserver/server.ts';
import { withoutControllers } from './admission.ts';

export interface SecureApi {
  /** "https://127.0.0.1:40123". */
  readonly server: string;
  /** The path of a kubeconfig of an administrator. */
  readonly kubeconfig: string;
  /** A temporary folder that goes when the server stops. */
  readonly folder: string;
  stop(): Promise<void>;
}

export async function startSecureApi(): Promise<SecureApi> {
  const parts = new Lifecycle();
  const folder = await mkdtemp(join(tmpdir(), 'wherry-api-'));
  const effects = { clock: realClock, random: realRandom, logger: silentLogger };
  const sha1 = (bytes: Uint8Array): Uint8Array => createHash('sha1').update(bytes).digest();
  const dataDir = join(folder, 'store');
  const kv = await parts.start(() => startMember({ ...effects, disk: realDisk, sha1, dataDir }));
  const names = servingNames('10.96.0.1');
  const pkiOptions = { folder: join(folder, 'pki'), disk: realDisk, clock: realClock, names };
  const pki = await ensurePki({ ...pkiOptions, x509: realX509 });
  const outgoing = outgoingHttp();
  await parts.start(() => ({ stop: () => outgoing.close() }));
  const api = await parts.start(() =>
    startApiServer({
      ...effects,
      kv,
      outgoing,
      descriptions: readDescriptions(realDisk),
      admissionPlugins: withoutControllers,
    }),
  );
  const tls = { ...(await pki.serving()), clientCa: pki.ca.certificate };
  const { port } = await parts.start(() =>
    listen({
      ...{ ...effects, handler: api.handler, tls, gzip: realGzip, server: realHttpServer },
      host: '127.0.0.1',
      port: 0,
    }),
  );
  await api.ready();
  const server = `https://127.0.0.1:${port}`;
  const client = await pki.admin();
  const config = { server, ca: pki.ca.certificate, user: 'kubernetes-admin', client };
  const path = join(folder, 'kubeconfig');
  await writeFile(path, kubeconfig(config));
  const stop = async (): Promise<void> => {
    await parts.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { server, kubeconfig: path, folder, stop };
}
