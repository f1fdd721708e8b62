/**
 * Changes of the cluster as log entries carry them: u8 format, f64 request ID, JSON. They are
 * few; only the header is that of commands, so that a request ID is found the same way.
 */
import { assert } from '../../platform/assert.ts';
import type { ClusterChange } from './cluster-state.ts';

const FORMAT = 1;
const HEADER_BYTES = 9;

export function encodeChange(change: ClusterChange, requestId: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = FORMAT;
  header.writeDoubleBE(requestId, 1);
  return Buffer.concat([header, Buffer.from(JSON.stringify(change))]);
}

export function decodeChange(entry: Uint8Array): ClusterChange {
  assert(entry[0] === FORMAT, `cluster change format ${entry[0]} is known`);
  return JSON.parse(Buffer.from(entry.subarray(HEADER_BYTES)).toString()) as ClusterChange;
}
