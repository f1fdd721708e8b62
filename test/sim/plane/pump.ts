/** Carries a stream from one end of a connection to the other, late but in order. */
import type { BoundedStream } from '../../../platform/stream.ts';
import type { SimTime } from '../time.ts';

export interface PumpParts<T> {
  readonly time: SimTime;
  /** The far end. */
  readonly stream: BoundedStream<T>;
  readonly delayMs: () => number;
  /** Called once, when nothing is carried any more. */
  readonly stopped: () => void;
}

export class Pump<T> {
  readonly #parts: PumpParts<T>;
  #lastAt = 0;
  #isOver = false;

  constructor(parts: PumpParts<T>) {
    this.#parts = parts;
  }

  async run(source: AsyncIterable<T>): Promise<void> {
    try {
      for await (const item of source) {
        if (this.#isOver) return;
        this.#later(() => this.#parts.stream.push(item));
      }
      this.#later(() => {
        this.#parts.stream.end();
        this.drop();
      });
    } catch (error) {
      this.#later(() => this.fail(error as Error));
    }
  }

  /** The connection breaks: what is under way is lost. */
  fail(error: Error): void {
    if (this.#isOver) return;
    this.#parts.stream.fail(error);
    this.drop();
  }

  /** Nobody is at the far end any more. */
  drop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#parts.stopped();
  }

  #later(deliver: () => void): void {
    const { time, delayMs } = this.#parts;
    this.#lastAt = Math.max(this.#lastAt, time.now + delayMs());
    time.after(this.#lastAt - time.now, () => {
      if (!this.#isOver) deliver();
    });
  }
}
