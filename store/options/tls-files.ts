/** Certificates, keys and lists of revoked certificates that flags name. */
import type { FrameTls } from '../../platform/net/frames.ts';
import type { TlsMaterial } from '../../platform/net/http-server.ts';
import type { TlsTerms } from '../../platform/net/tls-terms.ts';
import { realClock } from '../../platform/node/clock.ts';
import { revokedSerials } from '../../platform/node/crypto/revocation-list.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { FlagError } from './flag-error.ts';
import type { StoreFlags } from './flags.ts';

async function readFlagBytes(flag: string, path: string): Promise<Uint8Array> {
  const bytes = await realDisk.read(path).catch((error: Error) => {
    throw new FlagError(`--${flag}: cannot read ${path}: ${error.message}`, { cause: error });
  });
  if (bytes === undefined) throw new FlagError(`--${flag}: ${path} does not exist`);
  return bytes;
}

export async function readFlagFile(flag: string, path: string): Promise<string> {
  return Buffer.from(await readFlagBytes(flag, path)).toString('utf8');
}

async function readRevoked(
  flag: string,
  path: string | undefined,
): Promise<Pick<TlsTerms, 'revoked'>> {
  if (path === undefined) return {};
  const bytes = await readFlagBytes(flag, path);
  try {
    return { revoked: revokedSerials(bytes) };
  } catch (error) {
    const reason = (error as Error).message;
    throw new FlagError(`--${flag}: ${path}: ${reason}`, { cause: error });
  }
}

const versions = { 'TLS1.2': 'TLSv1.2', 'TLS1.3': 'TLSv1.3' } as const;

const protocols = ({ tlsMinVersion, tlsMaxVersion, cipherSuites }: StoreFlags): TlsTerms => ({
  minVersion: versions[tlsMinVersion],
  ...(tlsMaxVersion !== undefined && { maxVersion: versions[tlsMaxVersion] }),
  ...(cipherSuites !== undefined && { ciphers: cipherSuites }),
});

export async function readTls(
  flags: StoreFlags,
  dataDir: string,
): Promise<TlsMaterial | undefined> {
  const { certFile, keyFile, trustedCaFile, clientCertAllowedHostname: hostnames } = flags;
  const terms: TlsTerms = {
    ...protocols(flags),
    ...(await readRevoked('client-crl-file', flags.clientCrlFile)),
    ...(hostnames !== undefined && { hostnames }),
  };
  if (certFile === undefined && flags.autoTls) {
    const { autoTls } = await import('./auto-tls.ts');
    const made = await autoTls(`${dataDir}/fixtures/client`, {
      hosts: flags.listenClientUrls.map(({ host }) => host),
      now: realClock.now(),
      years: flags.selfSignedCertValidity,
    });
    return { ...made, terms };
  }
  if (certFile === undefined || keyFile === undefined) return undefined;
  const certificate = await readFlagFile('cert-file', certFile);
  const privateKey = await readFlagFile('key-file', keyFile);
  if (trustedCaFile === undefined) return { certificate, privateKey, terms };
  const clientCa = await readFlagFile('trusted-ca-file', trustedCaFile);
  return { certificate, privateKey, clientCa, terms };
}

async function readCaller(flags: StoreFlags): Promise<Pick<FrameTls, 'caller'>> {
  const { peerClientCertFile, peerClientKeyFile } = flags;
  if (peerClientCertFile === undefined || peerClientKeyFile === undefined) return {};
  const certificate = await readFlagFile('peer-client-cert-file', peerClientCertFile);
  const privateKey = await readFlagFile('peer-client-key-file', peerClientKeyFile);
  return { caller: { certificate, privateKey } };
}

/** Undefined if the members talk in the clear. */
export async function readPeerTls(
  flags: StoreFlags,
  dataDir: string,
): Promise<FrameTls | undefined> {
  const { peerCertFile, peerKeyFile, peerTrustedCaFile } = flags;
  const { peerCertAllowedCn: commonNames, peerCertAllowedHostname: hostnames } = flags;
  const terms: TlsTerms = {
    ...protocols(flags),
    ...(await readRevoked('peer-crl-file', flags.peerCrlFile)),
    ...(commonNames !== undefined && { commonNames }),
    ...(hostnames !== undefined && { hostnames }),
  };
  if (peerCertFile === undefined && flags.peerAutoTls) {
    const { autoTls } = await import('./auto-tls.ts');
    const made = await autoTls(`${dataDir}/fixtures/peer`, {
      hosts: flags.listenPeerUrls.map(({ host }) => host),
      now: realClock.now(),
      years: flags.selfSignedCertValidity,
    });
    return { ...made, terms, trustsAnyone: true };
  }
  if (peerCertFile === undefined || peerKeyFile === undefined) return undefined;
  const certificate = await readFlagFile('peer-cert-file', peerCertFile);
  const privateKey = await readFlagFile('peer-key-file', peerKeyFile);
  const own = { certificate, privateKey, terms, ...(await readCaller(flags)) };
  if (peerTrustedCaFile === undefined) return own;
  return { ...own, ca: await readFlagFile('peer-trusted-ca-file', peerTrustedCaFile) };
}
