import { describe, expect, it } from 'vitest';
import type { Flaw } from './flaws.ts';
import { simulatePlane } from './simulation.ts';

/** WHERRY_PLANE_SEEDS asks for more, from WHERRY_PLANE_FIRST on. */
const SEEDS = Number(process.env['WHERRY_PLANE_SEEDS'] ?? 1000);
const FIRST = Number(process.env['WHERRY_PLANE_FIRST'] ?? 1000);
const BATCH = 100;
/** On average, by far: a plane in which nothing happens breaks no rule. */
const LEAST_WRITES = 20;

describe('many seeds', () => {
  const batches = Array.from({ length: Math.ceil(SEEDS / BATCH) }, (_, i) => FIRST + i * BATCH);

  it.each(batches)(
    'from %i',
    async (first) => {
      const failures: string[] = [];
      const end = Math.min(first + BATCH, FIRST + SEEDS);
      let writes = 0;
      for (let seed = first; seed < end; seed++) {
        const { findings, counts } = await simulatePlane({ seed });
        writes += counts['writes'] ?? 0;
        if (findings.length === 0) continue;
        const what = findings.slice(0, 5).join('\n');
        failures.push(`${what}\nreplay with WHERRY_PLANE_SEED=${seed}`);
      }
      expect(failures).toEqual([]);
      expect(writes).toBeGreaterThan(LEAST_WRITES * (end - first));
    },
    900_000,
  );
});

/** Of which a check must speak that finds the bug. */
const symptoms: Readonly<Record<Flaw, RegExp>> = {
  doubleCreate: /has \d+ pods of \d+ with/,
  missedExpectation: /has \d+ pods of \d+ with/,
  blindBind: /was bound to|became another/,
  forgetfulScheduler: /holds|was bound beside/,
};

describe('a planted bug is found', () => {
  /** In the worst case after so many seeds. */
  const ENOUGH = 60;
  const flaws = Object.keys(symptoms) as Flaw[];

  it.each(flaws)(
    '%s',
    async (flaw) => {
      const found: string[] = [];
      for (let i = 0; i < ENOUGH && found.length === 0; i++) {
        // One manager, which somebody restarts at once, and people at work on Deployments.
        const seed = flaw === 'doubleCreate' ? 4 * i + 1 : i + 1;
        const { findings } = await simulatePlane({ seed, flaw });
        found.push(...findings.filter((finding) => symptoms[flaw].test(finding)));
      }
      expect(found).not.toEqual([]);
    },
    300_000,
  );
});
