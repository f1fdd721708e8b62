import { varintTag, type WireReader } from '../wire/reader.ts';
import type { WireWriter } from '../wire/writer.ts';

/** `physical` is not read: this store answers every compaction once it is applied. */
export function readCompactionRequest(reader: WireReader): number {
  let revision = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) revision = reader.int();
    else reader.skip(tag);
  }
  return revision;
}

export function writeCompactionRequest(writer: WireWriter, revision: number): void {
  writer.int(1, revision);
}
