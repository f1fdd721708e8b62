/** A snapshot on a connection of its own: chunks, an empty end, and back a report. */
import type { FrameConnection } from '../../platform/frames.ts';
import { StoreError } from '../kv.ts';

const CHUNK = Buffer.from([1]);
const LAST = Buffer.from([0]);

export const isLast = (frame: Buffer): boolean => frame[0] === LAST[0];

export const chunkOf = (frame: Buffer): Buffer => frame.subarray(1);

/** Empty if all went well. */
export function report(error?: unknown): Buffer {
  if (error === undefined) return Buffer.alloc(0);
  return Buffer.from(error instanceof Error ? error.message : 'failed');
}

/** Resolves when the other reports success. */
export async function sendChunks(
  connection: FrameConnection,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const failed = (detail: string): StoreError => new StoreError('unavailable', { detail });
  let isClosed = false;
  const reported = new Promise<void>((resolve, reject) => {
    connection.receive({
      frame: (bytes) => (bytes.length === 0 ? resolve() : reject(failed(bytes.toString()))),
      closed() {
        isClosed = true;
        reject(failed('the connection closed during a snapshot'));
      },
    });
  });
  reported.catch(() => {});
  try {
    for await (const chunk of chunks) {
      connection.send(Buffer.concat([CHUNK, chunk]));
      await connection.drained();
      if (isClosed) break;
    }
    connection.send(LAST);
    await reported;
  } finally {
    connection.close();
  }
}
