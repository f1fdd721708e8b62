import { expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { FAST, PodPace } from './pod-pace.ts';

const key = 'default/web';

it('lets an owner have many pods at once, and then twenty a second', async () => {
  const clock = new FakeClock();
  const pace = new PodPace(clock);
  expect(pace.allowed({ key, has: 0, wants: 500 })).toBe(500);
  expect(pace.afterMs(key)).toBeUndefined();
  expect(pace.allowed({ key, has: FAST - 7, wants: 500 })).toBe(27);
  expect(pace.afterMs(key)).toBe(1000);
  let made = 0;
  for (let second = 0; second < 10; second++) {
    await clock.advance(1000);
    // As often as its pods' events ask for it.
    for (let i = 0; i < 30; i++) made += pace.allowed({ key, has: FAST + 20 + made, wants: 500 });
  }
  expect(made).toBe(200);
});

it('holds back nobody else, and forgets who has enough', () => {
  const pace = new PodPace(new FakeClock());
  expect(pace.allowed({ key, has: FAST, wants: 500 })).toBe(20);
  expect(pace.allowed({ key: 'default/other', has: 3, wants: 500 })).toBe(500);
  expect(pace.allowed({ key, has: FAST, wants: 0 })).toBe(0);
  expect(pace.afterMs(key)).toBeUndefined();
});
