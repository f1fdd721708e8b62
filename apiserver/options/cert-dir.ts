import type { Disk } from '../../platform/files/disk.ts';
import type { ApiServerFlags } from './flags.ts';

/**
 * As kube-apiserver: a serving certificate that somebody put into `--cert-dir` as
 * apiserver.{crt,key} is used as it is. It is somebody's if no CA of ours is beside it; ours
 * then lives in a folder below.
 */
export async function withGivenCertificate(
  disk: Disk,
  flags: ApiServerFlags,
): Promise<ApiServerFlags> {
  const { certDir } = flags;
  // A folder that cannot be read is told of when it is used.
  const names = new Set(await disk.list(certDir).catch(() => []));
  if (names.has('ca.crt') || !names.has('apiserver.crt') || !names.has('apiserver.key')) {
    return flags;
  }
  const files = {
    tlsCertFile: `${certDir}/apiserver.crt`,
    tlsPrivateKeyFile: `${certDir}/apiserver.key`,
  };
  // Flags that name files win.
  return { ...files, ...flags, certDir: `${certDir}/wherry` };
}
