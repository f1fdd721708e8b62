/** Frames of SPDY/3.1, section 2.2 and 2.6. Header blocks are still compressed here. */
import { SpdyError } from './header-block.ts';

const frameType = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

const flag = { fin: 1, unidirectional: 2 } as const;

/** Why a stream is reset: section 2.6.3. */
export const resetStatus = {
  protocolError: 1,
  invalidStream: 2,
  refusedStream: 3,
  cancel: 5,
} as const;

/** Clients write at most 32 KiB at once; a longer frame ends the connection. */
export const MAX_FRAME_BYTES = 1 << 20;
export const HEAD_BYTES = 8;

export type Frame =
  | { readonly type: 'data'; readonly stream: number; readonly fin: boolean; readonly data: Buffer }
  | {
      readonly type: 'synStream' | 'synReply' | 'headers';
      readonly stream: number;
      readonly fin: boolean;
      readonly block: Buffer;
    }
  | { readonly type: 'rstStream'; readonly stream: number; readonly status: number }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'goAway'; readonly lastStream: number; readonly status: number }
  /** Settings and windows: nothing here depends on them. */
  | { readonly type: 'ignored' };

export interface FrameHead {
  readonly control: boolean;
  /** Of a control frame. */
  readonly kind: number;
  /** Of a data frame. */
  readonly stream: number;
  readonly flags: number;
  readonly length: number;
}

/** Throws {@link SpdyError} if no connection can go on after it. */
export function decodeHead(bytes: Buffer): FrameHead {
  const first = bytes.readUInt32BE();
  const second = bytes.readUInt32BE(4);
  const control = first >= 0x8000_0000;
  const length = second & 0xff_ffff;
  if (control && ((first >>> 16) & 0x7fff) !== 3) throw new SpdyError('another version of SPDY');
  if (length > MAX_FRAME_BYTES) throw new SpdyError('a frame that is too long');
  const kind = control ? first & 0xffff : 0;
  return { control, kind, stream: control ? 0 : first, flags: second >>> 24, length };
}

export function decodeFrame(head: FrameHead, body: Buffer): Frame {
  const fin = (head.flags & flag.fin) !== 0;
  if (!head.control) return { type: 'data', stream: head.stream, fin, data: body };
  const word = (at: number): number => {
    if (body.length < at + 4) throw new SpdyError('a frame that is cut off');
    return body.readUInt32BE(at);
  };
  const id = (at: number): number => word(at) & 0x7fff_ffff;
  switch (head.kind) {
    case frameType.synStream:
      if (body.length < 10) throw new SpdyError('a frame that is cut off');
      return { type: 'synStream', stream: id(0), fin, block: body.subarray(10) };
    case frameType.synReply:
      return { type: 'synReply', stream: id(0), fin, block: body.subarray(4) };
    case frameType.headers:
      return { type: 'headers', stream: id(0), fin, block: body.subarray(4) };
    case frameType.rstStream:
      return { type: 'rstStream', stream: id(0), status: word(4) };
    case frameType.ping:
      return { type: 'ping', id: word(0) };
    case frameType.goAway:
      return { type: 'goAway', lastStream: id(0), status: word(4) };
    default:
      return { type: 'ignored' };
  }
}

export function encodeFrame(frame: Exclude<Frame, { type: 'ignored' }>): Buffer {
  switch (frame.type) {
    case 'data': {
      const head = Buffer.alloc(HEAD_BYTES);
      head.writeUInt32BE(frame.stream);
      head.writeUInt32BE(frame.data.length, 4);
      head[4] = frame.fin ? flag.fin : 0;
      return Buffer.concat([head, frame.data]);
    }
    case 'synStream':
      return control(frameType.synStream, frame.fin, [
        word(frame.stream),
        Buffer.alloc(6),
        frame.block,
      ]);
    case 'synReply':
      return control(frameType.synReply, frame.fin, [word(frame.stream), frame.block]);
    case 'headers':
      return control(frameType.headers, frame.fin, [word(frame.stream), frame.block]);
    case 'rstStream':
      return control(frameType.rstStream, false, [word(frame.stream), word(frame.status)]);
    case 'ping':
      return control(frameType.ping, false, [word(frame.id)]);
    case 'goAway':
      return control(frameType.goAway, false, [word(frame.lastStream), word(frame.status)]);
  }
}

function control(kind: number, fin: boolean, parts: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt16BE(0x8003);
  head.writeUInt16BE(kind, 2);
  head.writeUInt32BE(
    parts.reduce((sum, part) => sum + part.length, 0),
    4,
  );
  head[4] = fin ? flag.fin : 0;
  return Buffer.concat([head, ...parts]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
