import type { KeyValue } from '../../kv.ts';
import { bytesTag, varintTag, type WireReader } from '../wire/reader.ts';
import { idBytes, varintBytes, type WireWriter } from '../wire/writer.ts';

/** For building the values of store/kv.ts field by field. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export const NO_BYTES: Uint8Array = Buffer.alloc(0);

/** mvccpb.KeyValue */
export function writeKeyValue(writer: WireWriter, field: number, kv: KeyValue): void {
  const mark = writer.mark();
  if (kv.lease !== '0') writer.id(6, kv.lease);
  writer.bytes(5, kv.value);
  writer.int(4, kv.version);
  writer.int(3, kv.modRevision);
  writer.int(2, kv.createRevision);
  writer.byteString(1, kv.key);
  writer.message(field, mark);
}

/** Of what {@link writeKeyValue} writes, with a field's number below 16. */
export function sizeOfKeyValue(kv: KeyValue): number {
  const { key, value } = kv;
  let size = 0;
  if (kv.lease !== '0') size += 1 + idBytes(kv.lease);
  if (value.length > 0) size += 1 + varintBytes(value.length) + value.length;
  size += intBytes(kv.version) + intBytes(kv.modRevision) + intBytes(kv.createRevision);
  if (key.length > 0) size += 1 + varintBytes(key.length) + key.length;
  return 1 + varintBytes(size) + size;
}

/** Of a field that is left out if it is 0. */
const intBytes = (value: number): number => (value === 0 ? 0 : 1 + varintBytes(value));

export function readKeyValue(reader: WireReader): KeyValue {
  const outer = reader.enter();
  let key = '';
  let value = NO_BYTES;
  let createRevision = 0;
  let modRevision = 0;
  let version = 0;
  let lease = '0';
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) key = reader.byteString();
    else if (tag === varintTag(2)) createRevision = reader.int();
    else if (tag === varintTag(3)) modRevision = reader.int();
    else if (tag === varintTag(4)) version = reader.int();
    else if (tag === bytesTag(5)) value = reader.bytes();
    else if (tag === varintTag(6)) lease = reader.id();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { key, value, createRevision, modRevision, version, lease };
}
