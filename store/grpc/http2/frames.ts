/** Frames of HTTP/2 (RFC 9113, sections 4 and 6). */
import { ConnectionError, errorCodes } from './errors.ts';

export const FRAME_HEADER_BYTES = 9;
/** We ask for no larger ones, and a client that has not said otherwise takes no larger ones. */
export const MAX_FRAME_BYTES = 16_384;

export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const frameFlags = {
  endStream: 0x1,
  ack: 0x1,
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
};

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  /** A view. */
  readonly payload: Buffer;
}

/** Writes a frame's header at `at`; where the payload begins. */
export function writeFrameHeader(
  into: Buffer,
  at: number,
  frame: { length: number; type: number; flags: number; streamId: number },
): number {
  into[at] = frame.length >>> 16;
  into[at + 1] = frame.length >>> 8;
  into[at + 2] = frame.length;
  into[at + 3] = frame.type;
  into[at + 4] = frame.flags;
  into.writeUInt32BE(frame.streamId, at + 5);
  return at + FRAME_HEADER_BYTES;
}

export function encodeFrame(frame: Frame): Buffer {
  const { type, flags, streamId, payload } = frame;
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  const at = writeFrameHeader(bytes, 0, { length: payload.length, type, flags, streamId });
  payload.copy(bytes, at);
  return bytes;
}

export function u32Frame(type: number, streamId: number, value: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(value);
  return encodeFrame({ type, flags: 0, streamId, payload });
}

export function settingsFrame(settings: readonly (readonly [number, number])[]): Buffer {
  const payload = Buffer.allocUnsafe(settings.length * 6);
  for (const [i, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, i * 6);
    payload.writeUInt32BE(value, i * 6 + 2);
  }
  return encodeFrame({ type: frameTypes.settings, flags: 0, streamId: 0, payload });
}

export function goawayFrame(lastStreamId: number, code: number, text = ''): Buffer {
  const payload = Buffer.alloc(8 + Buffer.byteLength(text));
  payload.writeUInt32BE(lastStreamId, 0);
  payload.writeUInt32BE(code, 4);
  payload.write(text, 8);
  return encodeFrame({ type: frameTypes.goaway, flags: 0, streamId: 0, payload });
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Cuts what the other side sends into frames; a client sends a preface first. */
export class FrameReader {
  #rest: Buffer | undefined;
  #isOpen: boolean;

  constructor(from: 'client' | 'server') {
    this.#isOpen = from === 'server';
  }

  /** Throws {@link ConnectionError}. Payloads are views of `bytes`, or of a copy of them. */
  push(bytes: Buffer, take: (frame: Frame) => void): void {
    const all = this.#rest === undefined ? bytes : Buffer.concat([this.#rest, bytes]);
    this.#rest = undefined;
    let at = this.#isOpen ? 0 : this.#preface(all);
    while (this.#isOpen && all.length - at >= FRAME_HEADER_BYTES) {
      const length = (all[at]! << 16) | (all[at + 1]! << 8) | all[at + 2]!;
      if (length > MAX_FRAME_BYTES)
        throw new ConnectionError(errorCodes.frameSizeError, `a frame of ${length} bytes`);
      const start = at + FRAME_HEADER_BYTES;
      if (all.length < start + length) break;
      const frame = {
        type: all[at + 3]!,
        flags: all[at + 4]!,
        streamId: all.readUInt32BE(at + 5) & 0x7fffffff,
        payload: all.subarray(start, start + length),
      };
      at = start + length;
      take(frame);
    }
    // A copy: the bytes are not ours.
    if (at < all.length) this.#rest = Buffer.from(all.subarray(at));
  }

  #preface(bytes: Buffer): number {
    const length = Math.min(bytes.length, PREFACE.length);
    if (PREFACE.compare(bytes, 0, length, 0, length) !== 0)
      throw new ConnectionError(errorCodes.protocolError, 'no HTTP/2 preface');
    this.#isOpen = length === PREFACE.length;
    return this.#isOpen ? PREFACE.length : 0;
  }
}
