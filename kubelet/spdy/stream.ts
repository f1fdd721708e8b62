import { ByteQueue } from '../../platform/bytes/byte-queue.ts';
import type { ByteStream } from '../../platform/bytes/byte-stream.ts';
import type { HeaderList } from './header-block.ts';

/** Of one stream, received and not yet read; more makes the connection wait. */
const MAX_WAITING_BYTES = 256 * 1024;
const MAX_DATA_BYTES = 32 * 1024;

/** How a stream reaches its connection. */
export interface StreamOutlet {
  send(data: Buffer, last: boolean): Promise<void>;
  reset(): void;
  /** Both halves have ended. */
  over(): void;
}

export class SpdyStream implements ByteStream {
  readonly id: number;
  readonly headers: HeaderList;
  readonly #outlet: StreamOutlet;
  readonly #queue = new ByteQueue(MAX_WAITING_BYTES);
  #wrote = false;

  constructor(id: number, headers: HeaderList, outlet: StreamOutlet) {
    this.id = id;
    this.headers = headers;
    this.#outlet = outlet;
  }

  get incoming(): AsyncIterable<Uint8Array> {
    return this.#queue.chunks;
  }

  header(name: string): string {
    return this.headers.get(name)?.[0] ?? '';
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += MAX_DATA_BYTES) {
      if (this.#wrote) throw new Error('the stream is closed');
      const part = bytes.subarray(at, at + MAX_DATA_BYTES);
      await this.#outlet.send(Buffer.from(part.buffer, part.byteOffset, part.length), false);
    }
  }

  async end(): Promise<void> {
    if (this.#wrote) return;
    this.#wrote = true;
    await this.#outlet.send(Buffer.alloc(0), true).catch(() => {});
    if (this.#queue.ended) this.#outlet.over();
  }

  destroy(): void {
    if (this.#wrote && this.#queue.ended) return;
    this.broken(new Error('the stream was given up'));
    this.#outlet.reset();
  }

  /** The session: resolves when more may come. */
  received(data: Buffer): Promise<void> {
    return this.#queue.push(data);
  }

  /** The session: the other side has ended its half. */
  ended(): void {
    this.#queue.end();
    if (this.#wrote) this.#outlet.over();
  }

  /** The session: both halves are gone. */
  broken(error: Error): void {
    this.#wrote = true;
    this.#queue.fail(error);
  }
}
