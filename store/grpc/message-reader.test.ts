import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { realGunzip } from '../../platform/node/gunzip.ts';
import { message } from '../../test/support/http2-client.ts';
import { IncompleteBytes, MessageReader } from './message-reader.ts';
import { RpcError } from './status.ts';

const read = (reader: MessageReader, bytes: Buffer): string[] => {
  const messages: string[] = [];
  reader.push(bytes, (each) => messages.push(each.toString('latin1')));
  return messages;
};

const packed = (bytes: Uint8Array): Buffer => {
  const framed = message(gzipSync(bytes));
  framed[0] = 1;
  return framed;
};

describe('messages of a call', () => {
  it('come out as they went in, however the frames cut them, and owe nothing', () => {
    const body = fc.record({ bytes: fc.uint8Array({ maxLength: 60 }), isPacked: fc.boolean() });
    const bodies = fc.array(body, { maxLength: 8 });
    fc.assert(
      fc.property(bodies, fc.array(fc.nat(500)), (sent, cuts) => {
        const incomplete = new IncompleteBytes(95);
        const reader = new MessageReader(90, incomplete, realGunzip);
        const messages = sent.map(({ bytes }) => bytes);
        const all = Buffer.concat(
          sent.map(({ bytes, isPacked }) => (isPacked ? packed(bytes) : message(bytes))),
        );
        const found: string[] = [];
        let from = 0;
        for (const cut of [...cuts.sort((a, b) => a - b), all.length]) {
          const end = Math.max(from, Math.min(cut, all.length));
          found.push(...read(reader, all.subarray(from, end)));
          from = end;
        }
        expect(found).toEqual(messages.map((each) => Buffer.from(each).toString('latin1')));
        expect(reader.isAmid).toBe(false);
        incomplete.add(95);
      }),
    );
  });

  it('are refused when they are too large, before they have come', () => {
    const reader = new MessageReader(60, new IncompleteBytes(1000));
    const header = message(Buffer.alloc(61)).subarray(0, 5);
    const text = 'grpc: received message larger than max (61 vs. 60)';
    expect(() => read(reader, header)).toThrow(text);
  });

  it('are refused when they grow too large, or are not what they are called', () => {
    const reader = () => new MessageReader(60, new IncompleteBytes(1000), realGunzip);
    expect(read(reader(), packed(Buffer.alloc(60)))).toHaveLength(1);
    expect(() => read(reader(), packed(Buffer.alloc(61)))).toThrow(
      'grpc: received message after decompression larger than max 60',
    );
    const broken = packed(Buffer.from('x'));
    broken[5] = 0;
    expect(() => read(reader(), broken)).toThrow('grpc: failed to decompress the received message');
  });

  it('are refused when too much comes in at once, until something is done', () => {
    const incomplete = new IncompleteBytes(100);
    const first = new MessageReader(90, incomplete);
    const second = new MessageReader(90, incomplete);
    const part = message(Buffer.alloc(90)).subarray(0, 60);
    read(first, part);
    expect(() => read(second, part)).toThrow(RpcError);
    second.drop();
    first.drop();
    expect(read(second, message(Buffer.from('now')))).toEqual(['now']);
  });

  it.each([
    [1, 'grpc: compressed flag set with identity or empty encoding'],
    [7, 'grpc: received unexpected payload format 7'],
  ])('with flag %i are refused', (flag, text) => {
    const reader = new MessageReader(60, new IncompleteBytes(100));
    expect(() => read(reader, Buffer.from([flag, 0, 0, 0, 0]))).toThrow(text);
  });
});
