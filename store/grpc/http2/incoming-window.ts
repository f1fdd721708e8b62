import { frameTypes, u32Frame } from './frames.ts';

/** How much a client may send, on a stream or (stream 0) on all of a connection together. */
export class IncomingWindow {
  readonly #streamId: number;
  readonly #bytes: number;
  /** What the client may still send, and what has been taken since it was told so. */
  #open: number;
  #taken = 0;

  constructor(streamId: number, bytes: number) {
    this.#streamId = streamId;
    this.#bytes = this.#open = bytes;
  }

  /** False if the client sends more than it may. */
  receive(bytes: number): boolean {
    this.#open -= bytes;
    return this.#open >= 0;
  }

  /** Room again for so many bytes; the frame that says so, when it is worth one. */
  take(bytes: number): Buffer | undefined {
    this.#taken += bytes;
    if (this.#taken * 2 < this.#bytes) return undefined;
    const grant = this.#taken;
    this.#open += grant;
    this.#taken = 0;
    return u32Frame(frameTypes.windowUpdate, this.#streamId, grant);
  }
}
