/**
 * bbolt's file format (etcd's backend, and what its snapshots are): a B+tree of buckets in pages
 * of fixed size, numbers little-endian.
 *
 *     page     u64 id, u16 flags, u16 count, u32 overflow, then `count` elements and their bytes
 *     leaf     u32 flags (1: the value is a bucket), u32 offset of the key from the element,
 *              u32 key bytes, u32 value bytes
 *     branch   u32 offset of the key, u32 key bytes, u64 page
 *     bucket   u64 root page (0: the pages follow inline), u64 sequence
 *     meta     u32 magic, u32 version, u32 page size, u32 flags, bucket, u64 freelist page,
 *              u64 pages in the file, u64 transaction, u64 FNV-1a of all before
 *
 * Pages 0 and 1 are metas; the newer valid one counts. A page that is too small for its elements
 * continues in the `overflow` pages after it.
 */
export const PAGE_BYTES = 4096;
export const PAGE_HEADER_BYTES = 16;
export const ELEMENT_BYTES = 16;
export const MAGIC = 0xed0cdaed;
export const VERSION = 2;
export const META_BYTES = 64;
/** Of the meta, what its checksum covers. */
export const META_SUMMED_BYTES = 56;

export const pageFlags = { branch: 1, leaf: 2, meta: 4, freelist: 16 } as const;
export const BUCKET_ELEMENT = 1;

export type Entry = readonly [key: Buffer, value: Buffer];

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

export function fnv1a(bytes: Uint8Array): bigint {
  let hash = FNV_OFFSET;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * FNV_PRIME);
  return hash;
}

/** A bytes-with-bounds failure: the file is not what it claims to be. */
export class BoltError extends Error {
  override readonly name = 'BoltError';
}
