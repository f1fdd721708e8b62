/** Hashes and copies of a member's whole state; loaded by the first who asks for one. */
import { backupBuckets, type StoredMember } from '../backup/contents.ts';
import { pairBytes, revisionBytes } from '../backup/etcd-record.ts';
import { boltStream, type BoltStream } from '../bolt/writer.ts';
import type { Engine } from '../engine/engine.ts';
import type { KeyValue } from '../kv.ts';
import type { KeyIndex } from '../mvcc/key-index.ts';
import { crc32c } from './crc32c.ts';
import { EngineCopy, pairsOf } from './engine-copy.ts';
import { allRecords, factRange, leaseRange, recordRange } from './keyspace.ts';

/** etcd's HashKV: over its name for the bucket of pairs, then each pair as its backend has it. */
export async function hashKvAt(
  engine: Engine,
  index: KeyIndex,
  at: { readonly revision: number; readonly compacted: number },
): Promise<number> {
  const { revision, compacted } = at;
  /** Of what is compacted etcd counts only what a read at the revision finds. */
  const isGone = (kv: KeyValue, sub: number): boolean => {
    if (kv.modRevision > compacted) return false;
    const found = index.at(kv.key, revision);
    return found?.main !== kv.modRevision || found.sub !== sub;
  };
  let hash = crc32c(Buffer.from('key'));
  for await (const chunk of engine.iterate(recordRange(0, revision)))
    for (const { kv, sub } of pairsOf(chunk)) {
      if (isGone(kv, sub)) continue;
      const tombstone = kv.version === 0;
      hash = crc32c(revisionBytes({ main: kv.modRevision, sub, tombstone }), hash);
      hash = crc32c(pairBytes(kv), hash);
    }
  return hash;
}

/** etcd's begins with a name, too: that of an empty store is not 0. */
export async function hashState(engine: Engine): Promise<number> {
  let hash = crc32c(Buffer.from('key'));
  for (const range of [leaseRange, factRange, allRecords])
    for await (const chunk of engine.iterate(range))
      for (const [key, value] of chunk) hash = crc32c(value, crc32c(key, hash));
  return hash;
}

export interface EngineBackup {
  /** Resolves once the file is laid out; then its chunks can be read. */
  readonly stream: Promise<BoltStream>;
  close(): Promise<void>;
}

/** The engine's state of this very moment as a file that etcd's tools read. */
export function backUp(
  engine: Engine,
  facts: {
    readonly term: number;
    readonly compactionFinished: boolean;
    readonly members: readonly StoredMember[];
    readonly clusterVersion: string;
  },
): EngineBackup {
  // One is read to lay the file out, the other while it is handed out.
  const [first, second] = [new EngineCopy(engine), new EngineCopy(engine)];
  const passes = [first, second];
  const lay = async (): Promise<BoltStream> => {
    const all = { ...(await first.facts()), ...facts };
    return boltStream(backupBuckets(all, () => passes.shift()!.pairs()));
  };
  const close = async (): Promise<void> => {
    await Promise.all([first.close(), second.close()]);
  };
  return { stream: lay(), close };
}
