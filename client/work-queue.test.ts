import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../test/support/fake-clock.ts';
import { WorkQueue } from './work-queue.ts';

describe('WorkQueue', () => {
  it('hands keys out first in, first out, each once', async () => {
    const queue = new WorkQueue({ clock: new FakeClock() });
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect([await queue.next(), await queue.next(), await queue.next()]).toEqual(['a', 'b', 'c']);
    expect(queue.size).toBe(0);
  });

  it('keeps a key added during its work until it is done', async () => {
    const queue = new WorkQueue({ clock: new FakeClock() });
    queue.add('a');
    await queue.next();
    queue.add('a');
    queue.add('a');
    expect(queue.size).toBe(0);
    queue.done('a');
    expect(queue.size).toBe(1);
    expect(await queue.next()).toBe('a');
    queue.done('a');
    expect(queue.idle).toBe(true);
  });

  it('wakes a waiting worker', async () => {
    const queue = new WorkQueue({ clock: new FakeClock() });
    const next = queue.next();
    queue.add('a');
    expect(await next).toBe('a');
  });

  it('delays, and lets the earliest of several delays win', async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue({ clock });
    queue.addAfter('a', 100);
    queue.addAfter('a', 50);
    queue.addAfter('a', 200);
    await clock.advance(49);
    expect(queue.size).toBe(0);
    await clock.advance(1);
    expect(queue.size).toBe(1);
    expect(clock.timers).toBe(0);
  });

  it('backs off 5 ms · 2^n up to 1000 s until forgotten', async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue({ clock });
    const waits: number[] = [];
    for (let failure = 0; failure < 20; failure++) {
      const began = clock.monotonic();
      queue.addRateLimited('a');
      const got = queue.next();
      await clock.advance(Math.min(1_000_000, 5 * 2 ** failure) - 1);
      const early = await Promise.race([got, settle().then(() => 'not yet')]);
      expect(early).toBe('not yet');
      await clock.advance(1);
      expect(await got).toBe('a');
      waits.push(clock.monotonic() - began);
      queue.done('a');
    }
    expect(waits.slice(0, 3)).toEqual([5, 10, 20]);
    expect(waits.at(-1)).toBe(1_000_000);
    queue.forget('a');
    queue.addRateLimited('a');
    await clock.advance(5);
    expect(queue.size).toBe(1);
  });

  it('releases every waiter and timer when stopped', async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue({ clock });
    queue.addAfter('later', 1000);
    const next = queue.next();
    queue.stop();
    expect(await next).toBeUndefined();
    expect(clock.timers).toBe(0);
    queue.add('a');
    expect(await queue.next()).toBeUndefined();
  });

  it('never loses a key, nor gives it to two workers at once', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), key: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ do: fc.constant('take' as const), key: fc.constant('') }),
      fc.record({ do: fc.constant('done' as const), key: fc.constantFrom('a', 'b', 'c') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const queue = new WorkQueue({ clock: new FakeClock() });
        // The reference model: which keys must still be seen, and which are in work.
        const waiting: string[] = [];
        const inWork = new Set<string>();
        const again = new Set<string>();
        for (const { do: action, key } of steps) {
          if (action === 'add') {
            queue.add(key);
            if (inWork.has(key)) again.add(key);
            else if (!waiting.includes(key)) waiting.push(key);
          } else if (action === 'take' && waiting.length > 0) {
            const got = (await queue.next())!;
            expect(got).toBe(waiting.shift());
            inWork.add(got);
          } else if (action === 'done' && inWork.delete(key)) {
            queue.done(key);
            if (again.delete(key)) waiting.push(key);
          }
          expect(queue.size).toBe(waiting.length);
        }
      }),
    );
  });
});
