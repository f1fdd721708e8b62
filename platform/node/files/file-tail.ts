import { open, stat } from 'node:fs/promises';
import { type Clock, sleep } from '../../clock.ts';

export interface TailOptions {
  /** Lines it is about; the others are left out. */
  readonly keep: (line: string) => boolean;
  /** Of those already there, so many of the last; all if undefined. */
  readonly lines?: number;
  /** Wait for more until `signal` aborts; a file that is replaced or cut is read anew. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

const POLL_MS = 200;
const CHUNK = 64 * 1024;

/** Lines of a text file, without their newlines. Rejects with ENOENT unless it follows. */
export async function* tailLines(path: string, options: TailOptions): AsyncGenerator<string> {
  const { keep, follow, signal, clock } = options;
  let position = 0;
  let rest = Buffer.alloc(0);
  let first: string[] | undefined = options.lines === undefined ? undefined : [];
  for (;;) {
    const size = await sizeOf(path, follow);
    if (size < position) [position, rest] = [0, Buffer.alloc(0)];
    if (size > position) {
      const file = await open(path, 'r');
      try {
        while (position < size) {
          const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK, position);
          if (bytesRead === 0) break;
          position += bytesRead;
          rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
          for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
            const line = rest.toString('utf8', 0, end);
            rest = rest.subarray(end + 1);
            if (!keep(line)) continue;
            if (first === undefined) yield line;
            else {
              first.push(line);
              if (first.length > options.lines!) first.shift();
            }
          }
        }
      } finally {
        await file.close();
      }
    }
    if (first !== undefined) yield* first;
    first = undefined;
    if (!follow || signal.aborted) return;
    await sleep(clock, POLL_MS, signal);
  }
}

async function sizeOf(path: string, follow: boolean): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (follow && (error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
