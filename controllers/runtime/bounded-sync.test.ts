import { describe, expect, it } from 'vitest';
import { configMaps } from '../../api/resources.ts';
import { silentLogger } from '../../platform/logger.ts';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import { boundedSync } from './bounded-sync.ts';

function start() {
  const clock = new FakeClock();
  const warnings: object[] = [];
  const logger = { ...silentLogger, warn: (fields: object) => void warnings.push(fields) };
  let settleTries!: { resolve: () => void; reject: (error: Error) => void };
  const whenTried = new Promise<void>((resolve, reject) => (settleTries = { resolve, reject }));
  let starts = 0;
  const informer = { start: () => void starts++, whenTried: () => whenTried, synced: false };
  const bounded = boundedSync(configMaps, informer, { clock, logger, controller: 'c' });
  const outcome = { is: 'waiting' };
  bounded.start();
  bounded.whenSynced().then(
    () => (outcome.is = 'begun'),
    (error: Error) => (outcome.is = error.message),
  );
  const synced = (): void => {
    informer.synced = true;
    settleTries.resolve();
  };
  return { clock, warnings, synced, tries: settleTries, outcome, starts: () => starts };
}

describe('a cache that is waited for', () => {
  it('is there at once', async () => {
    const { clock, synced, outcome, warnings, starts } = start();
    expect(starts()).toBe(1);
    await settle();
    expect(outcome.is).toBe('waiting');
    synced();
    await settle();
    expect(outcome.is).toBe('begun');
    expect([warnings, clock.timers]).toEqual([[], 0]);
  });

  it('holds nobody up once it has failed again and again', async () => {
    const { clock, tries, outcome, warnings } = start();
    tries.resolve();
    await settle();
    expect(outcome.is).toBe('begun');
    expect(warnings).toEqual([{ controller: 'c', resource: 'configmaps' }]);
    expect(clock.timers).toBe(0);
  });

  it('holds nobody up for more than half a minute', async () => {
    const { clock, outcome, warnings } = start();
    await clock.advance(29_999);
    expect(outcome.is).toBe('waiting');
    await clock.advance(1);
    expect(outcome.is).toBe('begun');
    expect(warnings).toEqual([{ controller: 'c', resource: 'configmaps' }]);
    expect(clock.timers).toBe(0);
  });

  it('says that it was stopped', async () => {
    const { clock, tries, outcome, warnings } = start();
    tries.reject(new Error('stopped'));
    await settle();
    expect(outcome.is).toBe('stopped');
    expect([warnings, clock.timers]).toEqual([[], 0]);
  });
});
