/**
 * What a connection sends, within the client's windows (RFC 9113, section 5.2). A stream whose
 * window is shut holds back nobody; those that wait for the connection's window take turns.
 */
import type { Duplex } from '../../../platform/bytes/duplex.ts';
import type { LongMessage } from '../wire/long-message.ts';
import { ConnectionError, errorCodes } from './errors.ts';
import {
  FRAME_HEADER_BYTES,
  frameFlags,
  frameTypes,
  MAX_FRAME_BYTES,
  writeFrameHeader,
  type Frame,
} from './frames.ts';
import { HeaderEncoder } from './header-encoder.ts';
import type { Field } from './header-table.ts';

const FIRST_WINDOW_BYTES = 65_535;
const MAX_WINDOW_BYTES = 2 ** 31 - 1;
/** A stream with more than this of its own waiting is full. */
const FULL_STREAM_BYTES = 64 * 1024;
/** With more than this on its way to the network, every stream of the connection is. */
const FULL_WIRE_BYTES = 1 << 20;
/** Long messages are made so far ahead of the network. */
const MADE_AHEAD_BYTES = 256 * 1024;
const MESSAGE_HEADER_BYTES = 5;
const NOTHING = new Uint8Array(0);

/** The end of an answer: `grpc-status: 0`, or what else; or its body's, without trailers. */
export type Trailers = 'ok' | 'body' | readonly Field[];

/** The sending half of a stream. */
export class SendQueue {
  readonly streamId: number;
  window: number;
  /** Bodies of frames to come, and where further ones are to be had. */
  chunks: Uint8Array[] = [];
  parts: Iterator<Uint8Array> | undefined;
  /** Of both. */
  bytes = 0;
  trailers: Trailers | undefined;
  hasStarted = false;
  hasEnded = false;
  /** Somebody was told that the stream is full. */
  owesDrain = false;

  constructor(streamId: number, window: number) {
    this.streamId = streamId;
    this.window = window;
  }
}

export class Outgoing {
  readonly #wire: Duplex;
  readonly #encoder = new HeaderEncoder();
  /** Waiting for the connection's window, in turns. */
  readonly #waiting = new Set<SendQueue>();
  /** Their messages are made on when the network has taken what is made. */
  readonly #stalled = new Set<SendQueue>();
  #window = FIRST_WINDOW_BYTES;
  #streamWindow = FIRST_WINDOW_BYTES;
  /** Bytes in the queues of all streams. */
  #queued = 0;
  /** Of answers; not all are counted, but each write is. */
  framesSent = 0;
  readonly #onEnd: (queue: SendQueue) => void;

  /** `onEnd`: the last frame of a stream has been sent. */
  constructor(wire: Duplex, onEnd: (queue: SendQueue) => void) {
    this.#wire = wire;
    this.#onEnd = onEnd;
  }

  /** Of answers, whether they wait for a window or for the network. */
  get unsent(): number {
    return this.#queued + this.#wire.waiting;
  }

  queue(streamId: number): SendQueue {
    return new SendQueue(streamId, this.#streamWindow);
  }

  limitTable(bytes: number): void {
    this.#encoder.limitTable(bytes);
  }

  /** The only message of an answer that is well; the usual one leaves as one piece. */
  answer(queue: SendQueue, message: Uint8Array | LongMessage): void {
    const length = MESSAGE_HEADER_BYTES + message.length;
    const fits = length <= Math.min(MAX_FRAME_BYTES, this.#window, queue.window);
    if (queue.hasStarted || !fits || !(message instanceof Uint8Array)) {
      this.message(queue, message);
      this.end(queue, 'ok');
      return;
    }
    this.#window -= length;
    this.framesSent++;
    const [head, ok] = [this.#encoder.answer(), this.#encoder.ok()];
    let at = this.#wire.claim(3 * FRAME_HEADER_BYTES + head.length + length + ok.length);
    const { room } = this.#wire;
    const { streamId } = queue;
    let flags = frameFlags.endHeaders;
    let frame = { length: head.length, type: frameTypes.headers as number, flags, streamId };
    at = writeFrameHeader(room, at, frame);
    at += head.copy(room, at);
    at = writeFrameHeader(room, at, { length, type: frameTypes.data, flags: 0, streamId });
    at = writeMessageHeader(room, at, message.length);
    room.set(message, at);
    flags |= frameFlags.endStream;
    frame = { length: ok.length, type: frameTypes.headers, flags, streamId };
    at = writeFrameHeader(room, at + message.length, frame);
    ok.copy(room, at);
    queue.hasStarted = true;
    this.#ended(queue);
  }

  /** False if the stream is full. The bytes are copied. */
  message(queue: SendQueue, message: Uint8Array | LongMessage): boolean {
    if (queue.hasEnded || queue.trailers !== undefined) return true;
    this.start(queue);
    const length = MESSAGE_HEADER_BYTES + message.length;
    const isWhole = message instanceof Uint8Array;
    const fits = length <= Math.min(MAX_FRAME_BYTES, this.#window, queue.window);
    if (isWhole && queue.bytes === 0 && fits) this.#whole(queue, message);
    else {
      const header = Buffer.allocUnsafe(MESSAGE_HEADER_BYTES);
      writeMessageHeader(header, 0, message.length);
      queue.chunks.push(header);
      if (isWhole) queue.chunks.push(Buffer.from(message));
      else queue.parts = message.parts;
      this.#add(queue, length);
    }
    return this.#hasRoom(queue);
  }

  /** Of a body that is no message. False if the stream is full. The bytes are copied. */
  bytes(queue: SendQueue, bytes: Uint8Array): boolean {
    if (queue.hasEnded || bytes.length === 0) return true;
    queue.chunks.push(Buffer.from(bytes));
    this.#add(queue, bytes.length);
    return this.#hasRoom(queue);
  }

  #add(queue: SendQueue, bytes: number): void {
    queue.bytes += bytes;
    this.#queued += bytes;
    this.#pump(queue);
  }

  #hasRoom(queue: SendQueue): boolean {
    const full = queue.bytes > FULL_STREAM_BYTES || this.#wire.waiting > FULL_WIRE_BYTES;
    queue.owesDrain ||= full;
    return !full;
  }

  /** The usual message: it fits one frame, and may leave now. */
  #whole(queue: SendQueue, message: Uint8Array): void {
    const { streamId } = queue;
    const length = MESSAGE_HEADER_BYTES + message.length;
    let at = this.#wire.claim(FRAME_HEADER_BYTES + length);
    const { room } = this.#wire;
    at = writeFrameHeader(room, at, { length, type: frameTypes.data, flags: 0, streamId });
    at = writeMessageHeader(room, at, message.length);
    room.set(message, at);
    this.framesSent++;
    this.#window -= length;
    queue.window -= length;
  }

  /** After what waits. An answer without a message is trailers only. */
  end(queue: SendQueue, trailers: Trailers): void {
    if (queue.hasEnded || queue.trailers !== undefined) return;
    queue.trailers = trailers;
    this.#pump(queue);
  }

  start(queue: SendQueue): void {
    if (queue.hasStarted) return;
    queue.hasStarted = true;
    this.#headers(queue, this.#encoder.answer(), 0);
  }

  /** {@link start} of an answer that is not gRPC's. */
  begin(queue: SendQueue, fields: readonly Field[]): void {
    queue.hasStarted = true;
    this.#headers(queue, this.#encoder.fields(fields), 0);
  }

  /** Nobody wants the rest. */
  forget(queue: SendQueue): void {
    queue.hasEnded = true;
    this.#queued -= queue.bytes;
    queue.bytes = 0;
    queue.chunks = [];
    queue.parts = undefined;
    this.#waiting.delete(queue);
    this.#stalled.delete(queue);
  }

  /** The client's SETTINGS_INITIAL_WINDOW_SIZE holds for streams that are open, too. */
  resizeWindows(bytes: number, queues: Iterable<SendQueue>): void {
    const change = bytes - this.#streamWindow;
    this.#streamWindow = bytes;
    for (const queue of queues) this.widen(queue, change);
  }

  /** Throws {@link ConnectionError} if the window becomes too large. */
  widen(queue: SendQueue, bytes: number): void {
    queue.window += bytes;
    if (queue.window > MAX_WINDOW_BYTES) throw tooWide();
    if (bytes > 0) this.#pump(queue);
  }

  widenConnection(bytes: number): void {
    this.#window += bytes;
    if (this.#window > MAX_WINDOW_BYTES) throw tooWide();
    while (this.#window > 0 && this.#waiting.size > 0)
      for (const queue of [...this.#waiting]) {
        if (this.#window <= 0) return;
        // To the end of the line.
        this.#waiting.delete(queue);
        this.#sendFrame(queue);
        this.#await(queue);
      }
  }

  /** The network has taken what was sent. */
  drained(): void {
    for (const queue of [...this.#stalled]) {
      this.#stalled.delete(queue);
      this.#pump(queue);
    }
  }

  #pump(queue: SendQueue): void {
    while (this.#sendFrame(queue));
    this.#await(queue);
  }

  /** What else there is waits for the window, or the network; or it was all. */
  #await(queue: SendQueue): void {
    const hasRoom = queue.window > 0 && !this.#stalled.has(queue);
    if (queue.bytes > 0 && hasRoom && !queue.hasEnded) this.#waiting.add(queue);
    this.#finish(queue);
  }

  /** True if there is more, and a window for it. */
  #sendFrame(queue: SendQueue): boolean {
    if (this.#window <= 0 || queue.window <= 0) return false;
    const chunk = queue.chunks[0] ?? this.#part(queue);
    if (chunk === undefined) return false;
    const length = Math.min(chunk.length, MAX_FRAME_BYTES, this.#window, queue.window);
    if (length === chunk.length) queue.chunks.shift();
    else queue.chunks[0] = chunk.subarray(length);
    this.#window -= length;
    this.#queued -= length;
    queue.window -= length;
    queue.bytes -= length;
    const { streamId } = queue;
    this.#frame({ type: frameTypes.data, flags: 0, streamId }, chunk.subarray(0, length));
    return queue.bytes > 0 && queue.window > 0 && this.#window > 0;
  }

  /** The next of a long message, unless the network is behind. */
  #part(queue: SendQueue): Uint8Array | undefined {
    if (queue.parts === undefined) return undefined;
    if (this.#wire.waiting > MADE_AHEAD_BYTES) {
      this.#stalled.add(queue);
      return undefined;
    }
    const part = queue.parts.next();
    if (part.done === true) queue.parts = undefined;
    else queue.chunks = [part.value];
    return queue.chunks[0];
  }

  #finish(queue: SendQueue): void {
    if (queue.bytes > 0 || queue.trailers === undefined || queue.hasEnded) return;
    const { streamId, trailers } = queue;
    const flags = frameFlags.endStream;
    if (trailers === 'body') this.#frame({ type: frameTypes.data, flags, streamId }, NOTHING);
    else if (trailers === 'ok') this.#headers(queue, this.#encoder.ok(), flags);
    else this.#headers(queue, this.#encoder.fields(trailers), flags);
    this.#ended(queue);
  }

  #ended(queue: SendQueue): void {
    queue.hasEnded = true;
    this.#waiting.delete(queue);
    this.#onEnd(queue);
  }

  /** A block may be larger than a frame: error texts can quote what was sent. */
  #headers(queue: SendQueue, block: Buffer, endStream: number): void {
    const { streamId } = queue;
    let type: number = frameTypes.headers;
    let flags = endStream;
    for (let from = 0; from === 0 || from < block.length; from += MAX_FRAME_BYTES) {
      const part = block.subarray(from, from + MAX_FRAME_BYTES);
      if (from + MAX_FRAME_BYTES >= block.length) flags |= frameFlags.endHeaders;
      this.#frame({ type, flags, streamId }, part);
      [type, flags] = [frameTypes.continuation, 0];
    }
  }

  #frame(head: Omit<Frame, 'payload'>, payload: Uint8Array): void {
    const { length } = payload;
    this.framesSent++;
    const at = this.#wire.claim(FRAME_HEADER_BYTES + length);
    const { room } = this.#wire;
    room.set(payload, writeFrameHeader(room, at, { ...head, length }));
  }

  /** True, once, if a stream that was full is not any more. */
  takeDrain(queue: SendQueue): boolean {
    if (!queue.owesDrain || queue.bytes > 0 || this.#wire.waiting > FULL_WIRE_BYTES) return false;
    queue.owesDrain = false;
    return true;
  }
}

/** Not compressed, four bytes of length. */
function writeMessageHeader(into: Buffer, at: number, length: number): number {
  into[at] = 0;
  into.writeUInt32BE(length, at + 1);
  return at + MESSAGE_HEADER_BYTES;
}

const tooWide = (): ConnectionError =>
  new ConnectionError(errorCodes.flowControlError, 'a window grows too large');
