/** --auto-tls: a certificate of the store's own, kept until it is about to expire. */
import { realDisk } from '../../platform/node/files/disk.ts';
import { realX509 as x509 } from '../../platform/node/crypto/x509.ts';
import type { TlsMaterial } from '../../platform/net/http-server.ts';

const YEAR_MS = 365 * 24 * 3_600_000;
/** One with less left is made anew. */
const RENEW_MS = 30 * 24 * 3_600_000;

/** Clients cannot verify it: it keeps out listeners, not impostors. As etcd's, in etcd's place. */
export async function autoTls(
  folder: string,
  options: { readonly hosts: readonly string[]; readonly now: number; readonly years: number },
): Promise<TlsMaterial> {
  const [certificate, privateKey] = await Promise.all([
    realDisk.read(`${folder}/cert.pem`),
    realDisk.read(`${folder}/key.pem`),
  ]);
  if (certificate !== undefined && privateKey !== undefined) {
    const kept = {
      certificate: Buffer.from(certificate).toString(),
      privateKey: Buffer.from(privateKey).toString(),
    };
    if (x509.inspect(kept.certificate).notAfterMs - options.now > RENEW_MS) return kept;
  }
  const validity = { notBeforeMs: options.now, notAfterMs: options.now + options.years * YEAR_MS };
  const isAddress = (host: string): boolean => /^[\d.]+$|:/.test(host);
  const authority = x509.certificateAuthority({ commonName: 'wherry store' }, validity);
  const issued = x509.issue(
    {
      subject: { commonName: 'wherry store', organizations: ['etcd'] },
      validity,
      usage: 'server',
      names: {
        dnsNames: ['localhost', ...options.hosts.filter((host) => !isAddress(host))],
        ipAddresses: options.hosts.filter(isAddress),
      },
    },
    authority,
  );
  const chain = `${issued.certificate.trim()}\n${authority.certificate.trim()}\n`;
  await realDisk.write(`${folder}/key.pem`, issued.privateKey);
  await realDisk.write(`${folder}/cert.pem`, chain);
  return { certificate: chain, privateKey: issued.privateKey };
}
