import {
  StoreError,
  type KeyValue,
  type RangeRequest,
  type RangeResponse,
  type SortTarget,
} from '../../kv.ts';
import { bytesTag, varintTag, type WireReader } from '../wire/reader.ts';
import type { WireWriter } from '../wire/writer.ts';
import { readHeaderRevision, writeHeader, type ResponseHeader } from './header.ts';
import { readKeyValue, writeKeyValue, type Mutable } from './key-value.ts';

/** Positions are RangeRequest.SortTarget's numbers. */
const sortTargets: readonly SortTarget[] = ['key', 'version', 'create', 'mod', 'value'];
const ASCEND = 1;
const DESCEND = 2;

export function writeRangeRequest(writer: WireWriter, request: RangeRequest): void {
  writer.int(13, request.maxCreateRevision ?? 0);
  writer.int(12, request.minCreateRevision ?? 0);
  writer.int(11, request.maxModRevision ?? 0);
  writer.int(10, request.minModRevision ?? 0);
  writer.bool(9, request.countOnly);
  writer.bool(8, request.keysOnly);
  writer.bool(7, request.serializable);
  if (request.sort !== undefined) {
    writer.int(6, sortTargets.indexOf(request.sort.target));
    writer.int(5, request.sort.order === 'ascend' ? ASCEND : DESCEND);
  }
  writer.int(4, request.revision ?? 0);
  writer.int(3, request.limit ?? 0);
  writer.byteString(2, request.rangeEnd);
  writer.byteString(1, request.key);
}

/** Throws {@link StoreError} `invalidSortOption` for an unknown enum value. */
export function readRangeRequest(reader: WireReader): RangeRequest {
  const request: Mutable<RangeRequest> = { key: '' };
  let order = 0;
  let target = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) request.key = reader.byteString();
    else if (tag === bytesTag(2)) request.rangeEnd = reader.byteString();
    else if (tag === varintTag(3)) request.limit = reader.int();
    else if (tag === varintTag(4)) request.revision = reader.int();
    else if (tag === varintTag(5)) order = reader.int();
    else if (tag === varintTag(6)) target = reader.int();
    else if (tag === varintTag(7)) request.serializable = reader.bool();
    else if (tag === varintTag(8)) request.keysOnly = reader.bool();
    else if (tag === varintTag(9)) request.countOnly = reader.bool();
    else if (tag === varintTag(10)) request.minModRevision = reader.int();
    else if (tag === varintTag(11)) request.maxModRevision = reader.int();
    else if (tag === varintTag(12)) request.minCreateRevision = reader.int();
    else if (tag === varintTag(13)) request.maxCreateRevision = reader.int();
    else reader.skip(tag);
  }
  const sort = sortOf(request.key, order, target);
  if (sort !== undefined) request.sort = sort;
  if (request.rangeEnd === '') delete request.rangeEnd;
  return request;
}

function sortOf(key: string, order: number, target: number): RangeRequest['sort'] {
  const name = sortTargets[target];
  if (name === undefined || order < 0 || order > DESCEND) {
    // etcd looks at the key first; the store refuses an empty one.
    if (key === '') return undefined;
    throw new StoreError('invalidSortOption');
  }
  if (order === DESCEND) return { target: name, order: 'descend' };
  // NONE with a target other than KEY is ascending.
  return name === 'key' ? undefined : { target: name, order: 'ascend' };
}

export function writeRangeResponse(
  writer: WireWriter,
  header: ResponseHeader,
  response: RangeResponse,
): void {
  writer.int(4, response.count);
  writer.bool(3, response.more);
  const { kvs } = response;
  for (let i = kvs.length - 1; i >= 0; i--) writeKeyValue(writer, 2, kvs[i]!);
  writeHeader(writer, header);
}

export function readRangeResponse(reader: WireReader): RangeResponse {
  const kvs: KeyValue[] = [];
  let revision = 0;
  let more = false;
  let count = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) revision = readHeaderRevision(reader);
    else if (tag === bytesTag(2)) kvs.push(readKeyValue(reader));
    else if (tag === varintTag(3)) more = reader.bool();
    else if (tag === varintTag(4)) count = reader.int();
    else reader.skip(tag);
  }
  return { revision, kvs, more, count };
}
