import { expect, test } from 'vitest';
import { TtlSteps } from './plan.ts';

test('the more nodes, the longer; steps are left later than they were entered', () => {
  const steps = new TtlSteps();
  const grown = [0, 100, 101, 500, 501, 1000, 1001, 2000, 2001, 50_000];
  expect(grown.map((count) => steps.secondsFor(count))).toEqual([
    0, 0, 15, 15, 30, 30, 60, 60, 300, 300,
  ]);
  const shrunk = [1800, 1799, 900, 899, 450, 449, 90, 89, 0];
  expect(shrunk.map((count) => steps.secondsFor(count))).toEqual([
    300, 60, 60, 30, 30, 15, 15, 0, 0,
  ]);
  expect(steps.secondsFor(3000)).toBe(300);
  expect(steps.secondsFor(3)).toBe(0);
});
