import { expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { Timekeeper, type TimingName } from './timing.ts';

it('times are told to all who want to know, the first of them learns what was before', async () => {
  const clock = new FakeClock();
  const keeper = new Timekeeper(clock);
  const [first, second]: [TimingName, number][][] = [[], []];
  const began = keeper.now();
  await clock.advance(2000);
  expect(keeper.took('snapshotSave', began)).toBe(2);
  keeper.add((...what) => first!.push(what));
  keeper.add((...what) => second!.push(what));
  expect(keeper.range(() => 7)).toBe(7);
  await expect(keeper.range(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  const both = [
    ['range', 0],
    ['rangeFailed', 0],
  ];
  expect([first, second]).toEqual([[['snapshotSave', 2], ...both], both]);
});
