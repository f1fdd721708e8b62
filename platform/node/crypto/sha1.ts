import { createHash } from 'node:crypto';

/** For names that others computed with SHA-1 (etcd's member IDs); it protects nothing. */
export function sha1(bytes: Uint8Array): Uint8Array {
  return createHash('sha1').update(bytes).digest();
}
