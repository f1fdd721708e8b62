/** The file system under the data directory. */
import type { DiskSpace } from '../../platform/node/files/disk-space.ts';
import { failed, type Finding, ok, warning } from './finding.ts';

const MEBIBYTE = 1024 ** 2;
/** Below this the store's next file may not fit. */
const TIGHT_BYTES = 256 * MEBIBYTE;
const FULL_BYTES = 16 * MEBIBYTE;

export function spaceFinding({ freeBytes, bytes }: DiskSpace, dataDir: string): Finding {
  const what = 'disk space';
  const says = `${Math.floor(freeBytes / MEBIBYTE)} MiB free of ${Math.ceil(bytes / MEBIBYTE)} MiB`;
  const todo = `free some on the disk of ${dataDir}`;
  if (freeBytes < FULL_BYTES) return failed(what, `${says}: ${todo}, or the store stops`);
  return freeBytes < TIGHT_BYTES ? warning(what, `${says}: ${todo}`) : ok(what, says);
}
