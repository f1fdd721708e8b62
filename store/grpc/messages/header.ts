import { varintTag, type WireReader } from '../wire/reader.ts';
import { encode, type WireWriter } from '../wire/writer.ts';

/** etcdserverpb.ResponseHeader as a server writes it. */
export interface ResponseHeader {
  /** Encoded cluster and member ID ({@link encodeIdentity}); absent inside a Txn. */
  readonly identity?: Uint8Array;
  readonly revision: number;
  readonly raftTerm: number;
}

/** The part of a header that never changes, so that 64-bit IDs are encoded once. */
export function encodeIdentity(ids: { clusterId: string; memberId: string }): Uint8Array {
  return encode((writer) => {
    writer.id(2, ids.memberId);
    writer.id(1, ids.clusterId);
  });
}

/** Every response has its header in field 1. */
export function writeHeader(writer: WireWriter, header: ResponseHeader): void {
  const mark = writer.mark();
  writer.int(4, header.raftTerm);
  writer.int(3, header.revision);
  if (header.identity !== undefined) writer.raw(header.identity);
  writer.message(1, mark);
}

/** Revision of the header whose tag was just read. */
export function readHeaderRevision(reader: WireReader): number {
  const outer = reader.enter();
  let revision = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(3)) revision = reader.int();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return revision;
}
