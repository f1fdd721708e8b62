import { expect, it } from 'vitest';
import { FakeClock } from '../test/support/fake-clock.ts';
import { SpareThreadTime } from './spare-time.ts';

/** A thread whose time goes by as it works, or waits. */
class FakeThread {
  readonly clock = new FakeClock();
  readonly done: number[] = [];
  readonly spare: SpareThreadTime;
  #busyMs = 0;

  constructor() {
    this.spare = new SpareThreadTime({ clock: this.clock, busyMs: () => this.#busyMs });
  }

  async work(ms: number): Promise<void> {
    this.#busyMs += ms;
    await this.clock.advance(ms);
  }

  wait(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** A task that takes a millisecond of the thread. */
  add(name: number): void {
    this.spare.run(() => {
      this.#busyMs++;
      this.done.push(name);
    });
  }

  addAll(from: number, to: number): void {
    for (let name = from; name <= to; name++) this.add(name);
  }
}

it('is used at once by the first that ask, if there is some', async () => {
  const thread = new FakeThread();
  await thread.wait(100);
  thread.add(1);
  expect(thread.done).toEqual([1]);
});

it('is given in slices, in the order in which it was asked for', async () => {
  const thread = new FakeThread();
  await thread.wait(100);
  thread.addAll(1, 5);
  expect(thread.done).toEqual([1, 2]);
  await thread.wait(2);
  thread.add(6);
  expect(thread.done.slice(0, 3)).toEqual([1, 2, 3]);
  await thread.wait(100);
  expect(thread.done).toEqual([1, 2, 3, 4, 5, 6]);
  expect(thread.clock.timers).toBe(0);
});

it('is not there while the thread has other work', async () => {
  const thread = new FakeThread();
  await thread.work(100);
  thread.addAll(1, 3);
  for (let ms = 0; ms < 1_000; ms++) await thread.work(1);
  expect(thread.done).toEqual([]);
  await thread.wait(10);
  expect(thread.done).toEqual([1, 2, 3]);
});

it('is not waited for any longer than a task can wait', async () => {
  const thread = new FakeThread();
  await thread.work(100);
  thread.add(1);
  for (let ms = 0; ms < 1_500; ms++) await thread.work(1);
  thread.add(2);
  for (let ms = 0; ms < 510; ms++) await thread.work(1);
  expect(thread.done).toEqual([1]);
  for (let ms = 0; ms < 1_500; ms++) await thread.work(1);
  expect(thread.done).toEqual([1, 2]);
});
