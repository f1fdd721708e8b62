/** Where a server is reached, and with which certificates it answers there. */
import type { Disk } from '../../platform/files/disk.ts';
import type { TlsMaterial } from '../../platform/net/http-server.ts';
import { kubeconfig } from '../pki/kubeconfig.ts';
import { identities, type Pki } from '../pki/pki.ts';
import { servingNames } from '../pki/serving-names.ts';
import { firstServiceAddress } from '../registry/claim-ranges.ts';
import type { AccessFiles } from './access-options.ts';
import type { FlagFiles } from './flag-files.ts';
import type { ApiServerFlags } from './flags.ts';

/** What clients on this host dial: a wildcard is no address. */
function dialledHost({ bindAddress }: ApiServerFlags): string {
  return bindAddress === '0.0.0.0' || bindAddress === '::' ? '127.0.0.1' : bindAddress;
}

/** "https://127.0.0.1:6443" */
export function dialledUrl(flags: ApiServerFlags, port: number): string {
  const host = dialledHost(flags);
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Of the certificates that a server makes for itself. */
export function certificateNames(flags: ApiServerFlags, advertised: string | undefined) {
  const dialled = [dialledHost(flags), advertised, flags.externalHostname];
  return servingNames(
    firstServiceAddress(flags.serviceClusterIpRange),
    dialled.filter((name) => name !== undefined),
  );
}

/** From the files that flags name, read anew by each call, or else our own. */
export async function servingTls(
  flags: ApiServerFlags,
  pki: Pki,
  { files, given }: { readonly files: FlagFiles; readonly given: AccessFiles },
): Promise<TlsMaterial> {
  const { clientCa, frontProxyCa } = given.outside;
  const theirs = await files.keyPair(
    { flag: 'tls-cert-file', path: flags.tlsCertFile },
    { flag: 'tls-private-key-file', path: flags.tlsPrivateKeyFile },
  );
  const own = theirs ?? (await pki.serving());
  // Our own clients stay known beside those of another CA.
  const cas = [pki.ca.certificate, ...(clientCa === undefined ? [] : [clientCa])];
  const proxies = frontProxyCa === undefined ? {} : { frontProxyCa };
  return { ...own, ...proxies, clientCa: cas.join('\n') };
}

export interface AdminKubeconfig {
  readonly pki: Pki;
  readonly files: FlagFiles;
  readonly disk: Disk;
  /** The address in it. */
  readonly server: string;
}

/**
 * --write-kubeconfig: the admin's. It trusts our CA, and a serving certificate of somebody else's
 * as it is.
 */
export async function writeKubeconfig(
  flags: ApiServerFlags,
  { pki, files, disk, server }: AdminKubeconfig,
): Promise<void> {
  const { writeKubeconfig: path, tlsCertFile } = flags;
  if (path === undefined) return;
  const [client, foreign = ''] = await Promise.all([
    pki.admin(),
    files.optional('tls-cert-file', tlsCertFile),
  ]);
  const ca = `${pki.ca.certificate}${foreign}`;
  const user = identities.admin.commonName;
  await disk.write(path, kubeconfig({ server, ca, user, client }));
}
