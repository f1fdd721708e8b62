/** HPACK against nghttp2, which is inside Node: what it encodes, we must read. */
import { connect, type ClientHttp2Session } from 'node:http2';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionError } from './errors.ts';
import { FrameReader, frameTypes } from './frames.ts';
import { HeaderBlocks } from './header-blocks.ts';
import { HeaderDecoder } from './header-decoder.ts';
import { HeaderTable } from './header-table.ts';
import { decodeHuffman } from './huffman.ts';

type Fields = readonly (readonly [name: string, value: string])[];

/** The fields of requests as they come out of our decoder, after nghttp2 has encoded them. */
async function throughNghttp2(requests: readonly Fields[]): Promise<Fields[]> {
  const reader = new FrameReader('client');
  const blocks = new HeaderBlocks();
  const decoded: Fields[] = [];
  const wire = new Duplex({
    read() {},
    write(bytes: Buffer, _, done) {
      reader.push(bytes, (frame) => {
        blocks.expect(frame);
        if (frame.type !== frameTypes.headers && frame.type !== frameTypes.continuation) return;
        const block = blocks.take(frame);
        if (block !== undefined)
          decoded.push(block.fields!.map(({ name, value }) => [name, value] as const));
      });
      done();
    },
  });
  const session: ClientHttp2Session = connect('http://host', { createConnection: () => wire });
  session.on('error', () => {});
  for (const fields of requests) {
    const stream = session.request(Object.fromEntries(fields), { endStream: true });
    stream.on('error', () => {});
  }
  while (decoded.length < requests.length) await new Promise((resolve) => setImmediate(resolve));
  session.destroy();
  return decoded;
}

const pseudo: Fields = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/etcdserverpb.KV/Put'],
];

const name = fc
  .string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789-_.'), minLength: 1 })
  .map((text) => `x-${text}`);
const visible = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
const value = fc
  .string({ unit: fc.constantFrom(...visible, 'é', 'ÿ', '\t'), maxLength: 300 })
  .map((text) => text.trim());
const request = fc
  .uniqueArray(fc.tuple(name, value), { selector: ([each]) => each, maxLength: 12 })
  .map((fields): Fields => [...pseudo, [':authority', 'h:1'], ...fields]);

describe('header blocks', () => {
  it('mean what nghttp2 meant, request after request', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 25 }), async (requests) => {
        const decoded = await throughNghttp2(requests);
        const sorted = (fields: Fields): string[] => fields.map((each) => each.join(': ')).sort();
        expect(decoded.map(sorted)).toEqual(requests.map(sorted));
      }),
      { numRuns: 40 },
    );
  });

  it('of RFC 7541, C.4: three requests with Huffman codes and a table', () => {
    const decoder = new HeaderDecoder();
    const read = (hex: string) =>
      decoder.decode(Buffer.from(hex, 'hex'))!.map((field) => `${field.name}: ${field.value}`);
    const first = [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'];
    expect(read('828684418cf1e3c2e5f23a6ba0ab90f4ff')).toEqual(first);
    expect(read('828684be5886a8eb10649cbf')).toEqual([...first, 'cache-control: no-cache']);
    expect(read('828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf')).toEqual([
      ...[':method: GET', ':scheme: https', ':path: /index.html'],
      ...[':authority: www.example.com', 'custom-key: custom-value'],
    ]);
  });

  it('may be anything: they decode, or are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const decoder = new HeaderDecoder();
        try {
          decoder.decode(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(ConnectionError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('that are too large are counted out, and the table stays right', () => {
    const decoder = new HeaderDecoder();
    const large = Buffer.concat([
      Buffer.from([0x40, 1, 0x61, 0x7f, 0xa1, 0x1e]),
      Buffer.alloc(4000, 'v'),
    ]);
    const all = Buffer.concat([large, ...Array<Buffer>(20).fill(Buffer.from([0xbe]))]);
    expect(decoder.decode(all)).toBeUndefined();
    expect(decoder.decode(Buffer.from([0xbe]))).toEqual([{ name: 'a', value: 'v'.repeat(4000) }]);
  });

  it.each([
    ['an index beyond the table', 'ff10'],
    ['index 0', '80'],
    ['a table larger than allowed', '3fe2ff03'],
    ['a resize amid fields', '8220'],
    ['an endless integer', `ff${'ff'.repeat(10)}`],
    ['a cut text', '000561'],
    ['a name without a value', '000161'],
  ])('with %s are refused', (_, hex) => {
    expect(() => new HeaderDecoder().decode(Buffer.from(hex, 'hex'))).toThrow(ConnectionError);
  });
});

describe('Huffman codes', () => {
  it.each([
    ['end of string', 'ffffffff'],
    ['padding that is too long', '1fff'],
    ['padding of zeros', '18'],
  ])('with %s are refused', (_, hex) => {
    expect(() => decodeHuffman(Buffer.from(hex, 'hex'))).toThrow(ConnectionError);
  });

  it('of nothing are nothing', () => {
    expect(decodeHuffman(Buffer.alloc(0))).toBe('');
  });
});

describe('the table', () => {
  it('forgets its oldest fields when it is full, and all for one that is larger than it', () => {
    const table = new HeaderTable(100);
    table.add({ name: 'a', value: '1' });
    table.add({ name: 'b', value: '2' });
    expect(table.at(63)).toEqual({ name: 'a', value: '1' });
    table.add({ name: 'c', value: '3' });
    expect(table.at(62)).toEqual({ name: 'c', value: '3' });
    expect(() => table.at(64)).toThrow(ConnectionError);
    table.add({ name: 'd', value: 'x'.repeat(100) });
    expect(table.bytes).toBe(0);
  });
});
