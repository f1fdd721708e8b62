import type { Upstream, UpstreamTls } from '../../platform/net/upstream.ts';
import type { NodeWay } from '../node-passages.ts';
import type { Pki } from '../pki/pki.ts';
import type { FlagFiles } from './flag-files.ts';
import type { ApiServerFlags } from './flags.ts';

export interface NodeWaySources {
  readonly files: FlagFiles;
  /** For a client certificate of our own. */
  readonly pki: Pki;
  readonly upstream: Upstream;
}

/**
 * Without a CA the certificates of nodes' agents are not checked, as in Kubernetes. Rejects with a
 * FlagError for files that cannot be used; later they may be replaced.
 */
export async function nodeWay(
  flags: ApiServerFlags,
  { files, pki, upstream }: NodeWaySources,
): Promise<NodeWay> {
  const read = async (): Promise<UpstreamTls> => {
    const [ca, given] = await Promise.all([
      files.optional('kubelet-certificate-authority', flags.kubeletCertificateAuthority),
      files.keyPair(
        { flag: 'kubelet-client-certificate', path: flags.kubeletClientCertificate },
        { flag: 'kubelet-client-key', path: flags.kubeletClientKey },
      ),
    ]);
    const own = given ?? (await pki.kubeletClient());
    return { ...own, ca, insecureSkipVerify: ca === undefined };
  };
  await read();
  return { upstream, tls: read, addressTypes: flags.kubeletPreferredAddressTypes };
}
