import type { KeyValue } from '../../kv.ts';
import { bytesTag, varintTag, type WireReader } from '../wire/reader.ts';
import type { WireWriter } from '../wire/writer.ts';

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
