/**
 * Raft's own state as bytes, numbers big-endian.
 *
 *     entry:       u8 format, u8 type, f64 term, data     (its index is in the engine's key)
 *     hard state:  u8 format, f64 term, f64 commit, u64 vote
 *     point:       f64 index, f64 term
 *     number:      f64
 */
import { assert } from '../../platform/assert.ts';
import type { Entry, EntryType, HardState, SnapshotPoint } from '../raft/entry.ts';

const FORMAT = 1;
const ENTRY_HEADER_BYTES = 10;
/** Positions are the codes on disk. */
const entryTypes: readonly EntryType[] = ['normal', 'configuration', 'cluster'];

export function encodeEntry(entry: Entry): Buffer {
  const bytes = Buffer.allocUnsafe(ENTRY_HEADER_BYTES + entry.data.length);
  bytes[0] = FORMAT;
  bytes[1] = entryTypes.indexOf(entry.type);
  bytes.writeDoubleBE(entry.term, 2);
  bytes.set(entry.data, ENTRY_HEADER_BYTES);
  return bytes;
}

export function decodeEntry(key: Buffer, bytes: Buffer): Entry {
  assert(bytes[0] === FORMAT, `log entry format ${bytes[0]} is known`);
  const type = entryTypes[bytes[1]!];
  assert(type !== undefined, `log entry type ${bytes[1]} is known`);
  return {
    index: key.readUInt32BE(1) * 2 ** 32 + key.readUInt32BE(5),
    term: bytes.readDoubleBE(2),
    type,
    data: bytes.subarray(ENTRY_HEADER_BYTES),
  };
}

export function encodeHardState(state: HardState): Buffer {
  const bytes = Buffer.allocUnsafe(25);
  bytes[0] = FORMAT;
  bytes.writeDoubleBE(state.term, 1);
  bytes.writeDoubleBE(state.commit, 9);
  bytes.writeBigUInt64BE(BigInt(state.vote), 17);
  return bytes;
}

export function decodeHardState(bytes: Buffer): HardState {
  assert(bytes[0] === FORMAT, `hard state format ${bytes[0]} is known`);
  return {
    term: bytes.readDoubleBE(1),
    commit: bytes.readDoubleBE(9),
    vote: bytes.readBigUInt64BE(17).toString(),
  };
}

export function encodePoint({ index, term }: SnapshotPoint): Buffer {
  const bytes = Buffer.allocUnsafe(16);
  bytes.writeDoubleBE(index, 0);
  bytes.writeDoubleBE(term, 8);
  return bytes;
}

export function decodePoint(bytes: Buffer): SnapshotPoint {
  return { index: bytes.readDoubleBE(0), term: bytes.readDoubleBE(8) };
}

export function encodeNumber(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleBE(value);
  return bytes;
}
