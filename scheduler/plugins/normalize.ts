import { MAX_NODE_SCORE } from '../framework/interface.ts';

function highest(scores: Float64Array): number {
  let max = 0;
  for (const score of scores) if (score > max) max = score;
  return max;
}

/** Scales to [0, 100] so that the highest score becomes 100; all 0 stay 0. In place. */
export function normalize(scores: Float64Array): void {
  const max = highest(scores);
  if (max === 0) return;
  for (let i = 0; i < scores.length; i++)
    scores[i] = Math.floor((MAX_NODE_SCORE * scores[i]!) / max);
}

/** As {@link normalize}, turned round: the lowest count is the best, and 0 becomes 100. */
export function normalizeReversed(scores: Float64Array): void {
  normalize(scores);
  for (let i = 0; i < scores.length; i++) scores[i] = MAX_NODE_SCORE - scores[i]!;
}
