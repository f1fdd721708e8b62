import type { LongMessage } from '../wire/long-message.ts';
import type { Field } from './header-table.ts';
import { IncomingWindow } from './incoming-window.ts';
import type { Outgoing, SendQueue, Trailers } from './outgoing.ts';

/** A client may send this much on a stream before somebody has taken it. */
export const STREAM_WINDOW_BYTES = 1 << 20;

/** What a stream tells whoever serves it. Nothing is told after `aborted`. */
export interface StreamHandlers {
  /** A view that is only good for this call. Whoever is done with it says `take`. */
  received(bytes: Buffer): void;
  /** The client sends no more. */
  halfClosed(): void;
  /** There is room again after a write that found none. */
  drained(): void;
  /** The client has reset the stream, or is gone. */
  aborted(): void;
}

/** Sends frames that belong to no answer. */
export interface StreamControl {
  send(frame: Buffer): void;
  /** The stream is of no more interest. */
  reset(stream: ServerStream, code: number): void;
}

/** One request and its answer. After the client is gone everything here does nothing. */
export class ServerStream {
  readonly id: number;
  readonly queue: SendQueue;
  handlers: StreamHandlers | undefined;
  isHalfClosed = false;
  readonly #outgoing: Outgoing;
  readonly #control: StreamControl;
  readonly #window: IncomingWindow;

  constructor(id: number, outgoing: Outgoing, control: StreamControl) {
    this.id = id;
    this.#outgoing = outgoing;
    this.#control = control;
    this.queue = outgoing.queue(id);
    this.#window = new IncomingWindow(id, STREAM_WINDOW_BYTES);
  }

  /** False if the client sends more than it may. */
  receive(bytes: number): boolean {
    return this.#window.receive(bytes);
  }

  /** The client may send so many bytes more. */
  take(bytes: number): void {
    if (this.isHalfClosed || this.queue.hasEnded) return;
    const frame = this.#window.take(bytes);
    if (frame !== undefined) this.#control.send(frame);
  }

  /** The only message, and the end of an answer that is well. */
  answer(message: Uint8Array | LongMessage): void {
    if (!this.queue.hasEnded) this.#outgoing.answer(this.queue, message);
  }

  /** Tells the client that there will be an answer. */
  start(): void {
    if (!this.queue.hasEnded) this.#outgoing.start(this.queue);
  }

  /** A copy. False: `drained` will be called. */
  message(message: Uint8Array): boolean {
    return this.queue.hasEnded || this.#outgoing.message(this.queue, message);
  }

  /** The head of an answer that is not gRPC's. */
  begin(fields: readonly Field[]): void {
    if (!this.queue.hasEnded) this.#outgoing.begin(this.queue, fields);
  }

  /** A copy, of the body of such an answer. False: `drained` will be called. */
  bytes(bytes: Uint8Array): boolean {
    return this.queue.hasEnded || this.#outgoing.bytes(this.queue, bytes);
  }

  end(trailers: Trailers): void {
    this.#outgoing.end(this.queue, trailers);
  }

  reset(code: number): void {
    if (!this.queue.hasEnded) this.#control.reset(this, code);
  }
}
