import type { Compare, RequestOp, ResponseOp, TxnRequest, TxnResponse } from '../../kv.ts';
import { bytesTag, varintTag, WireError, type WireReader } from '../wire/reader.ts';
import type { WireWriter } from '../wire/writer.ts';
import { readCompare, writeCompare } from './compare.ts';
import {
  readDeleteRangeRequest,
  readDeleteRangeResponse,
  writeDeleteRangeRequest,
  writeDeleteRangeResponse,
} from './delete-range.ts';
import { readHeaderRevision, writeHeader, type ResponseHeader } from './header.ts';
import { readPutRequest, readPutResponse, writePutRequest, writePutResponse } from './put.ts';
import {
  readRangeRequest,
  readRangeResponse,
  writeRangeRequest,
  writeRangeResponse,
} from './range.ts';

/** protobuf's own limit on nesting, also of etcd's Go decoder and of jetcd's. */
const MAX_DEPTH = 100;

export function writeTxnRequest(writer: WireWriter, request: TxnRequest): void {
  for (const op of request.failure.toReversed()) writeRequestOp(writer, 3, op);
  for (const op of request.success.toReversed()) writeRequestOp(writer, 2, op);
  for (const compare of request.compare.toReversed()) writeCompare(writer, 1, compare);
}

function writeRequestOp(writer: WireWriter, field: number, op: RequestOp): void {
  const mark = writer.mark();
  switch (op.type) {
    case 'range':
      writeRangeRequest(writer, op.request);
      writer.message(1, mark);
      break;
    case 'put':
      writePutRequest(writer, op.request);
      writer.message(2, mark);
      break;
    case 'deleteRange':
      writeDeleteRangeRequest(writer, op.request);
      writer.message(3, mark);
      break;
    case 'txn':
      writeTxnRequest(writer, op.request);
      writer.message(4, mark);
      break;
    case 'empty':
      break;
  }
  writer.message(field, mark);
}

export function readTxnRequest(reader: WireReader, depth = 0): TxnRequest {
  const compare: Compare[] = [];
  const success: RequestOp[] = [];
  const failure: RequestOp[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) compare.push(readCompare(reader));
    else if (tag === bytesTag(2)) success.push(readRequestOp(reader, depth));
    else if (tag === bytesTag(3)) failure.push(readRequestOp(reader, depth));
    else reader.skip(tag);
  }
  return { compare, success, failure };
}

function readRequestOp(reader: WireReader, depth: number): RequestOp {
  if (depth > MAX_DEPTH) throw new WireError('transactions are nested too deeply');
  const outer = reader.enter();
  let op: RequestOp = { type: 'empty' };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    const inner = (tag & 7) === 2 && tag <= bytesTag(4) ? reader.enter() : undefined;
    if (inner === undefined) {
      reader.skip(tag);
      continue;
    }
    if (tag === bytesTag(1)) op = { type: 'range', request: readRangeRequest(reader) };
    else if (tag === bytesTag(2)) op = { type: 'put', request: readPutRequest(reader) };
    else if (tag === bytesTag(3))
      op = { type: 'deleteRange', request: readDeleteRangeRequest(reader) };
    else op = { type: 'txn', request: readTxnRequest(reader, depth + 1) };
    reader.leave(inner);
  }
  reader.leave(outer);
  return op;
}

export function writeTxnResponse(
  writer: WireWriter,
  header: ResponseHeader,
  response: TxnResponse,
): void {
  const { responses } = response;
  for (let i = responses.length - 1; i >= 0; i--) writeResponseOp(writer, responses[i]!);
  writer.bool(2, response.succeeded);
  writeHeader(writer, header);
}

/** Inside a transaction a header carries the revision only. */
function writeResponseOp(writer: WireWriter, op: ResponseOp): void {
  const mark = writer.mark();
  const header: ResponseHeader = { revision: op.response.revision, raftTerm: 0 };
  switch (op.type) {
    case 'range':
      writeRangeResponse(writer, header, op.response);
      writer.message(1, mark);
      break;
    case 'put':
      writePutResponse(writer, header, op.response);
      writer.message(2, mark);
      break;
    case 'deleteRange':
      writeDeleteRangeResponse(writer, header, op.response);
      writer.message(3, mark);
      break;
    case 'txn':
      writeTxnResponse(writer, header, op.response);
      writer.message(4, mark);
      break;
  }
  writer.message(3, mark);
}

export function readTxnResponse(reader: WireReader): TxnResponse {
  const responses: ResponseOp[] = [];
  let revision = 0;
  let succeeded = false;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) revision = readHeaderRevision(reader);
    else if (tag === varintTag(2)) succeeded = reader.bool();
    else if (tag === bytesTag(3)) readResponseOp(reader, responses);
    else reader.skip(tag);
  }
  return { revision, succeeded, responses };
}

function readResponseOp(reader: WireReader, into: ResponseOp[]): void {
  const outer = reader.enter();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if ((tag & 7) !== 2 || tag > bytesTag(4)) {
      reader.skip(tag);
      continue;
    }
    const inner = reader.enter();
    if (tag === bytesTag(1)) into.push({ type: 'range', response: readRangeResponse(reader) });
    else if (tag === bytesTag(2)) into.push({ type: 'put', response: readPutResponse(reader) });
    else if (tag === bytesTag(3))
      into.push({ type: 'deleteRange', response: readDeleteRangeResponse(reader) });
    else into.push({ type: 'txn', response: readTxnResponse(reader) });
    reader.leave(inner);
  }
  reader.leave(outer);
}
