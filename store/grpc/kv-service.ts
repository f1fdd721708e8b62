import { readCompactionRequest } from './messages/compaction.ts';
import { readDeleteRangeRequest, writeDeleteRangeResponse } from './messages/delete-range.ts';
import { writeHeader } from './messages/header.ts';
import { readPutRequest, writePutResponse } from './messages/put.ts';
import { rangeAnswer } from './messages/range-answer.ts';
import { readRangeRequest } from './messages/range.ts';
import { readTxnRequest, writeTxnResponse } from './messages/txn.ts';
import type { ServiceContext, UnaryMethods } from './unary.ts';
import { decode } from './wire/reader.ts';
import { encode } from './wire/writer.ts';

/**
 * etcdserverpb.KV. RangeStream is left out: clients fall back to Range when it is
 * unimplemented.
 */
export function kvService({ member, callsOf, header }: ServiceContext): UnaryMethods {
  return {
    '/etcdserverpb.KV/Range': async (bytes, origin) => {
      const response = await callsOf(origin).range(decode(bytes, readRangeRequest));
      return rangeAnswer(header(response.revision), response);
    },
    '/etcdserverpb.KV/Put': async (bytes, origin) => {
      const response = await callsOf(origin).put(decode(bytes, readPutRequest));
      return encode((writer) => writePutResponse(writer, header(response.revision), response));
    },
    '/etcdserverpb.KV/DeleteRange': async (bytes, origin) => {
      const response = await callsOf(origin).deleteRange(decode(bytes, readDeleteRangeRequest));
      const { revision } = response;
      return encode((writer) => writeDeleteRangeResponse(writer, header(revision), response));
    },
    '/etcdserverpb.KV/Txn': async (bytes, origin) => {
      const response = await callsOf(origin).txn(decode(bytes, (reader) => readTxnRequest(reader)));
      return encode((writer) => writeTxnResponse(writer, header(response.revision), response));
    },
    '/etcdserverpb.KV/Compact': async (bytes, origin) => {
      const { revision, physical } = decode(bytes, readCompactionRequest);
      await callsOf(origin).compact(revision, physical);
      return encode((writer) => writeHeader(writer, header(member.head().revision)));
    },
  };
}
