import type { WriteOperation } from '../engine.ts';

/** Outside of what is iterated, copied or hashed. */
export const journalKey = Buffer.from([0xff]);

/**
 * What the engine below knows of the journal: f64 sequence of the newest record that it has, u8
 * whether there are files, which must then be there at the next start.
 */
export function note(sequence: number, hasFiles: boolean): WriteOperation {
  const value = Buffer.allocUnsafe(9);
  value.writeDoubleBE(sequence);
  value[8] = hasFiles ? 1 : 0;
  return { type: 'put', key: journalKey, value };
}
