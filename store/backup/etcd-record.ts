/** A version of a pair as etcd's backend keeps it, which it hashes and puts into snapshots. */
import type { KeyValue } from '../kv.ts';
import { tombstoneOf } from '../mvcc/version.ts';
import { bytesTag, decode, varintTag } from '../grpc/wire/reader.ts';
import { encode } from '../grpc/wire/writer.ts';

const REVISION_BYTES = 17;
const TOMBSTONE_MARK = 't'.charCodeAt(0);
const SEPARATOR = '_'.charCodeAt(0);

export interface Revision {
  readonly main: number;
  readonly sub: number;
  readonly tombstone: boolean;
}

/** u64 main, "_", u64 sub, and "t" after a tombstone's. */
export function revisionBytes({ main, sub, tombstone }: Revision): Buffer {
  const bytes = Buffer.alloc(REVISION_BYTES + (tombstone ? 1 : 0));
  bytes.writeBigUInt64BE(BigInt(main), 0);
  bytes[8] = SEPARATOR;
  bytes.writeBigUInt64BE(BigInt(sub), 9);
  if (tombstone) bytes[REVISION_BYTES] = TOMBSTONE_MARK;
  return bytes;
}

/** Undefined for bytes that are no revision. */
export function readRevision(bytes: Buffer): Revision | undefined {
  if (bytes.length < REVISION_BYTES || bytes[8] !== SEPARATOR) return undefined;
  return {
    main: Number(bytes.readBigUInt64BE(0)),
    sub: Number(bytes.readBigUInt64BE(9)),
    tombstone: bytes[REVISION_BYTES] === TOMBSTONE_MARK,
  };
}

/** mvccpb.KeyValue; of a tombstone only the key. */
export function pairBytes(kv: KeyValue): Buffer {
  return encode((writer) => {
    if (kv.version > 0) {
      writer.id(6, kv.lease);
      writer.bytes(5, kv.value);
      writer.int(4, kv.version);
      writer.int(3, kv.modRevision);
      writer.int(2, kv.createRevision);
    }
    writer.byteString(1, kv.key);
  });
}

/** The pair stored under `revision`. Throws a WireError. */
export function readPair(bytes: Buffer, { main, tombstone }: Revision): KeyValue {
  return decode(bytes, (reader) => {
    const kv = { ...tombstoneOf('', main) };
    for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
      if (tag === bytesTag(1)) kv.key = reader.byteString();
      else if (tag === varintTag(2)) kv.createRevision = reader.int();
      else if (tag === varintTag(3)) kv.modRevision = reader.int();
      else if (tag === varintTag(4)) kv.version = reader.int();
      else if (tag === bytesTag(5)) kv.value = reader.bytes();
      else if (tag === varintTag(6)) kv.lease = reader.id();
      else reader.skip(tag);
    }
    return tombstone ? tombstoneOf(kv.key, main) : kv;
  });
}
