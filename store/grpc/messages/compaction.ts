import { varintTag, type WireReader } from '../wire/reader.ts';
import type { WireWriter } from '../wire/writer.ts';

export interface Compaction {
  readonly revision: number;
  /** Answer once what it removed is deleted. */
  readonly physical: boolean;
}

export function readCompactionRequest(reader: WireReader): Compaction {
  let revision = 0;
  let physical = false;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) revision = reader.int();
    else if (tag === varintTag(2)) physical = reader.bool();
    else reader.skip(tag);
  }
  return { revision, physical };
}

export function writeCompactionRequest(writer: WireWriter, revision: number): void {
  writer.int(1, revision);
}
