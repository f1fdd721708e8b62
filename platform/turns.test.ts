import { expect, it } from 'vitest';
import { FakeClock } from '../test/support/fake-clock.ts';
import { atOnce, inTurns, type Steps, type Turns, turnsBy } from './turns.ts';

function* counted(done: number[], upTo: number): Steps<string> {
  for (let n = 0; n < upTo; n++) {
    done.push(n);
    yield;
  }
  return 'all';
}

/** A quarter of a millisecond goes by with each look at the clock. */
function ticking(ownTurn: Turns['ownTurn']): Turns {
  let nowMs = 0;
  return { monotonic: () => (nowMs += 0.25), nextTurn: ownTurn, ownTurn };
}

it('work at once is done when the call returns', () => {
  const done: number[] = [];
  expect(atOnce(counted(done, 5))).toBe('all');
  expect(done).toHaveLength(5);
});

it('work in turns begins within the call, and is laid aside every half a millisecond', async () => {
  const done: number[] = [];
  const seen: number[] = [];
  const turns = ticking((fn) => {
    seen.push(done.length);
    setImmediate(fn);
  });
  const result = inTurns(counted(done, 6), turns);
  expect(done).toHaveLength(2);
  expect(await result).toBe('all');
  expect(seen).toEqual([2, 4, 6]);
});

it('work that fails rejects, and is over', async () => {
  function* failing(): Steps<never> {
    yield;
    throw new Error('no');
  }
  await expect(inTurns(failing(), ticking(setImmediate))).rejects.toThrow('no');
});

it('of those who ask for turns of their own one runs in each, in order', () => {
  const due: (() => void)[] = [];
  const done: string[] = [];
  const turns = turnsBy(new FakeClock(), (fn) => void due.push(fn));
  const turn = (): void => {
    for (const fn of due.splice(0)) fn();
  };
  for (const name of ['a', 'b']) turns.ownTurn(() => void done.push(name));
  turns.nextTurn(() => void done.push('common'));
  turn();
  expect(done).toEqual(['a', 'common']);
  turns.ownTurn(() => turns.ownTurn(() => void done.push('d')));
  for (const upTo of [3, 3, 4, 4]) {
    turn();
    expect(done).toHaveLength(upTo);
  }
  expect(done.slice(2)).toEqual(['b', 'd']);
  expect(due).toEqual([]);
});
