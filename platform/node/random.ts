import { randomFillSync } from 'node:crypto';
import type { Random } from '../random.ts';

/** One call of the operating system's generator costs as much as thousands of bytes from it. */
const POOL_BYTES = 4096;
const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;

/** Hands each byte out once, and forgets it here. */
function take(length: number): Uint8Array {
  if (length > POOL_BYTES) return randomFillSync(new Uint8Array(length));
  if (used + length > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = Uint8Array.prototype.slice.call(pool, used, used + length);
  pool.fill(0, used, used + length);
  used += length;
  return bytes;
}

/** Rejects draws above the greatest multiple of `bound`, so that no result is likelier. */
function below(bound: number): number {
  const limit = 2 ** 32 - (2 ** 32 % bound);
  for (;;) {
    const bytes = take(4);
    const draw = ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0;
    if (draw < limit) return draw % bound;
  }
}

/** The operating system's cryptographic generator, drawn from in blocks. */
export const realRandom: Random = { below, bytes: take };
