import { describe, expect, it } from 'vitest';
import type { Flaw } from './machine.ts';
import { simulate } from './simulation.ts';

const SEEDS = Number(process.env['WHERRY_SIM_SEEDS'] ?? 1000);
const BATCH = 100;
const FIRST = Number(process.env['WHERRY_SIM_FIRST'] ?? 1000);

describe('many seeds', () => {
  const batches = Array.from({ length: Math.ceil(SEEDS / BATCH) }, (_, i) => FIRST + i * BATCH);

  it.each(batches)(
    'from %i',
    async (first) => {
      const failures: string[] = [];
      for (let seed = first; seed < first + Math.min(BATCH, SEEDS); seed++) {
        const members = seed % 4 === 0 ? 5 : 3;
        const { findings } = await simulate({ seed, members });
        if (findings.length > 0)
          failures.push(`${findings.slice(0, 5).join('\n')}\nreplay with WHERRY_SIM_SEED=${seed}`);
      }
      expect(failures).toEqual([]);
    },
    900_000,
  );
});

describe('a planted bug is found', () => {
  /** In the worst case after so many seeds. */
  const ENOUGH = 60;
  const flaws: Flaw[] = ['ackBeforeFsync', 'skipReadIndex', 'applyTwice', 'loseAtCompaction'];

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
