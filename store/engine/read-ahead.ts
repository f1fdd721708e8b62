import type { KeyAndValue } from './engine.ts';

/**
 * Chunks until an empty one; `end` is called after the last read, however the loop ends. The disk
 * reads the next chunk while the consumer works on this one.
 */
export async function* readAhead(
  next: () => Promise<readonly KeyAndValue[]>,
  end: () => Promise<void>,
): AsyncGenerator<readonly KeyAndValue[]> {
  let upcoming = next();
  try {
    for (;;) {
      const chunk = await upcoming;
      if (chunk.length === 0) return;
      upcoming = next();
      upcoming.catch(() => {});
      yield chunk;
    }
  } finally {
    await upcoming.catch(() => {});
    await end();
  }
}
