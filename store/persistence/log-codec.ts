/**
 * Raft's own state as bytes, numbers big-endian.
 *
 *     block:       u8 format, then each entry: u8 type, f64 term, u32 length, data
 *                  (the first one's index is in the engine's key, and no index is left out)
 *     hard state:  u8 format, f64 term, f64 commit, u64 vote
 *     point:       f64 index, f64 term
 *     number:      f64
 */
import { assert } from '../../platform/assert.ts';
import type { Entry, EntryType, HardState, SnapshotPoint } from '../raft/entry.ts';

const FORMAT = 1;
const BLOCK_FORMAT = 2;
const ENTRY_HEADER_BYTES = 13;
/** Positions are the codes on disk. */
const entryTypes: readonly EntryType[] = ['normal', 'configuration', 'cluster'];

export function encodeBlock(entries: readonly Entry[]): Buffer {
  let size = 1;
  for (const { data } of entries) size += ENTRY_HEADER_BYTES + data.length;
  const bytes = Buffer.allocUnsafe(size);
  bytes[0] = BLOCK_FORMAT;
  let at = 1;
  for (const { type, term, data } of entries) {
    bytes[at] = entryTypes.indexOf(type);
    bytes.writeDoubleBE(term, at + 1);
    bytes.writeUInt32BE(data.length, at + 9);
    bytes.set(data, at + ENTRY_HEADER_BYTES);
    at += ENTRY_HEADER_BYTES + data.length;
  }
  return bytes;
}

export function decodeBlock(key: Buffer, bytes: Buffer): Entry[] {
  assert(bytes[0] === BLOCK_FORMAT, `log format ${bytes[0]} is known`);
  let index = key.readUInt32BE(1) * 2 ** 32 + key.readUInt32BE(5);
  const entries: Entry[] = [];
  for (let at = 1; at < bytes.length; index++) {
    const type = entryTypes[bytes[at]!];
    assert(type !== undefined, `log entry type ${bytes[at]} is known`);
    const term = bytes.readDoubleBE(at + 1);
    const start = at + ENTRY_HEADER_BYTES;
    at = start + bytes.readUInt32BE(at + 9);
    assert(at <= bytes.length, `log entry ${index} is whole`);
    entries.push({ index, term, type, data: bytes.subarray(start, at) });
  }
  return entries;
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
