import type { WireWriter } from '../wire/writer.ts';
import { writeHeader, type ResponseHeader } from './header.ts';

/** etcdserverpb.Member */
export interface ClusterMember {
  readonly id: string;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

export function writeMemberListResponse(
  writer: WireWriter,
  header: ResponseHeader,
  members: readonly ClusterMember[],
): void {
  for (const member of members.toReversed()) {
    const mark = writer.mark();
    writer.bool(5, member.isLearner);
    for (const url of member.clientUrls.toReversed()) writer.element(4, Buffer.from(url));
    for (const url of member.peerUrls.toReversed()) writer.element(3, Buffer.from(url));
    writer.text(2, member.name);
    writer.id(1, member.id);
    writer.message(2, mark);
  }
  writeHeader(writer, header);
}
