import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteQueue } from '../../platform/bytes/byte-queue.ts';
import type { ByteStream } from '../../platform/bytes/byte-stream.ts';
import { realRawDeflate } from '../../platform/node/raw-deflate.ts';
import {
  decodeFrame,
  decodeHead,
  encodeFrame,
  type Frame,
  HEAD_BYTES,
  MAX_FRAME_BYTES,
} from './frames.ts';
import {
  decodeHeaders,
  HeaderCompressor,
  HeaderDecompressor,
  type HeaderList,
  SpdyError,
} from './header-block.ts';
import { dictionary, DICTIONARY_ID } from './dictionary.ts';
import { SpdySession } from './session.ts';
import type { SpdyStream } from './stream.ts';

const text = fc.string({ unit: 'grapheme-ascii', maxLength: 30 });
const headerLists: fc.Arbitrary<HeaderList> = fc
  .dictionary(fc.stringMatching(/^[a-z-]{1,12}$/), fc.array(text, { minLength: 1, maxLength: 3 }), {
    maxKeys: 6,
  })
  .map((object) => new Map(Object.entries(object)));

function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}

describe('header blocks', () => {
  it('have the dictionary of the specification', () => {
    expect(dictionary).toHaveLength(1423);
    expect(adler32(dictionary)).toBe(DICTIONARY_ID);
  });

  it('survive compression one after the other', () => {
    fc.assert(
      fc.property(fc.array(headerLists, { maxLength: 20 }), (lists) => {
        const compressor = new HeaderCompressor(realRawDeflate);
        const decompressor = new HeaderDecompressor(realRawDeflate);
        for (const headers of lists) {
          const bytes = Buffer.from(compressor.compress(headers));
          expect(decompressor.decompress(bytes)).toEqual(headers);
        }
      }),
    );
  });

  it('are read if compressed as Go does: one zlib stream, here made by Node', async () => {
    const { createDeflate, constants } = await import('node:zlib');
    const deflate = createDeflate({ dictionary });
    const decompressor = new HeaderDecompressor(realRawDeflate);
    for (const name of ['streamtype', 'port', 'requestid']) {
      const headers = new Map([[name, ['x'.repeat(500)]]]);
      const block = Buffer.alloc(4 + 4 + name.length + 4 + 500, 'x');
      block.writeUInt32BE(1);
      block.writeUInt32BE(name.length, 4);
      block.write(name, 8);
      block.writeUInt32BE(500, 8 + name.length);
      deflate.write(block);
      await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
      // From Node.js 26 on each call gives one piece.
      const pieces: Buffer[] = [];
      for (let piece; (piece = deflate.read() as Buffer | null) !== null;) pieces.push(piece);
      expect(decompressor.decompress(Buffer.concat(pieces))).toEqual(headers);
    }
    deflate.close();
  });

  it('that are nonsense are refused with one kind of error', () => {
    const refused = (work: () => unknown): void => {
      try {
        work();
      } catch (error) {
        expect(error).toBeInstanceOf(SpdyError);
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        refused(() => decodeHeaders(Buffer.from(bytes)));
        refused(() => new HeaderDecompressor(realRawDeflate).decompress(Buffer.from(bytes)));
      }),
    );
  });

  it('do not grow without bound', () => {
    const compressor = new HeaderCompressor(realRawDeflate);
    const bomb = compressor.compress(new Map([['a', ['x'.repeat(1 << 20)]]]));
    const decompressor = new HeaderDecompressor(realRawDeflate);
    expect(bomb.length).toBeLessThan(5000);
    expect(() => decompressor.decompress(Buffer.from(bomb))).toThrow(SpdyError);
  });
});

const streamId = fc.integer({ min: 1, max: 0x7fff_ffff });
const word = fc.integer({ min: 0, max: 0xffff_ffff });
const bytes = fc.uint8Array({ maxLength: 100 }).map((array) => Buffer.from(array));
const frames: fc.Arbitrary<Exclude<Frame, { type: 'ignored' }>> = fc.oneof(
  fc.record({
    type: fc.constant('data' as const),
    stream: streamId,
    fin: fc.boolean(),
    data: bytes,
  }),
  fc.record({
    type: fc.constantFrom('synStream' as const, 'synReply' as const, 'headers' as const),
    stream: streamId,
    fin: fc.boolean(),
    block: bytes,
  }),
  fc.record({ type: fc.constant('rstStream' as const), stream: streamId, status: word }),
  fc.record({ type: fc.constant('ping' as const), id: word }),
  fc.record({ type: fc.constant('goAway' as const), lastStream: streamId, status: word }),
);

describe('frames', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        const encoded = encodeFrame(frame);
        const head = decodeHead(encoded.subarray(0, HEAD_BYTES));
        expect(head.length).toBe(encoded.length - HEAD_BYTES);
        expect(decodeFrame(head, encoded.subarray(HEAD_BYTES))).toEqual(frame);
      }),
    );
  });

  it('of another version, or too long, end the connection', () => {
    expect(() => decodeHead(Buffer.from([0x80, 2, 0, 1, 0, 0, 0, 0]))).toThrow(/version/);
    const long = Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]);
    long.writeUInt32BE(MAX_FRAME_BYTES + 1, 4);
    expect(() => decodeHead(long)).toThrow(/too long/);
  });
});

/** A connection on which a test plays the client. */
function play() {
  const incoming = new ByteQueue(1 << 20);
  const written: Buffer[] = [];
  const connection: ByteStream = {
    incoming: incoming.chunks,
    write: (part) => Promise.resolve(void written.push(Buffer.from(part))),
    end: () => Promise.resolve(),
    destroy: () => incoming.fail(new Error('destroyed')),
  };
  const compressor = new HeaderCompressor(realRawDeflate);
  const send = (frame: Parameters<typeof encodeFrame>[0]) => incoming.push(encodeFrame(frame));
  const open = (stream: number, headers: Record<string, string>) => {
    const list = new Map(Object.entries(headers).map(([name, value]) => [name, [value]]));
    const block = Buffer.from(compressor.compress(list));
    return send({ type: 'synStream', stream, fin: false, block });
  };
  const answered = (): Frame[] => {
    const all = Buffer.concat(written);
    const found: Frame[] = [];
    for (let at = 0; at < all.length;) {
      const head = decodeHead(all.subarray(at, at + HEAD_BYTES));
      const end = at + HEAD_BYTES + head.length;
      found.push(decodeFrame(head, all.subarray(at + HEAD_BYTES, end)));
      at = end;
    }
    return found;
  };
  return { connection, incoming, send, open, answered };
}

async function textOf(stream: SpdyStream): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of stream.incoming) parts.push(part);
  return Buffer.concat(parts).toString();
}

describe('a session', () => {
  it('answers a stream, passes data both ways and ends each half by itself', async () => {
    const { connection, incoming, send, open, answered } = play();
    const streams: SpdyStream[] = [];
    const session = new SpdySession(connection, realRawDeflate, (stream) => streams.push(stream));
    const over = session.run();
    await open(1, { streamtype: 'stdin' });
    await open(3, { streamtype: 'stdout' });
    await send({ type: 'data', stream: 1, fin: false, data: Buffer.from('hel') });
    await send({ type: 'data', stream: 1, fin: true, data: Buffer.from('lo') });
    await send({ type: 'ping', id: 7 });
    incoming.end();
    await over;
    expect(streams.map((stream) => stream.header('streamtype'))).toEqual(['stdin', 'stdout']);
    expect(await textOf(streams[0]!)).toBe('hello');
    expect(answered()).toMatchObject([
      { type: 'synReply', stream: 1 },
      { type: 'synReply', stream: 3 },
      { type: 'ping', id: 7 },
    ]);
    await expect(textOf(streams[1]!)).rejects.toThrow('the connection ended');
  });

  it('cuts what is written into frames and says when it ends', async () => {
    const { connection, incoming, open, answered } = play();
    let wrote: Promise<void> | undefined;
    const session = new SpdySession(connection, realRawDeflate, (stream) => {
      wrote = stream.write(Buffer.alloc(70_000)).then(() => stream.end());
    });
    const over = session.run();
    await open(1, {});
    await new Promise(setImmediate);
    await wrote;
    incoming.end();
    await over;
    const sizes = answered().flatMap((frame) => (frame.type === 'data' ? frame.data.length : []));
    expect(sizes).toEqual([32_768, 32_768, 4_464, 0]);
    expect(answered().at(-1)).toMatchObject({ type: 'data', fin: true });
  });

  it.each([
    ['an even stream', (game: ReturnType<typeof play>) => game.open(2, {})],
    [
      'a stream twice',
      async (game: ReturnType<typeof play>) => {
        await game.open(1, {});
        await game.open(1, {});
      },
    ],
    ['noise', ({ incoming }: ReturnType<typeof play>) => incoming.push(Buffer.alloc(20, 0xff))],
  ])('ends with %s', async (_, break_) => {
    const game = play();
    const session = new SpdySession(game.connection, realRawDeflate, () => {});
    const over = session.run();
    await break_(game);
    await expect(over).rejects.toThrow(SpdyError);
  });

  it('survives any frames in any order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frames, { maxLength: 30 }), async (list) => {
        const { connection, incoming, send } = play();
        const session = new SpdySession(connection, realRawDeflate, () => {});
        const over = session.run().catch((error: unknown) => error);
        for (const frame of list) void send(frame);
        incoming.end();
        const end = await over;
        if (end !== undefined) expect(end).toBeInstanceOf(SpdyError);
      }),
      { numRuns: 50 },
    );
  });
});
