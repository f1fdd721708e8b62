/**
 * What one durable write of the journal holds, numbers big-endian:
 *
 *     u32 mark   the file's own random number: no value of a user's can pass for a record
 *     u32 CRC-32 of all that follows
 *     u32 bytes of the operations
 *     f64 sequence: one more than that of the record before
 *     operations: u8 kind, u32 length, key, u32 length, value (none of a deletion)
 *
 * A cleared range is an operation like the others, its end in place of a value.
 */
import type { KeyRange, WriteOperation } from '../engine.ts';

export type Crc32 = (bytes: Uint8Array) => number;

export type JournalOperation =
  WriteOperation | { readonly type: 'clear'; readonly range: KeyRange };

export const RECORD_HEADER_BYTES = 20;
const CHECKED_FROM = 8;
/** Positions are the codes on disk. */
const kinds = ['put', 'del', 'clear'] as const;

function partsOf(operation: JournalOperation): readonly [Buffer, Buffer | undefined] {
  switch (operation.type) {
    case 'put':
      return [operation.key, operation.value];
    case 'del':
      return [operation.key, undefined];
    case 'clear':
      return [operation.range.gte, operation.range.lt];
  }
}

/** Bytes that the operations take in a record. */
export function sizeOf(operations: readonly JournalOperation[]): number {
  let bytes = 0;
  for (const operation of operations) {
    const [key, value] = partsOf(operation);
    bytes += 5 + key.length + (value === undefined ? 0 : 4 + value.length);
  }
  return bytes;
}

export interface JournalRecord {
  readonly sequence: number;
  readonly operations: readonly JournalOperation[];
}

export function encodeRecord(
  { sequence, operations }: JournalRecord,
  mark: number,
  crc32: Crc32,
): Buffer {
  const bytes = Buffer.allocUnsafe(RECORD_HEADER_BYTES + sizeOf(operations));
  bytes.writeUInt32BE(mark, 0);
  bytes.writeUInt32BE(bytes.length - RECORD_HEADER_BYTES, 8);
  bytes.writeDoubleBE(sequence, 12);
  let at = RECORD_HEADER_BYTES;
  for (const operation of operations) {
    const [key, value] = partsOf(operation);
    bytes[at] = kinds.indexOf(operation.type);
    at = writePart(bytes, key, at + 1);
    if (value !== undefined) at = writePart(bytes, value, at);
  }
  bytes.writeUInt32BE(crc32(bytes.subarray(CHECKED_FROM)), 4);
  return bytes;
}

function writePart(bytes: Buffer, part: Buffer, at: number): number {
  bytes.writeUInt32BE(part.length, at);
  bytes.set(part, at + 4);
  return at + 4 + part.length;
}

/** Where the record ends that begins at `at`; undefined if it is not whole. */
export function recordEnd(bytes: Buffer, at: number, crc32: Crc32): number | undefined {
  const end = at + RECORD_HEADER_BYTES + bytes.readUInt32BE(at + 8);
  if (end > bytes.length) return undefined;
  const crc = crc32(bytes.subarray(at + CHECKED_FROM, end));
  return crc === bytes.readUInt32BE(at + 4) ? end : undefined;
}

export const sequenceOf = (bytes: Buffer, at: number): number => bytes.readDoubleBE(at + 12);

/** Of a whole record; keys and values are views of it. */
export function operationsOf(record: Buffer): JournalOperation[] {
  const operations: JournalOperation[] = [];
  let at = RECORD_HEADER_BYTES;
  const part = (): Buffer => {
    const start = at + 4;
    at = start + record.readUInt32BE(at);
    return record.subarray(start, at);
  };
  while (at < record.length) {
    const type = kinds[record[at++]!]!;
    const key = part();
    if (type === 'del') operations.push({ type, key });
    else if (type === 'put') operations.push({ type, key, value: part() });
    else operations.push({ type, range: { gte: key, lt: part() } });
  }
  return operations;
}
