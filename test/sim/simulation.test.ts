import { describe, expect, it } from 'vitest';
import { membersOf } from './many-seeds.ts';
import { simulate } from './simulation.ts';

/** WHERRY_SIM_SEED=17 replays one seed. */
const given = process.env['WHERRY_SIM_SEED'];
const seeds = given === undefined ? [1, 2] : [Number(given)];

describe('a cluster under faults', () => {
  it.each(seeds)('is linearizable, durable and level in the end: seed %i', async (seed) => {
    const { findings, counts } = await simulate({
      seed,
      // As the long suite runs it, or shorter.
      ...(given === undefined ? { stormMs: 5000 } : { members: membersOf(seed) }),
    });
    expect(findings, `replay with WHERRY_SIM_SEED=${seed} (${JSON.stringify(counts)})`).toEqual([]);
    expect(counts['acknowledged']).toBeGreaterThan(10);
  });

  it('is not, when reads skip their proof of leadership: the checker finds it', async () => {
    const found: string[] = [];
    for (const seed of [1, 2, 3, 4]) {
      const { findings } = await simulate({ seed, stormMs: 3000, flaw: 'skipReadIndex' });
      found.push(...findings);
    }
    expect(found.join()).toContain('went back');
  });

  it('replays a seed exactly', async () => {
    const [once, again, other] = [
      await simulate({ seed: 7, stormMs: 2000 }),
      await simulate({ seed: 7, stormMs: 2000 }),
      await simulate({ seed: 8, stormMs: 2000 }),
    ];
    expect(again.digest).toBe(once.digest);
    expect(other.digest).not.toBe(once.digest);
  });
});
