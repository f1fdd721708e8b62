import { describe, expect, it } from 'vitest';
import type { Flaw } from './flaws.ts';
import { simulatePlane } from './simulation.ts';

/** WHERRY_PLANE_SEEDS asks for more, from WHERRY_PLANE_FIRST on. */
const SEEDS = Number(process.env['WHERRY_PLANE_SEEDS'] ?? 300);
const FIRST = Number(process.env['WHERRY_PLANE_FIRST'] ?? 1000);
const BATCH = 50;

describe('many seeds', () => {
  const batches = Array.from({ length: Math.ceil(SEEDS / BATCH) }, (_, i) => FIRST + i * BATCH);

  it.each(batches)(
    'from %i',
    async (first) => {
      const failures: string[] = [];
      for (let seed = first; seed < Math.min(first + BATCH, FIRST + SEEDS); seed++) {
        const { findings } = await simulatePlane({ seed });
        if (findings.length === 0) continue;
        const what = findings.slice(0, 5).join('\n');
        failures.push(`${what}\nreplay with WHERRY_PLANE_SEED=${seed}`);
      }
      expect(failures).toEqual([]);
    },
    900_000,
  );
});

describe('a planted bug is found', () => {
  /** In the worst case after so many seeds. */
  const ENOUGH = 60;
  const flaws: Flaw[] = ['doubleCreate', 'missedExpectation', 'blindBind', 'forgetfulScheduler'];

  it.each(flaws)(
    '%s',
    async (flaw) => {
      let seed = 1;
      for (; seed <= ENOUGH; seed++)
        if ((await simulatePlane({ seed, flaw })).findings.length > 0) break;
      expect(seed).toBeLessThanOrEqual(ENOUGH);
    },
    300_000,
  );
});
