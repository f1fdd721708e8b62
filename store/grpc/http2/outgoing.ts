/**
 * What a connection sends, within the client's windows (RFC 9113, section 5.2). A stream whose
 * window is shut holds back nobody; those that wait for the connection's window take turns.
 */
import type { Duplex } from '../../../platform/duplex.ts';
import { ConnectionError, errorCodes } from './errors.ts';
import {
  FRAME_HEADER_BYTES,
  frameFlags,
  frameTypes,
  MAX_FRAME_BYTES,
  writeFrameHeader,
} from './frames.ts';
import { HeaderEncoder } from './header-encoder.ts';
import type { Field } from './header-table.ts';

const FIRST_WINDOW_BYTES = 65_535;
const MAX_WINDOW_BYTES = 2 ** 31 - 1;
/** A stream with more than this of its own waiting is full. */
const FULL_STREAM_BYTES = 64 * 1024;
/** With more than this on its way to the network, every stream of the connection is. */
const FULL_WIRE_BYTES = 1 << 20;
const MESSAGE_HEADER_BYTES = 5;

/** The end of an answer: `grpc-status: 0`, or what else. */
export type Trailers = 'ok' | readonly Field[];

/** The sending half of a stream. */
export class SendQueue {
  readonly streamId: number;
  window: number;
  /** Bodies of frames to come. */
  chunks: Buffer[] = [];
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
  #window = FIRST_WINDOW_BYTES;
  #streamWindow = FIRST_WINDOW_BYTES;
  /** Bytes in the queues of all streams. */
  #queued = 0;
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
  answer(queue: SendQueue, message: Uint8Array): void {
    const length = MESSAGE_HEADER_BYTES + message.length;
    if (queue.hasStarted || length > Math.min(MAX_FRAME_BYTES, this.#window, queue.window)) {
      this.message(queue, message);
      this.end(queue, 'ok');
      return;
    }
    this.#window -= length;
    const [head, ok] = [this.#encoder.answer(), this.#encoder.ok()];
    const bytes = Buffer.allocUnsafe(3 * FRAME_HEADER_BYTES + head.length + length + ok.length);
    const { streamId } = queue;
    let flags = frameFlags.endHeaders;
    let frame = { length: head.length, type: frameTypes.headers as number, flags, streamId };
    let at = writeFrameHeader(bytes, 0, frame);
    at += head.copy(bytes, at);
    at = writeFrameHeader(bytes, at, { length, type: frameTypes.data, flags: 0, streamId });
    at = writeMessageHeader(bytes, at, message.length);
    bytes.set(message, at);
    flags |= frameFlags.endStream;
    frame = { length: ok.length, type: frameTypes.headers, flags, streamId };
    at = writeFrameHeader(bytes, at + message.length, frame);
    ok.copy(bytes, at);
    queue.hasStarted = true;
    this.#wire.send(bytes);
    this.#ended(queue);
  }

  /** False if the stream is full. */
  message(queue: SendQueue, message: Uint8Array): boolean {
    if (queue.hasEnded || queue.trailers !== undefined) return true;
    this.start(queue);
    const length = MESSAGE_HEADER_BYTES + message.length;
    const fits = length <= Math.min(MAX_FRAME_BYTES, this.#window, queue.window);
    if (queue.bytes === 0 && fits) this.#whole(queue, message);
    else {
      const header = Buffer.allocUnsafe(MESSAGE_HEADER_BYTES);
      writeMessageHeader(header, 0, message.length);
      queue.chunks.push(header, Buffer.from(message.buffer, message.byteOffset, message.length));
      queue.bytes += length;
      this.#queued += length;
      this.#pump(queue);
    }
    const full = queue.bytes > FULL_STREAM_BYTES || this.#wire.waiting > FULL_WIRE_BYTES;
    queue.owesDrain ||= full;
    return !full;
  }

  /** The usual message: it fits one frame, and may leave now. */
  #whole(queue: SendQueue, message: Uint8Array): void {
    const { streamId } = queue;
    const length = MESSAGE_HEADER_BYTES + message.length;
    const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + length);
    writeFrameHeader(bytes, 0, { length, type: frameTypes.data, flags: 0, streamId });
    writeMessageHeader(bytes, FRAME_HEADER_BYTES, message.length);
    bytes.set(message, FRAME_HEADER_BYTES + MESSAGE_HEADER_BYTES);
    this.#window -= length;
    queue.window -= length;
    this.#wire.send(bytes);
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

  /** Nobody wants the rest. */
  forget(queue: SendQueue): void {
    queue.hasEnded = true;
    this.#queued -= queue.bytes;
    queue.bytes = 0;
    queue.chunks = [];
    this.#waiting.delete(queue);
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
        if (queue.bytes > 0 && queue.window > 0) this.#waiting.add(queue);
        this.#finish(queue);
      }
  }

  #pump(queue: SendQueue): void {
    while (this.#sendFrame(queue));
    if (queue.bytes > 0 && queue.window > 0 && !queue.hasEnded) this.#waiting.add(queue);
    this.#finish(queue);
  }

  /** True if there is more, and a window for it. */
  #sendFrame(queue: SendQueue): boolean {
    const [chunk] = queue.chunks;
    const length = Math.min(chunk?.length ?? 0, MAX_FRAME_BYTES, this.#window, queue.window);
    if (chunk === undefined || length <= 0) return false;
    if (length === chunk.length) queue.chunks.shift();
    else queue.chunks[0] = chunk.subarray(length);
    this.#window -= length;
    this.#queued -= length;
    queue.window -= length;
    queue.bytes -= length;
    const head = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
    const { streamId } = queue;
    writeFrameHeader(head, 0, { length, type: frameTypes.data, flags: 0, streamId });
    this.#wire.send(head);
    this.#wire.send(chunk.subarray(0, length));
    return queue.bytes > 0 && queue.window > 0 && this.#window > 0;
  }

  #finish(queue: SendQueue): void {
    if (queue.bytes > 0 || queue.trailers === undefined || queue.hasEnded) return;
    const { trailers } = queue;
    const block = trailers === 'ok' ? this.#encoder.ok() : this.#encoder.fields(trailers);
    this.#headers(queue, block, frameFlags.endStream);
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
      const head = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
      writeFrameHeader(head, 0, { length: part.length, type, flags, streamId });
      this.#wire.send(head);
      this.#wire.send(part);
      [type, flags] = [frameTypes.continuation, 0];
    }
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
