import { describe, expect, it } from 'vitest';
import { simulatePlane } from './simulation.ts';

/** WHERRY_PLANE_SEED=17 replays one seed. */
const given = process.env['WHERRY_PLANE_SEED'];
const seeds = given === undefined ? Array.from({ length: 20 }, (_, i) => i + 1) : [Number(given)];

describe('a control plane under faults', () => {
  it.each(seeds)('keeps every promise, and gets everything done: seed %i', async (seed) => {
    const { findings, counts, log } = await simulatePlane({ seed });
    expect(findings, log.join('\n')).toEqual([]);
    expect(counts['writes']).toBeGreaterThan(10);
  });

  it('finds controllers that do not wait for what they have done', async () => {
    const found: string[] = [];
    for (let seed = 1; seed <= 10 && found.length === 0; seed++)
      found.push(...(await simulatePlane({ seed, flaw: 'missedExpectation' })).findings);
    expect(found.join()).toMatch(/has \d+ pods of \d+ with/);
  });

  it('replays a seed exactly', async () => {
    const [once, again, other] = [
      await simulatePlane({ seed: 7, stormMs: 15_000 }),
      await simulatePlane({ seed: 7, stormMs: 15_000 }),
      await simulatePlane({ seed: 8, stormMs: 15_000 }),
    ];
    expect(again).toEqual(once);
    expect(other.digest).not.toBe(once.digest);
  });
});
