import { randomBytes, randomInt } from 'node:crypto';
import type { Random } from '../random.ts';

/** The operating system's cryptographic generator. */
export const realRandom: Random = {
  below: (bound) => randomInt(bound),
  bytes: (length) => randomBytes(length),
};
