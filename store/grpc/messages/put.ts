import type { PutRequest, PutResponse } from '../../kv.ts';
import { bytesTag, varintTag, type WireReader } from '../wire/reader.ts';
import type { WireWriter } from '../wire/writer.ts';
import { readHeaderRevision, writeHeader, type ResponseHeader } from './header.ts';
import { NO_BYTES, readKeyValue, writeKeyValue, type Mutable } from './key-value.ts';

export function writePutRequest(writer: WireWriter, request: PutRequest): void {
  writer.bool(6, request.ignoreLease);
  writer.bool(5, request.ignoreValue);
  writer.bool(4, request.prevKv);
  writer.id(3, request.lease ?? '0');
  writer.bytes(2, request.value);
  writer.byteString(1, request.key);
}

export function readPutRequest(reader: WireReader): PutRequest {
  const request: Mutable<PutRequest> = { key: '', value: NO_BYTES };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) request.key = reader.byteString();
    else if (tag === bytesTag(2)) request.value = reader.bytes();
    else if (tag === varintTag(3)) request.lease = reader.id();
    else if (tag === varintTag(4)) request.prevKv = reader.bool();
    else if (tag === varintTag(5)) request.ignoreValue = reader.bool();
    else if (tag === varintTag(6)) request.ignoreLease = reader.bool();
    else reader.skip(tag);
  }
  return request;
}

export function writePutResponse(
  writer: WireWriter,
  header: ResponseHeader,
  response: PutResponse,
): void {
  if (response.prevKv !== undefined) writeKeyValue(writer, 2, response.prevKv);
  writeHeader(writer, header);
}

export function readPutResponse(reader: WireReader): PutResponse {
  const response: Mutable<PutResponse> = { revision: 0 };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) response.revision = readHeaderRevision(reader);
    else if (tag === bytesTag(2)) response.prevKv = readKeyValue(reader);
    else reader.skip(tag);
  }
  return response;
}
