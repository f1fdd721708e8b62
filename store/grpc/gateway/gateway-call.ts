import type { Chunk } from '../../../platform/net/http.ts';
import { decodeMessage } from '../schema/codec.ts';
import type { CallEvent, CallOrigin, DuplexCall } from '../unary.ts';
import { statusOf, streamErrorBody } from './errors.ts';
import { toJson } from './json.ts';

/** Answers that may wait for the client before whoever makes them is told to wait. */
const HIGH_WATER = 16;

type Listener = () => void;

/** A stream as the services see it, and as the HTTP server reads it: one JSON object per answer. */
export class GatewayCall implements DuplexCall, AsyncIterableIterator<Chunk> {
  readonly metadata: CallOrigin['metadata'];
  readonly address: string;
  readonly #responseName: string;
  readonly #listeners = new Map<CallEvent, Set<Listener>>();
  #waiting: Buffer[] = [];
  #ended = false;
  #wake: (() => void) | undefined;
  /** Called once, when nobody reads any more or there is nothing more to read. */
  onClose: () => void = () => {};

  constructor(responseName: string, origin: CallOrigin) {
    this.#responseName = responseName;
    this.metadata = origin.metadata;
    this.address = origin.address;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** False: wait for `drain`. */
  write(bytes: Buffer): boolean {
    if (this.#ended) return true;
    const result = toJson(this.#responseName, decodeMessage(this.#responseName, bytes));
    this.#push({ result });
    return this.#waiting.length < HIGH_WATER;
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    this.#push(streamErrorBody(statusOf(error)));
    this.end();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#wake?.();
    this.#emit('close');
    this.onClose();
  }

  #push(value: object): void {
    this.#waiting.push(Buffer.from(`${JSON.stringify(value)}\n`));
    this.#wake?.();
  }

  /** The whole request is there before anything is answered: nothing is to be held back. */
  pause(): void {}

  resume(): void {}

  on(event: CallEvent, listener: Listener): void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
  }

  off(event: CallEvent, listener: Listener): void {
    this.#listeners.get(event)?.delete(listener);
  }

  #emit(event: CallEvent): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Chunk>> {
    while (this.#waiting.length === 0) {
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const value = this.#waiting.shift()!;
    if (this.#waiting.length === HIGH_WATER - 1) this.#emit('drain');
    return { done: false, value };
  }

  return(): Promise<IteratorResult<Chunk>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }
}
