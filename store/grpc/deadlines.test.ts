import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { Deadlines, timeoutMs } from './deadlines.ts';

class Call {
  ended = false;
  expired = false;
  expire(): void {
    this.ended = this.expired = true;
  }
}

describe('grpc-timeout', () => {
  it.each([
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3000],
    ['99999999m', 99_999_999],
    ['500u', 0.5],
    ['1000n', 0.001],
    ['', undefined],
    ['1', undefined],
    ['1s', undefined],
    ['123456789m', undefined],
    ['-1S', undefined],
  ])('%s', (text, ms) => {
    if (ms === undefined) expect(timeoutMs(text)).toBeUndefined();
    else expect(timeoutMs(text)).toBeCloseTo(ms, 9);
  });
});

describe('deadlines', () => {
  it('expire calls that are late, none that has ended, and keep no timer for nobody', async () => {
    const clock = new FakeClock();
    const deadlines = new Deadlines(clock);
    const [early, late, answered, forgotten] = [new Call(), new Call(), new Call(), new Call()];
    deadlines.add(early, 100);
    deadlines.add(late, 300);
    deadlines.add(answered, 100);
    deadlines.add(forgotten, 100);
    answered.ended = true;
    deadlines.delete(forgotten);
    await clock.advance(90);
    expect(early.expired).toBe(false);
    await clock.advance(60);
    expect([early, late, answered, forgotten].map(({ expired }) => expired)).toEqual([
      ...[true, false, false, false],
    ]);
    await clock.advance(200);
    expect(late.expired).toBe(true);
    expect(clock.timers).toBe(0);
  });
});
