/** Thousands of simulations, in files of their own so that they run side by side. */
import { describe, expect, it } from 'vitest';
import { simulate } from './simulation.ts';

/** Together these are what WHERRY_SIM_SEEDS and WHERRY_SIM_FIRST ask for. */
const SEEDS = Number(process.env['WHERRY_SIM_SEEDS'] ?? 2000);
const FIRST = Number(process.env['WHERRY_SIM_FIRST'] ?? 1000);
const BATCH = 100;

/** Every fourth cluster has five members. */
export const membersOf = (seed: number): 3 | 5 => (seed % 4 === 0 ? 5 : 3);

/** Simulates those of the seeds that are for clusters of so many members. */
export function describeSeeds(members: 3 | 5): void {
  const seeds = Array.from({ length: SEEDS }, (_, i) => FIRST + i);
  const own = seeds.filter((seed) => membersOf(seed) === members);
  const batches = Array.from({ length: Math.ceil(own.length / BATCH) }, (_, i) =>
    own.slice(i * BATCH, (i + 1) * BATCH),
  );

  describe(`clusters of ${members}`, () => {
    it.each(batches.map((batch) => [batch[0]!, batch.at(-1)!, batch] as const))(
      'seeds from %i to %i',
      async (_first, _last, batch) => {
        const failures: string[] = [];
        for (const seed of batch) {
          const { findings } = await simulate({ seed, members });
          if (findings.length > 0)
            failures.push(
              `${findings.slice(0, 5).join('\n')}\nreplay with WHERRY_SIM_SEED=${seed}`,
            );
        }
        expect(failures).toEqual([]);
      },
      900_000,
    );
  });
}
