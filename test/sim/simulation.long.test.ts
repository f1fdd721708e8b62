import { describe, expect, it } from 'vitest';
import type { Flaw } from './machine.ts';
import { describeSeeds } from './many-seeds.ts';
import { simulate } from './simulation.ts';

describeSeeds(3);

describe('a planted bug is found', () => {
  /** In the worst case after so many seeds. */
  const ENOUGH = 60;
  const flaws: Flaw[] = [
    ...(['ackBeforeFsync', 'reuseBeforeFsync', 'skipReadIndex'] as const),
    ...(['applyTwice', 'loseAtCompaction'] as const),
  ];

  it.each(flaws)(
    '%s',
    async (flaw) => {
      let seed = 1;
      for (; seed <= ENOUGH; seed++)
        if ((await simulate({ seed, flaw })).findings.length > 0) break;
      expect(seed).toBeLessThanOrEqual(ENOUGH);
    },
    300_000,
  );
});
