/**
 * Either end of a SPDY/3.1 connection, as far as Kubernetes uses it: streams that the
 * client opens, data both ways, half-closes, resets, pings. Out: pushed streams, priorities, and
 * flow control, which Kubernetes' own library does not do either: a consumer that is slow makes
 * the whole connection wait, once {@link MAX_WAITING_BYTES} of its stream wait.
 */
import { assert } from '../../platform/assert.ts';
import { ByteReader } from '../../platform/bytes/byte-reader.ts';
import type { ByteStream } from '../../platform/bytes/byte-stream.ts';
import type { RawDeflate } from '../../platform/bytes/raw-deflate.ts';
import { decodeFrame, decodeHead, encodeFrame, HEAD_BYTES, resetStatus } from './frames.ts';
import type { Frame } from './frames.ts';
import {
  HeaderCompressor,
  HeaderDecompressor,
  SpdyError,
  type HeaderList,
} from './header-block.ts';
import { SpdyStream } from './stream.ts';

/** Open at once: two for each connection that is forwarded. */
const MAX_STREAMS = 2_000;
const NO_HEADERS: HeaderList = new Map();

export class SpdySession {
  readonly #connection: ByteStream;
  readonly #reader: ByteReader;
  readonly #compressor: HeaderCompressor;
  readonly #decompressor: HeaderDecompressor;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #opened: ((stream: SpdyStream) => void) | undefined;
  #lastStream = 0;

  /**
   * At the accepting end `opened` is called for each stream; it may be read and written at once.
   * Without it this is the opening end.
   */
  constructor(connection: ByteStream, deflate: RawDeflate, opened?: (stream: SpdyStream) => void) {
    this.#connection = connection;
    this.#reader = new ByteReader(connection.incoming);
    this.#compressor = new HeaderCompressor(deflate);
    this.#decompressor = new HeaderDecompressor(deflate);
    this.#opened = opened;
  }

  /** At the opening end: a stream of these headers. What is written follows them. */
  async open(headers: HeaderList): Promise<SpdyStream> {
    assert(this.#opened === undefined, 'only the client opens streams');
    if (this.#streams.size >= MAX_STREAMS) throw new Error('too many streams are open');
    const id = this.#lastStream === 0 ? 1 : this.#lastStream + 2;
    this.#lastStream = id;
    const stream = this.#stream(id, headers);
    const block = Buffer.from(this.#compressor.compress(headers));
    await this.#connection.write(encodeFrame({ type: 'synStream', stream: id, fin: false, block }));
    return stream;
  }

  /** Until the other end ends the connection; rejects if it breaks off or breaks the protocol. */
  async run(): Promise<void> {
    try {
      for (;;) {
        const head = await this.#reader.read(HEAD_BYTES);
        if (head === undefined) break;
        const decoded = decodeHead(head);
        const frame = decodeFrame(decoded, await this.#reader.rest(decoded.length));
        await this.#handle(frame);
      }
      this.#forget(undefined);
    } catch (error) {
      this.#forget(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  /** No more streams, and the connection's end once what was written is on its way. */
  async close(): Promise<void> {
    const farewell = encodeFrame({ type: 'goAway', lastStream: this.#lastStream, status: 0 });
    await this.#connection.write(farewell).catch(() => {});
    await this.#connection.end();
  }

  #forget(error: Error | undefined): void {
    const gone = error ?? new Error('the connection ended');
    for (const stream of this.#streams.values()) stream.broken(gone);
    this.#streams.clear();
  }

  async #handle(frame: Frame): Promise<void> {
    switch (frame.type) {
      case 'synStream':
        return this.#open(frame.stream, frame.fin, this.#decompressor.decompress(frame.block));
      case 'synReply':
      case 'headers':
        // Decompressed even if nobody wants them: later blocks depend on it.
        this.#decompressor.decompress(frame.block);
        if (frame.fin) this.#streams.get(frame.stream)?.ended();
        return;
      case 'data':
        return this.#data(frame.stream, frame.fin, frame.data);
      case 'rstStream':
        this.#streams.get(frame.stream)?.broken(new Error('the stream was reset'));
        this.#streams.delete(frame.stream);
        return;
      case 'ping':
        // A client's ids are odd, a server's even; we send none.
        if (frame.id % 2 === (this.#opened === undefined ? 0 : 1))
          await this.#connection.write(encodeFrame(frame));
        return;
      case 'goAway':
      case 'ignored':
        return;
    }
  }

  async #open(id: number, fin: boolean, headers: HeaderList): Promise<void> {
    if (this.#opened === undefined) throw new SpdyError('a stream that the server opens');
    if (id % 2 === 0 || id <= this.#lastStream) throw new SpdyError('a stream id out of order');
    this.#lastStream = id;
    if (this.#streams.size >= MAX_STREAMS) return this.#reset(id, resetStatus.refusedStream);
    const stream = this.#stream(id, headers);
    if (fin) stream.ended();
    const block = Buffer.from(this.#compressor.compress(NO_HEADERS));
    await this.#connection.write(encodeFrame({ type: 'synReply', stream: id, fin: false, block }));
    this.#opened(stream);
  }

  #stream(id: number, headers: HeaderList): SpdyStream {
    const stream = new SpdyStream(id, headers, {
      send: (data, last) =>
        this.#connection.write(encodeFrame({ type: 'data', stream: id, fin: last, data })),
      reset: () => {
        this.#streams.delete(id);
        void this.#reset(id, resetStatus.cancel).catch(() => {});
      },
      over: () => void this.#streams.delete(id),
    });
    this.#streams.set(id, stream);
    return stream;
  }

  async #data(id: number, fin: boolean, data: Buffer): Promise<void> {
    const stream = this.#streams.get(id);
    // Of a stream that was reset meanwhile, or was ended twice.
    if (stream === undefined) return;
    if (data.length > 0) await stream.received(data);
    if (fin) stream.ended();
  }

  #reset(stream: number, status: number): Promise<void> {
    return this.#connection.write(encodeFrame({ type: 'rstStream', stream, status }));
  }
}
