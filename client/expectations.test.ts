import { expect, it } from 'vitest';
import { FakeClock } from '../test/support/fake-clock.ts';
import { EXPECTATION_TTL_MS, Expectations } from './expectations.ts';

it('expectations hold until everything was seen', () => {
  const expectations = new Expectations(new FakeClock());
  expect(expectations.satisfied('a')).toBe(true);
  expectations.expectCreations('a', ['x', 'y']);
  expectations.creationObserved('a', 'x');
  // Another's, and the same once more.
  expectations.creationObserved('a', 'z');
  expectations.creationObserved('a', 'x');
  expect(expectations.satisfied('a')).toBe(false);
  expectations.creationObserved('a', 'y');
  expect(expectations.satisfied('a')).toBe(true);
});

it('a deletion seen twice counts once', () => {
  const expectations = new Expectations(new FakeClock());
  expectations.expectDeletions('a', ['x', 'y']);
  expectations.deletionObserved('a', 'x');
  expectations.deletionObserved('a', 'x');
  expect(expectations.satisfied('a')).toBe(false);
  expectations.deletionObserved('a', 'y');
  expect(expectations.satisfied('a')).toBe(true);
});

it('expectations that are never met end after a while, and with their owner', async () => {
  const clock = new FakeClock();
  const expectations = new Expectations(clock);
  expectations.expectCreations('a', ['x']);
  await clock.advance(EXPECTATION_TTL_MS);
  expect(expectations.satisfied('a')).toBe(false);
  await clock.advance(1);
  expect(expectations.satisfied('a')).toBe(true);
  expectations.expectCreations('b', ['x']);
  expectations.forget('b');
  expect(expectations.satisfied('b')).toBe(true);
});
