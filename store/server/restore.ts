/** A new member, and with others a new cluster, from a snapshot file. */
import type { ReadableFile } from '../../platform/files/file-access.ts';
import { readSnapshot, SnapshotError } from '../backup/snapshot-file.ts';
import type { Engine, WriteOperation } from '../engine/engine.ts';
import { encodeRecord } from '../mvcc/record.ts';
import { loadIdentity } from './bootstrap.ts';
import { EngineFolders } from './engine-folders.ts';
import type { MemberIdentity } from './interface.ts';
import { factKey, leaseKey, metaKeys, recordKey } from '../persistence/keyspace.ts';
import { encodeNumber } from '../persistence/log-codec.ts';
import { withDefaults, type MemberOptions } from '../replica/options.ts';

/** Records per batch. */
const STEP = 1000;

export interface Restoring {
  readonly file: ReadableFile;
  /**
   * Added to the newest revision, and everything before marked as compacted: clients that have
   * seen later revisions of the lost cluster are then told so, not misled. 0: neither.
   */
  readonly bumpRevision: number;
}

/**
 * The members' IDs are new, so nothing of the old cluster can talk to it. Rejects with a
 * SnapshotError, BoltError or WireError for a file that is damaged, EngineError otherwise.
 */
export async function restoreMember(
  options: MemberOptions,
  { file, bumpRevision }: Restoring,
): Promise<MemberIdentity> {
  const settings = withDefaults(options);
  if ((await settings.disk.list(settings.dataDir)).length > 0)
    throw new SnapshotError(`data-dir "${settings.dataDir}" not empty or could not be read`);
  const folders = await EngineFolders.find(settings);
  const engine = await folders.open();
  try {
    await fill(engine, { file, bumpRevision });
    const identity = await loadIdentity(engine, settings);
    await engine.batch([], { sync: true });
    return identity;
  } finally {
    await engine.close();
  }
}

async function fill(engine: Engine, { file, bumpRevision }: Restoring): Promise<void> {
  const snapshot = await readSnapshot(file);
  let operations: WriteOperation[] = snapshot.leases.map((lease) => ({
    type: 'put',
    key: leaseKey(lease.id),
    value: Buffer.concat([lease.ttlSeconds, lease.remainingSeconds].map(encodeNumber)),
  }));
  for (const { name, value } of snapshot.facts)
    operations.push({ type: 'put', key: factKey(name), value: Buffer.from(value!) });
  let revision = 1;
  for await (const { kv, sub } of snapshot.pairs()) {
    revision = kv.modRevision;
    operations.push({ type: 'put', key: recordKey(revision, sub), value: encodeRecord(kv) });
    if (operations.length < STEP) continue;
    await engine.batch(operations, { sync: false });
    operations = [];
  }
  const compacted = bumpRevision > 0 ? revision + bumpRevision : snapshot.compactRevision;
  if (compacted !== undefined)
    operations.push({
      type: 'put',
      key: metaKeys.compactRevision,
      value: encodeNumber(compacted),
    });
  await engine.batch(operations, { sync: true });
}
