import { describe, expect, it } from 'vitest';
import type { Flaw } from './machine.ts';
// Loaded late by members: here it must not take time that the simulation does not know of.
import '../../store/persistence/backup.ts';
import { describeSeeds, membersOf } from './many-seeds.ts';
import { simulate } from './simulation.ts';

describeSeeds(3);

describe('members that check each other for corruption', () => {
  it('find none, whatever befalls them', async () => {
    const corruption = { initial: true, everyMs: 700, compactHashEveryMs: 500 };
    for (let seed = 1; seed <= 20; seed++)
      expect((await simulate({ seed, members: membersOf(seed), corruption })).findings).toEqual([]);
  }, 300_000);
});

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

  /** It shows where a follower is cut off together with the leader: among five. */
  const split = { members: 5, splits: true };

  it('answerUnproven', async () => {
    const found: string[] = [];
    for (let seed = 1; seed <= ENOUGH && found.length === 0; seed++)
      found.push(...(await simulate({ seed, ...split, flaw: 'answerUnproven' })).findings);
    expect(found.join()).toContain('went back');
  }, 300_000);

  it('and nothing where there is none, in the same storms', async () => {
    for (let seed = 1; seed <= 10; seed++)
      expect((await simulate({ seed, ...split })).findings).toEqual([]);
  }, 300_000);
});
