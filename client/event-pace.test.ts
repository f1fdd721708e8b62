import { expect, it } from 'vitest';
import { sleep } from '../platform/clock.ts';
import { FakeClock } from '../test/support/fake-clock.ts';
import { EventPace } from './event-pace.ts';

function start() {
  const clock = new FakeClock();
  const pace = new EventPace(clock);
  const began: number[] = [];
  const stopping = new AbortController();
  const write = (tookMs: number): Promise<void> =>
    pace.run(async () => {
      began.push(clock.monotonic());
      await sleep(clock, tookMs);
    }, stopping.signal);
  return { clock, pace, began, stopping, write };
}

it('rests after each write for as long as it took', async () => {
  const { clock, began, write } = start();
  const writes = [write(5), write(20), write(0), write(0)];
  await clock.advance(100);
  await Promise.all(writes);
  expect(began).toEqual([0, 10, 50, 50]);
});

it('goes on after a write that failed', async () => {
  const { clock, pace, began, stopping, write } = start();
  const failed = pace.run(() => Promise.reject(new Error('no')), stopping.signal);
  const next = write(1);
  await expect(failed).rejects.toThrow('no');
  await clock.advance(10);
  await next;
  expect(began).toEqual([0]);
});

it('does not rest when it is to stop', async () => {
  const { clock, began, stopping, write } = start();
  const writes = [write(50), write(1)];
  await clock.advance(60);
  stopping.abort();
  await clock.advance(10);
  await Promise.all(writes);
  expect(began).toEqual([0, 60]);
});

it('writes but a few once it has ended, however many recorders wait, and does not rest', async () => {
  const { clock, began, pace, write } = start();
  const writes = Array.from({ length: 10_000 }, () => write(1));
  const outcome = Promise.allSettled(writes);
  pace.end();
  await clock.advance(100);
  const results = await outcome;
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(100);
  expect(began).toHaveLength(100);
  expect(clock.timers).toBe(0);
});
