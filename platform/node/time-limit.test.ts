import { describe, expect, it } from 'vitest';
import { TimeLimitExceeded } from '../time-limit.ts';
import { realTimeLimit } from './time-limit.ts';

const limit = realTimeLimit();
const forever = (): never => {
  for (;;);
};
const plenty = 60_000;

describe('a time limit', () => {
  it('gives back what the work returns, and throws what it throws', () => {
    expect(limit.run(plenty, () => ({ a: 1 }))).toEqual({ a: 1 });
    expect(limit.run(plenty, () => undefined)).toBeUndefined();
    const error = new Error('own');
    expect(() =>
      limit.run(plenty, () => {
        throw error;
      }),
    ).toThrow(error);
  });

  it('ends what does not end, even if it catches everything', () => {
    expect(() => limit.run(20, forever)).toThrow(TimeLimitExceeded);
    const stubborn = (): void => {
      for (;;)
        try {
          forever();
        } catch {
          // Again.
        }
    };
    expect(() => limit.run(20, stubborn)).toThrow('did not return within 0.02 s');
    expect(() => limit.run(20, () => /^(a+)+$/.test('a'.repeat(60) + 'b'))).toThrow(
      TimeLimitExceeded,
    );
    expect(limit.run(plenty, () => 'alive')).toBe('alive');
  });

  it('may be nested: the inner one ends, or the outer one with it', () => {
    const inner = () => {
      expect(() => limit.run(20, forever)).toThrow(TimeLimitExceeded);
      return 'went on';
    };
    expect(limit.run(plenty, inner)).toBe('went on');
    expect(() => limit.run(20, () => limit.run(plenty, forever))).toThrow(TimeLimitExceeded);
    expect(limit.run(plenty, () => 1)).toBe(1);
  });
});
