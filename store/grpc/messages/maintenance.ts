import type { MemberStatus } from '../../server/interface.ts';
import { bytesTag, varintTag, type WireReader } from '../wire/reader.ts';
import type { WireWriter } from '../wire/writer.ts';
import { writeHeader, type ResponseHeader } from './header.ts';
import type { KvStatus } from '../../kv.ts';

export interface StatusExtras {
  readonly storageVersion: string;
  readonly dbSizeQuota: number;
}

export function writeStatusResponse(
  writer: WireWriter,
  header: ResponseHeader,
  status: MemberStatus & StatusExtras,
): void {
  writer.int(12, status.dbSizeQuota);
  writer.text(11, status.storageVersion);
  writer.bool(10, status.isLearner);
  writer.int(9, status.dbSizeInUse);
  for (const error of status.errors.toReversed()) writer.element(8, Buffer.from(error));
  writer.int(7, status.raftAppliedIndex);
  writer.int(6, status.raftTerm);
  writer.int(5, status.raftIndex);
  writer.id(4, status.leader);
  // etcdctl divides by it.
  writer.int(3, Math.max(1, status.dbSize));
  writer.text(2, status.version);
  writeHeader(writer, header);
}

export function readStatusResponse(reader: WireReader): KvStatus {
  let version = '';
  let dbSize = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(2)) version = reader.text();
    else if (tag === varintTag(3)) dbSize = reader.int();
    else reader.skip(tag);
  }
  return { version, dbSize };
}
