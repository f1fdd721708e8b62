import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyValue } from '../../kv.ts';
import { wholeMessage } from '../wire/long-message.ts';
import { encode } from '../wire/writer.ts';
import { encodeIdentity } from './header.ts';
import { rangeAnswer } from './range-answer.ts';
import { writeRangeResponse } from './range.ts';

const bytes = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((each) => Buffer.from(each.buffer, each.byteOffset));
const revision = fc.oneof(fc.nat(200), fc.maxSafeNat());
const keyValue: fc.Arbitrary<KeyValue> = fc.record({
  key: bytes(200).map((each) => each.toString('latin1')),
  value: fc.oneof(
    bytes(300),
    fc.nat(40_000).map((size) => Buffer.alloc(size)),
  ),
  createRevision: revision,
  modRevision: revision,
  version: revision,
  lease: fc.oneof(fc.constant('0'), fc.bigInt({ min: 1n, max: (1n << 63n) - 1n }).map(String)),
});
const header = {
  identity: encodeIdentity({ clusterId: '14841639068965178418', memberId: '1' }),
  ...{ revision: 7, raftTerm: 2 },
};

describe('a range', () => {
  it('answered in parts is, put together, what it is when encoded at once', () => {
    const many = fc.array(keyValue, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(many, fc.integer({ min: 1, max: 300 }), fc.boolean(), (some, count, more) => {
        const kvs = Array.from({ length: count }, (_, i) => some[i % some.length]!);
        const response = { revision: 7, kvs, more, count };
        const answer = rangeAnswer(header, response);
        const { length } = answer;
        const whole = wholeMessage(answer);
        expect(whole.equals(encode((w) => writeRangeResponse(w, header, response)))).toBe(true);
        expect(length).toBe(whole.length);
      }),
      { numRuns: 50 },
    );
  });
});
