import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { message } from '../../test/support/http2-client.ts';
import { IncompleteBytes, MessageReader } from './message-reader.ts';
import { RpcError } from './status.ts';

const read = (reader: MessageReader, bytes: Buffer): string[] => {
  const messages: string[] = [];
  reader.push(bytes, (each) => messages.push(each.toString('latin1')));
  return messages;
};

describe('messages of a call', () => {
  it('come out as they went in, however the frames cut them, and owe nothing', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 });
    fc.assert(
      fc.property(bodies, fc.array(fc.nat(500)), (messages, cuts) => {
        const incomplete = new IncompleteBytes(65);
        const reader = new MessageReader(60, incomplete);
        const all = Buffer.concat(messages.map(message));
        const found: string[] = [];
        let from = 0;
        for (const cut of [...cuts.sort((a, b) => a - b), all.length]) {
          const end = Math.max(from, Math.min(cut, all.length));
          found.push(...read(reader, all.subarray(from, end)));
          from = end;
        }
        expect(found).toEqual(messages.map((each) => Buffer.from(each).toString('latin1')));
        expect(reader.isAmid).toBe(false);
        incomplete.add(65);
      }),
    );
  });

  it('are refused when they are too large, before they have come', () => {
    const reader = new MessageReader(60, new IncompleteBytes(1000));
    const header = message(Buffer.alloc(61)).subarray(0, 5);
    const text = 'grpc: received message larger than max (61 vs. 60)';
    expect(() => read(reader, header)).toThrow(text);
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
