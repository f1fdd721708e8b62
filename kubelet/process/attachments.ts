import { BoundedStream } from '../../platform/stream.ts';
import type { ContainerIo } from '../container-streams.ts';

interface Output {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

/** Pieces of output that wait for one who is attached; who is slower than that loses it. */
const MAX_WAITING = 4096;

/** Those who watch a container's output as it comes. They never hold the container up. */
export class Attachments {
  readonly #open = new Set<BoundedStream<Output>>();

  push(output: Output): void {
    for (const stream of this.#open) stream.push(output);
  }

  /** Resolves when the container has ended or the caller has gone away. */
  async join({ stdout, stderr, tty, signal }: ContainerIo): Promise<void> {
    const stream = new BoundedStream<Output>(MAX_WAITING, () => this.#open.delete(stream));
    const leave = (): void => stream.end();
    this.#open.add(stream);
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    try {
      for await (const output of stream) {
        const sink = output.stream === 'stdout' || tty ? stdout : stderr;
        await sink?.write(output.bytes);
      }
    } finally {
      signal.removeEventListener('abort', leave);
      this.#open.delete(stream);
    }
  }

  end(): void {
    for (const stream of [...this.#open]) stream.end();
  }
}
