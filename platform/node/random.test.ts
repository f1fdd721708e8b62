import { describe, expect, it } from 'vitest';
import { uuid } from '../random.ts';
import { realRandom } from './random.ts';

describe('realRandom', () => {
  it('hands out no byte twice across many refills of its pool', () => {
    const seen = new Set(Array.from({ length: 5_000 }, () => uuid(realRandom, 'test')));
    expect(seen.size).toBe(5_000);
  });

  it('gives as many bytes as asked for, of one block and of more', () => {
    for (const length of [0, 1, 16, 4096, 4097, 100_000])
      expect(realRandom.bytes(length, 'test').length).toBe(length);
  });

  it('keeps what it handed out untouched by later draws', () => {
    const first = realRandom.bytes(64, 'test');
    const copy = [...first];
    for (let i = 0; i < 1000; i++) realRandom.bytes(64, 'test');
    expect([...first]).toEqual(copy);
  });

  it('draws every value below the bound and none else', () => {
    const drawn = new Set(Array.from({ length: 2_000 }, () => realRandom.below(7, 'test')));
    expect([...drawn].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(realRandom.below(1, 'test')).toBe(0);
    expect(realRandom.below(2 ** 32, 'test')).toBeLessThan(2 ** 32);
  });
});
