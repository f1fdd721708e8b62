/**
 * A snapshot on a connection of its own.
 *
 *     to the receiver:  chunk…, last; alive, now and then
 *     to the sender:    taken, for each chunk that is written; alive, now and then; one report
 *
 * Both sides show that they live, for nothing else is sent to a member while a snapshot is on its
 * way to it: a leader that waited for one that has vanished would leave it behind for good.
 */
import type { Clock } from '../../platform/clock.ts';
import type { FrameConnection } from '../../platform/net/frames.ts';
import { BoundedStream } from '../../platform/stream.ts';
import { StoreError } from '../kv.ts';
import { Vigil } from './vigil.ts';

const kinds = { report: 0, chunk: 1, last: 2, taken: 3, alive: 4 } as const;

/** Chunks, each of about a megabyte, that are sent ahead of what the receiver has written. */
const WINDOW_CHUNKS = 8;

const word = (kind: keyof typeof kinds, text: Uint8Array | string = ''): Buffer =>
  Buffer.concat([Buffer.from([kinds[kind]]), Buffer.from(text)]);

const brokenOff = (detail: string): StoreError => new StoreError('unavailable', { detail });

/** Resolves when the other reports success; rejects when it reports failure, or is gone. */
export async function sendChunks(
  connection: FrameConnection,
  chunks: AsyncIterable<Uint8Array>,
  clock: Clock,
): Promise<void> {
  const outcome: { value?: 'success' | StoreError } = {};
  let untaken = 0;
  let wake = (): void => {};
  const end = (value: 'success' | StoreError): void => {
    outcome.value ??= value;
    wake();
  };
  const vigil = new Vigil(clock, {
    signal: () => connection.send(word('alive')),
    lost: () => end(brokenOff('the receiver of a snapshot does not answer')),
  });
  connection.receive({
    frame(bytes) {
      vigil.heard();
      if (bytes[0] === kinds.report)
        end(bytes.length === 1 ? 'success' : brokenOff(bytes.toString('utf8', 1)));
      else if (bytes[0] === kinds.taken) untaken--;
      wake();
    },
    closed: () => end(brokenOff('the connection closed during a snapshot')),
  });
  const room = async (most: number): Promise<void> => {
    while (untaken > most && outcome.value === undefined)
      await new Promise<void>((resolve) => (wake = resolve));
  };
  try {
    for await (const chunk of chunks) {
      if (outcome.value !== undefined) break;
      connection.send(word('chunk', chunk));
      untaken++;
      await room(WINDOW_CHUNKS - 1);
    }
    connection.send(word('last'));
    await room(-1);
  } finally {
    vigil.end();
    if (outcome.value === 'success') connection.close();
    else connection.abort();
  }
  if (outcome.value !== 'success') throw outcome.value!;
}

/** Hands what comes to `install`, and reports what became of it. */
export async function receiveChunks(
  connection: FrameConnection,
  clock: Clock,
  install: (chunks: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const chunks = new BoundedStream<Uint8Array>(WINDOW_CHUNKS);
  const vigil = new Vigil(clock, {
    signal: () => connection.send(word('alive')),
    lost() {
      chunks.fail(brokenOff('the sender of a snapshot is gone'));
      connection.abort();
    },
  });
  connection.receive({
    frame(bytes) {
      vigil.heard();
      if (bytes[0] === kinds.chunk) chunks.push(bytes.subarray(1));
      else if (bytes[0] === kinds.last) chunks.end();
    },
    closed: () => chunks.fail(brokenOff('a snapshot broke off')),
  });
  try {
    await install(taken(chunks, () => connection.send(word('taken'))));
    connection.send(word('report'));
  } catch (error) {
    connection.send(word('report', error instanceof Error ? error.message : 'failed'));
  }
  vigil.end();
  connection.close();
}

/** Who asks for the next chunk is done with the one before. */
async function* taken(
  chunks: AsyncIterable<Uint8Array>,
  told: () => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk;
    told();
  }
}
