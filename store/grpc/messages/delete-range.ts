import type { DeleteRangeRequest, DeleteRangeResponse, KeyValue } from '../../kv.ts';
import { bytesTag, varintTag, type WireReader } from '../wire/reader.ts';
import type { WireWriter } from '../wire/writer.ts';
import { readHeaderRevision, writeHeader, type ResponseHeader } from './header.ts';
import { readKeyValue, writeKeyValue, type Mutable } from './key-value.ts';

export function writeDeleteRangeRequest(writer: WireWriter, request: DeleteRangeRequest): void {
  writer.bool(3, request.prevKv);
  writer.byteString(2, request.rangeEnd);
  writer.byteString(1, request.key);
}

export function readDeleteRangeRequest(reader: WireReader): DeleteRangeRequest {
  const request: Mutable<DeleteRangeRequest> = { key: '' };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) request.key = reader.byteString();
    else if (tag === bytesTag(2)) request.rangeEnd = reader.byteString();
    else if (tag === varintTag(3)) request.prevKv = reader.bool();
    else reader.skip(tag);
  }
  if (request.rangeEnd === '') delete request.rangeEnd;
  return request;
}

export function writeDeleteRangeResponse(
  writer: WireWriter,
  header: ResponseHeader,
  response: DeleteRangeResponse,
): void {
  const { prevKvs } = response;
  for (let i = prevKvs.length - 1; i >= 0; i--) writeKeyValue(writer, 3, prevKvs[i]!);
  writer.int(2, response.deleted);
  writeHeader(writer, header);
}

export function readDeleteRangeResponse(reader: WireReader): DeleteRangeResponse {
  const prevKvs: KeyValue[] = [];
  let revision = 0;
  let deleted = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) revision = readHeaderRevision(reader);
    else if (tag === varintTag(2)) deleted = reader.int();
    else if (tag === bytesTag(3)) prevKvs.push(readKeyValue(reader));
    else reader.skip(tag);
  }
  return { revision, deleted, prevKvs };
}
