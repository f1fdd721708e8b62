import { expect, it } from 'vitest';
import { atOnce, inTurns, SharedTurns, type Steps, type Turns } from './turns.ts';

function* counted(done: number[], upTo: number): Steps<string> {
  for (let n = 0; n < upTo; n++) {
    done.push(n);
    yield;
  }
  return 'all';
}

/** A millisecond goes by with each look at the clock. */
function ticking(nextTurn: Turns['nextTurn']): Turns {
  let nowMs = 0;
  return { monotonic: () => nowMs++, nextTurn };
}

it('work at once is done when the call returns', () => {
  const done: number[] = [];
  expect(atOnce(counted(done, 5))).toBe('all');
  expect(done).toHaveLength(5);
});

it('work in turns begins within the call, and is laid aside every two milliseconds', async () => {
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

it('pieces of many are done at once while the slice has time, then in order, turn by turn', async () => {
  const next: (() => void)[] = [];
  const turns = new SharedTurns(
    ticking((fn) => next.push(fn)),
    3,
  );
  const done: number[] = [];
  const run = (n: number) => turns.run(() => done.push(n));
  expect([1, 2].map(run)).toEqual([1, 2]);
  const later = [3, 4, 5, 6].map(async (n) => run(n));
  expect(done).toEqual([1, 2]);
  next.shift()!();
  expect(done).toEqual([1, 2, 3, 4]);
  // Who comes now is behind those who wait, though the slice is not over.
  void run(7);
  while (next.length > 0) next.shift()!();
  expect(done).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(await Promise.all(later)).toEqual([3, 4, 5, 6]);
});

it('nothing is left behind when all is done, and the next piece begins a new slice', () => {
  const next: (() => void)[] = [];
  const turns = new SharedTurns(
    ticking((fn) => next.push(fn)),
    3,
  );
  for (let n = 0; n < 5; n++) {
    expect(turns.run(() => n)).toBe(n);
    expect(next).toHaveLength(1);
    next.shift()!();
    expect(next).toHaveLength(0);
  }
});
