import type { MemberId } from '../raft/entry.ts';

/** SHA-1, from the platform. It names things here and protects nothing. */
export type Sha1 = (bytes: Uint8Array) => Uint8Array;

const firstU64 = (digest: Uint8Array): bigint =>
  Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength).readBigUInt64BE(0);

/**
 * IDs as etcd computes them, which documentation and tools know by heart: a member's from its
 * sorted peer URLs and the cluster token, or, added later, the time in seconds instead.
 */
export function memberIdOf(peerUrls: readonly string[], salt: string, sha1: Sha1): MemberId {
  return firstU64(sha1(Buffer.from([...peerUrls].sort().join('') + salt))).toString();
}

/** A cluster's ID comes from the sorted IDs of its first members. */
export function clusterIdOf(members: readonly MemberId[], sha1: Sha1): string {
  const bytes = Buffer.alloc(8 * members.length);
  members
    .map((id) => BigInt(id))
    .sort((a, b) => (a < b ? -1 : 1))
    .forEach((id, i) => bytes.writeBigUInt64BE(id, 8 * i));
  return firstU64(sha1(bytes)).toString();
}
