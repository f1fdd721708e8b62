/**
 * A stored revision as bytes: one version of one pair. Layout, all numbers big-endian:
 *
 *     u8 flags   1 = tombstone, 2 = has a lease, 4 = version needs eight bytes
 *     u32 key length, key
 *     (not for a tombstone)  f64 createRevision, u32 or f64 version, [u64 lease], value
 *
 * modRevision is the engine's key. A double holds every integer below 2^53 exactly.
 */
import type { KeyValue } from '../kv.ts';
import { NO_LEASE, tombstoneOf } from './version.ts';

const TOMBSTONE = 1;
const LEASE = 2;
const WIDE_VERSION = 4;
const U32_LIMIT = 2 ** 32;

export function encodeRecord(kv: KeyValue): Buffer {
  const keyBytes = kv.key.length;
  if (kv.version === 0) {
    const record = Buffer.allocUnsafe(5 + keyBytes);
    record[0] = TOMBSTONE;
    writeKey(record, kv.key);
    return record;
  }
  const lease = kv.lease === NO_LEASE ? 0 : LEASE;
  const wide = kv.version >= U32_LIMIT ? WIDE_VERSION : 0;
  const header = 5 + keyBytes + 8 + (wide ? 8 : 4) + (lease ? 8 : 0);
  const record = Buffer.allocUnsafe(header + kv.value.length);
  record[0] = lease | wide;
  let offset = writeKey(record, kv.key);
  offset = record.writeDoubleBE(kv.createRevision, offset);
  offset = wide
    ? record.writeDoubleBE(kv.version, offset)
    : record.writeUInt32BE(kv.version, offset);
  if (lease) offset = record.writeBigUInt64BE(BigInt(kv.lease), offset);
  record.set(kv.value, offset);
  return record;
}

function writeKey(record: Buffer, key: string): number {
  record.writeUInt32BE(key.length, 1);
  return 5 + record.write(key, 5, 'latin1');
}

/** The value is a view of `record`. */
export function decodeRecord(record: Buffer, modRevision: number): KeyValue {
  const flags = record[0]!;
  const keyEnd = 5 + record.readUInt32BE(1);
  const key = record.toString('latin1', 5, keyEnd);
  if ((flags & TOMBSTONE) !== 0) return tombstoneOf(key, modRevision);
  let offset = keyEnd + 8;
  const createRevision = record.readDoubleBE(keyEnd);
  const wide = (flags & WIDE_VERSION) !== 0;
  const version = wide ? record.readDoubleBE(offset) : record.readUInt32BE(offset);
  offset += wide ? 8 : 4;
  let lease = NO_LEASE;
  if ((flags & LEASE) !== 0) {
    lease = record.readBigUInt64BE(offset).toString();
    offset += 8;
  }
  return { key, value: record.subarray(offset), createRevision, modRevision, version, lease };
}
