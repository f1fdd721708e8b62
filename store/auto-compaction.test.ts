import { describe, expect, it } from 'vitest';
import { silentLogger } from '../platform/logger.ts';
import { FakeClock } from '../test/support/fake-clock.ts';
import { startAutoCompaction, type AutoCompaction } from './auto-compaction.ts';
import { StoreError } from './kv.ts';

const MINUTE = 60_000;

function start(policy: AutoCompaction) {
  const clock = new FakeClock();
  const store = {
    revision: 1,
    compactions: [] as number[],
    failure: undefined as StoreError | undefined,
    head: () => ({ revision: store.revision }),
    compact: (revision: number): Promise<void> => {
      if (store.failure !== undefined) return Promise.reject(store.failure);
      store.compactions.push(revision);
      return Promise.resolve();
    },
  };
  const running = startAutoCompaction(store, policy, { clock, logger: silentLogger });
  return { clock, store, running };
}

describe('periodic compaction', () => {
  it('keeps the retention: compacts to what was the head that long ago', async () => {
    const { clock, store, running } = start({ mode: 'periodic', retentionMs: 100 * MINUTE });
    for (let tick = 1; tick <= 13; tick++) {
      store.revision = tick * 100;
      await clock.advance(10 * MINUTE);
    }
    expect(store.compactions).toEqual([100, 200, 300]);
    await running.stop();
    expect(clock.timers).toBe(0);
  });

  it('leaves a store alone in which nothing was written', async () => {
    const { clock, store, running } = start({ mode: 'periodic', retentionMs: 10 * MINUTE });
    store.revision = 5;
    await clock.advance(60 * MINUTE);
    expect(store.compactions).toEqual([5]);
    await running.stop();
  });
});

describe('revision compaction', () => {
  it('keeps that many revisions', async () => {
    const { clock, store, running } = start({ mode: 'revision', retention: 1000 });
    store.revision = 900;
    await clock.advance(5 * MINUTE);
    store.revision = 1500;
    await clock.advance(5 * MINUTE);
    expect(store.compactions).toEqual([500]);
    await running.stop();
  });

  it('tries again after a failure', async () => {
    const { clock, store, running } = start({ mode: 'revision', retention: 10 });
    store.revision = 100;
    store.failure = new StoreError('timeout');
    await clock.advance(5 * MINUTE);
    store.failure = undefined;
    await clock.advance(5 * MINUTE);
    expect(store.compactions).toEqual([90]);
    await running.stop();
  });
});
