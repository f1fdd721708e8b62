/** The client's end of an HTTP/2 connection, frame by frame, without a network. */
import type { Duplex, DuplexHandlers } from '../../platform/bytes/duplex.ts';
import { encodeFrame, FrameReader, frameTypes, type Frame } from '../../store/grpc/http2/frames.ts';

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** A network that delivers at once, or keeps what a test calls unread. */
export class LoopDuplex implements Duplex {
  #handlers: DuplexHandlers | undefined;
  readonly commonName = undefined;
  readonly address = '192.0.2.1:40000';
  room = Buffer.alloc(0);
  waiting = 0;
  isReading = true;
  hasEnded = false;
  isDestroyed = false;
  readonly sent: Buffer[] = [];

  open(handlers: DuplexHandlers): void {
    this.#handlers = handlers;
  }

  send(bytes: Uint8Array): void {
    const at = this.claim(bytes.length);
    this.room.set(bytes, at);
  }

  claim(bytes: number): number {
    this.room = Buffer.alloc(bytes);
    if (this.hasEnded || this.isDestroyed) return 0;
    this.sent.push(this.room);
    if (!this.isReading) this.waiting += bytes;
    return 0;
  }

  end(): void {
    this.hasEnded = true;
  }

  destroy(): void {
    this.isDestroyed = true;
  }

  /** From the client. A copy, which is overwritten afterwards: nobody may keep views. */
  arrive(bytes: Uint8Array): void {
    if (this.hasEnded || this.isDestroyed) return;
    const copy = Buffer.from(bytes);
    this.#handlers!.received(copy);
    copy.fill(0xee);
  }

  drain(): void {
    this.waiting = 0;
    this.#handlers!.drained();
  }

  close(): void {
    this.#handlers!.closed();
  }
}

export const frame = (
  type: keyof typeof frameTypes,
  streamId: number,
  ...[payload = Buffer.alloc(0), flags = 0]: [payload?: Uint8Array, flags?: number]
): Buffer =>
  encodeFrame({ type: frameTypes[type], flags, streamId, payload: Buffer.from(payload) });

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** Fields as literals that no table takes. */
export function headerBlock(fields: Readonly<Record<string, string>>): Buffer {
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value, 'latin1');
    if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
    const rest = bytes.length - 127;
    const length = [127];
    let left = rest;
    for (; left >= 128; left = Math.floor(left / 128)) length.push((left % 128) | 128);
    return Buffer.concat([Buffer.from([...length, left]), bytes]);
  };
  const each = Object.entries(fields).map(([name, value]) =>
    Buffer.concat([Buffer.from([0]), text(name), text(value)]),
  );
  return Buffer.concat(each);
}

export const request = (path: string, more: Readonly<Record<string, string>> = {}): Buffer =>
  headerBlock({
    ...{ ':method': 'POST', ':scheme': 'http', ':path': path, ':authority': 'a' },
    ...{ 'content-type': 'application/grpc', te: 'trailers' },
    ...more,
  });

/** gRPC's prefix: not compressed, and the length. */
export const message = (bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([0]), u32(bytes.length), bytes]);

/** What the server has sent since the last look, as frames. */
export class Received {
  readonly #duplex: LoopDuplex;
  readonly #reader = new FrameReader('server');

  constructor(duplex: LoopDuplex) {
    this.#duplex = duplex;
  }

  take(): Frame[] {
    const frames: Frame[] = [];
    for (const bytes of this.#duplex.sent.splice(0))
      this.#reader.push(bytes, (each) =>
        frames.push({ ...each, payload: Buffer.from(each.payload) }),
      );
    return frames;
  }

  /** "headers 1", with flags and payload left out. */
  takeNames(): string[] {
    const names = Object.entries(frameTypes);
    return this.take().map(({ type, streamId }) => {
      const [name] = names.find(([, number]) => number === type)!;
      return `${name} ${streamId}`;
    });
  }
}
