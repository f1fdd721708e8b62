import type { Ratchet } from './rules.ts';

/** Empty is the goal and the state to keep. */
export const ratchet: Ratchet = {};
