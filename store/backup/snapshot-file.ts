/** Snapshot files as etcd's tools handle them: ours, and those that etcd saved. */
import type { IncrementalHash } from '../../platform/crypto/crypto.ts';
import type { ReadableFile } from '../../platform/files/file-access.ts';
import { BoltReader } from '../bolt/reader.ts';
import type { KeyValue } from '../kv.ts';
import type { Fact } from '../mvcc/writer.ts';
import { decodeMessage } from '../grpc/schema/codec.ts';
import { authFacts } from './auth-buckets.ts';
import type { StoredLease } from './contents.ts';
import { readPair, readRevision } from './etcd-record.ts';

const DIGEST_BYTES = 32;
const SECTOR_BYTES = 512;
const READ_BYTES = 1 << 20;

/** A file that cannot be restored: the text says why, as etcd's tools do. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

/** etcd appends a digest to what it saves; the file itself is whole pages. */
export async function checkDigest(file: ReadableFile, hash: IncrementalHash): Promise<void> {
  if (file.bytes % SECTOR_BYTES !== DIGEST_BYTES)
    throw new SnapshotError('snapshot missing hash but --skip-hash-check=false');
  const end = file.bytes - DIGEST_BYTES;
  for (let at = 0; at < end; at += READ_BYTES)
    hash.update(await file.read(at, Math.min(READ_BYTES, end - at)));
  const [expected, found] = [await file.read(end, DIGEST_BYTES), Buffer.from(hash.digest())];
  if (!found.equals(expected))
    throw new SnapshotError(
      `expected sha256 [${[...expected].join(' ')}], got [${[...found].join(' ')}]`,
    );
}

export interface SnapshotContents {
  readonly leases: readonly StoredLease[];
  readonly facts: readonly Fact[];
  readonly compactRevision: number | undefined;
  /** Ascending by revision. */
  pairs(): AsyncIterable<{ readonly kv: KeyValue; readonly sub: number }>;
}

/** Rejects with a BoltError or WireError for a damaged file. */
export async function readSnapshot(file: ReadableFile): Promise<SnapshotContents> {
  const reader = await BoltReader.open(file);
  const leases: StoredLease[] = [];
  for await (const [, value] of reader.entries('lease')) {
    const lease = decodeMessage<{
      ID?: number | bigint;
      TTL?: number;
      RemainingTTL?: number;
    }>('leasepb.Lease', value);
    const { ID = 0, TTL = 0, RemainingTTL = 0 } = lease;
    leases.push({ id: String(ID), ttlSeconds: TTL, remainingSeconds: RemainingTTL });
  }
  const collect = async (bucket: string): Promise<(readonly [Buffer, Buffer])[]> => {
    const entries: (readonly [Buffer, Buffer])[] = [];
    for await (const entry of reader.entries(bucket)) entries.push(entry);
    return entries;
  };
  const facts = authFacts({
    auth: await collect('auth'),
    authUsers: await collect('authUsers'),
    authRoles: await collect('authRoles'),
  }).map(([name, value]): Fact => ({ type: 'fact', name, value }));
  let compactRevision: number | undefined;
  for await (const [key, value] of reader.entries('meta'))
    if (/^(scheduled|finished)CompactRev$/.test(key.toString())) {
      const main = readRevision(value)?.main ?? 0;
      compactRevision = Math.max(compactRevision ?? 0, main);
    }
  async function* pairs() {
    for await (const [key, value] of reader.entries('key')) {
      const revision = readRevision(key);
      // etcd's own --bump-revision leaves a revision without a pair behind.
      if (revision === undefined || value.length === 0) continue;
      yield { kv: readPair(value, revision), sub: revision.sub };
    }
  }
  return { leases, facts, compactRevision, pairs };
}
