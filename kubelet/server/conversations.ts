import type { ByteStream } from '../../platform/bytes/byte-stream.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import { ServerError } from './answers.ts';

/** Streams of one server at once: exec, attach, port-forward, and logs that are followed. */
const MAX_CONVERSATIONS = 2_000;
/** A connection on which nothing moved for so long is ended: the kubelet's default. */
const IDLE_MS = 4 * 3_600_000;

/** What is under way on connections that were taken over, and how to end all of it. */
export class Conversations {
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  readonly #open = new Set<Promise<void>>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws if there are too many. The signal aborts with the client's, or when all are to end. */
  begin(signal: AbortSignal): { readonly signal: AbortSignal; readonly done: () => void } {
    this.#checkRoom();
    this.#count++;
    const over = new AbortController();
    const signals = [signal, this.#stopping.signal];
    let open = true;
    const done = (): void => {
      if (!open) return;
      open = false;
      this.#count--;
      for (const each of signals) each.removeEventListener('abort', done);
      over.abort();
    };
    for (const each of signals) {
      if (each.aborted) done();
      else each.addEventListener('abort', done, { once: true });
    }
    return { signal: over.signal, done };
  }

  #checkRoom(): void {
    if (this.#stopping.signal.aborted) throw new ServerError(503, 'the node agent is stopping');
    if (this.#count >= MAX_CONVERSATIONS) throw new ServerError(429, 'too many open streams');
  }

  /**
   * The part of a 101 that follows its head: `talk`, until it or the client is done. Throws if
   * there are too many.
   */
  taking(
    signal: AbortSignal,
    talk: (connection: ByteStream, signal: AbortSignal) => Promise<void>,
  ): (connection: ByteStream) => Promise<void> {
    this.#checkRoom();
    return async (connection) => {
      const { signal: over, done } = this.begin(signal);
      const leave = (): void => connection.destroy();
      over.addEventListener('abort', leave, { once: true });
      const watched = watchOver(connection, this.#clock);
      const work = talk(watched.connection, over)
        // Whoever is at the other end has left, or does not keep to the protocol.
        .catch(() => {})
        .finally(() => {
          watched.stop();
          done();
          this.#open.delete(work);
        });
      this.#open.add(work);
      await work;
    };
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#open);
  }
}

/** Breaks the connection off when nothing has moved on it for too long. */
function watchOver(
  connection: ByteStream,
  clock: Clock,
): { readonly connection: ByteStream; stop(): void } {
  let movedAtMs = clock.monotonic();
  let timer: Timer;
  const watch = (delayMs: number): void => {
    timer = clock.after(delayMs, () => {
      const idleMs = clock.monotonic() - movedAtMs;
      if (idleMs >= IDLE_MS) connection.destroy();
      else watch(IDLE_MS - idleMs);
    });
  };
  watch(IDLE_MS);
  const moved = (): void => void (movedAtMs = clock.monotonic());
  return {
    connection: {
      incoming: noting(connection.incoming, moved),
      write(bytes) {
        moved();
        return connection.write(bytes);
      },
      end: () => connection.end(),
      destroy: () => connection.destroy(),
    },
    stop: () => timer.cancel(),
  };
}

async function* noting(
  chunks: AsyncIterable<Uint8Array>,
  moved: () => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    moved();
    yield chunk;
  }
}
