/** Answers to ranges; long ones are encoded piece by piece, while their beginning leaves. */
import type { KeyValue, RangeResponse } from '../../kv.ts';
import { encode } from '../wire/writer.ts';
import type { LongMessage } from '../wire/long-message.ts';
import type { ResponseHeader } from './header.ts';
import { sizeOfKeyValue, writeKeyValue } from './key-value.ts';
import { writeRangeResponse } from './range.ts';

/** Fewer pairs are encoded at once, whatever their size. */
const MANY_PAIRS = 100;
/** A part has as many pairs as fit, or one that does not: a frame of HTTP/2 takes it whole. */
const PART_BYTES = 16 * 1024;

export function rangeAnswer(header: ResponseHeader, response: RangeResponse): Buffer | LongMessage {
  const { kvs, more, count, revision } = response;
  if (kvs.length < MANY_PAIRS)
    return encode((writer) => writeRangeResponse(writer, header, response));
  const none: RangeResponse = { revision, kvs: [], more: false, count: 0 };
  const first = encode((writer) => writeRangeResponse(writer, header, none));
  const last = encode((writer) => {
    writer.int(4, count);
    writer.bool(3, more);
  });
  const sizes = new Uint32Array(kvs.length);
  let length = first.length + last.length;
  for (let i = 0; i < kvs.length; i++) length += sizes[i] = sizeOfKeyValue(kvs[i]!);
  return { length, parts: partsOf({ first, last, kvs, sizes }), count };
}

function* partsOf(answer: {
  readonly first: Buffer;
  readonly last: Buffer;
  readonly kvs: readonly KeyValue[];
  /** As they are encoded. */
  readonly sizes: Uint32Array;
}): Generator<Uint8Array, void, void> {
  const { first, last, kvs, sizes } = answer;
  yield first;
  for (let from = 0; from < kvs.length;) {
    let end = from + 1;
    for (let bytes = sizes[from]!; end < kvs.length; end++)
      if ((bytes += sizes[end]!) > PART_BYTES) break;
    yield encode((writer) => {
      for (let i = end - 1; i >= from; i--) writeKeyValue(writer, 2, kvs[i]!);
    });
    from = end;
  }
  if (last.length > 0) yield last;
}
