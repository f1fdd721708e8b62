/** Certificates and keys that flags name. */
import type { FrameTls } from '../platform/frames.ts';
import type { TlsMaterial } from '../platform/http-server.ts';
import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import { FlagError } from './flag-rules.ts';
import type { StoreFlags } from './flags.ts';

export async function readFlagFile(flag: string, path: string): Promise<string> {
  const bytes = await realDisk.read(path).catch((error: Error) => {
    throw new FlagError(`--${flag}: cannot read ${path}: ${error.message}`, { cause: error });
  });
  if (bytes === undefined) throw new FlagError(`--${flag}: ${path} does not exist`);
  return Buffer.from(bytes).toString('utf8');
}

export async function readTls(
  flags: StoreFlags,
  dataDir: string,
): Promise<TlsMaterial | undefined> {
  const { certFile, keyFile, trustedCaFile } = flags;
  if (certFile === undefined && flags.autoTls) {
    const { autoTls } = await import('./auto-tls.ts');
    return autoTls(`${dataDir}/fixtures/client`, {
      hosts: flags.listenClientUrls.map(({ host }) => host),
      now: realClock.now(),
      years: flags.selfSignedCertValidity,
    });
  }
  if (certFile === undefined || keyFile === undefined) return undefined;
  const [certificate, privateKey] = await Promise.all([
    readFlagFile('cert-file', certFile),
    readFlagFile('key-file', keyFile),
  ]);
  if (trustedCaFile === undefined) return { certificate, privateKey };
  const clientCa = await readFlagFile('trusted-ca-file', trustedCaFile);
  return { certificate, privateKey, clientCa };
}

/** Undefined if the members talk in the clear. */
export async function readPeerTls(
  flags: StoreFlags,
  dataDir: string,
): Promise<FrameTls | undefined> {
  const { peerCertFile, peerKeyFile, peerTrustedCaFile, peerCertAllowedCn } = flags;
  if (peerCertFile === undefined && flags.peerAutoTls) {
    const { autoTls } = await import('./auto-tls.ts');
    const made = await autoTls(`${dataDir}/fixtures/peer`, {
      hosts: flags.listenPeerUrls.map(({ host }) => host),
      now: realClock.now(),
      years: flags.selfSignedCertValidity,
    });
    return { ...made, trustsAnyone: true };
  }
  if (peerCertFile === undefined || peerKeyFile === undefined) return undefined;
  const [certificate, privateKey] = await Promise.all([
    readFlagFile('peer-cert-file', peerCertFile),
    readFlagFile('peer-key-file', peerKeyFile),
  ]);
  if (peerTrustedCaFile === undefined) return { certificate, privateKey };
  const ca = await readFlagFile('peer-trusted-ca-file', peerTrustedCaFile);
  const allowed = peerCertAllowedCn === undefined ? {} : { allowedCommonName: peerCertAllowedCn };
  return { certificate, privateKey, ca, ...allowed };
}
