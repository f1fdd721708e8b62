/**
 * One file of the journal: a head that names its mark, then records, of which those of former
 * rounds remain until they are overwritten.
 *
 *     head: 4 bytes 'WJNL', u32 format, u32 mark, u32 CRC-32 of these
 */
import type { DurableFile } from '../../../platform/files/durable-file.ts';
import { EngineError } from '../engine.ts';
import { RECORD_HEADER_BYTES, recordEnd, sequenceOf, type Crc32 } from './record.ts';

const NAME = Buffer.from('WJNL');
const FORMAT = 1;
export const HEAD_BYTES = 16;

export interface Segment {
  readonly file: DurableFile;
  readonly mark: number;
  /** Where the next record goes. */
  end: number;
  /** Sequence of the newest record that was written to it. */
  newest: number;
}

export async function startSegment(file: DurableFile, mark: number): Promise<Segment> {
  const head = Buffer.alloc(HEAD_BYTES);
  head.set(NAME);
  head.writeUInt32BE(FORMAT, 4);
  head.writeUInt32BE(mark, 8);
  head.writeUInt32BE(file.crc32(head.subarray(0, 12)), 12);
  await file.write(head, 0);
  return { file, mark, end: HEAD_BYTES, newest: 0 };
}

/** The file's mark; undefined if it was never begun. */
export function markOf(bytes: Buffer, path: string, crc32: Crc32): number | undefined {
  const head = bytes.subarray(0, HEAD_BYTES);
  if (head.every((byte) => byte === 0)) return undefined;
  const whole = head.length === HEAD_BYTES && head.subarray(0, 4).equals(NAME);
  if (!whole || head.readUInt32BE(12) !== crc32(head.subarray(0, 12)))
    throw new EngineError('corrupt', `${path} is damaged: it has no head of a journal`);
  const format = head.readUInt32BE(4);
  if (format !== FORMAT)
    throw new EngineError(
      'corrupt',
      `${path} has format ${format}, which this version cannot read`,
    );
  return head.readUInt32BE(8);
}

/** Whole records newer than `applied`, wherever they lie. */
export function* recordsAfter(
  applied: number,
  { bytes, mark, crc32 }: { readonly bytes: Buffer; readonly mark: number; readonly crc32: Crc32 },
): Generator<Buffer> {
  const pattern = Buffer.alloc(4);
  pattern.writeUInt32BE(mark);
  for (let at = bytes.indexOf(pattern, HEAD_BYTES); at !== -1; at = bytes.indexOf(pattern, at)) {
    const isNewer = at + RECORD_HEADER_BYTES <= bytes.length && sequenceOf(bytes, at) > applied;
    const end = isNewer ? recordEnd(bytes, at, crc32) : undefined;
    if (end !== undefined) yield bytes.subarray(at, end);
    at = end ?? at + 1;
  }
}
