import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepCopy, deepEqual, deepFreeze } from './deep.ts';

describe('deep', () => {
  it('copies to an equal value that shares nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const frozen = deepFreeze(JSON.parse(JSON.stringify(value)) as unknown);
        const copy = deepCopy(frozen);
        expect(copy).toEqual(frozen);
        expect(deepEqual(copy, frozen)).toBe(true);
        if (typeof copy === 'object' && copy !== null) expect(copy).not.toBe(frozen);
      }),
    );
  });

  it('tells different values apart exactly as JSON text with sorted keys does', () => {
    const sorted = (value: unknown): string =>
      JSON.stringify(value, (_key, v: unknown) =>
        typeof v === 'object' && v !== null && !Array.isArray(v)
          ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
          : v,
      );
    const small = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(null, 0, 1, '', 'a', true),
        fc.array(tie('value'), { maxLength: 2 }),
        fc.dictionary(fc.constantFrom('a', 'b'), tie('value'), { maxKeys: 2 }),
      ),
    })).value;
    fc.assert(
      fc.property(small, small, (a, b) => {
        expect(deepEqual(a, b)).toBe(sorted(a) === sorted(b));
      }),
      { numRuns: 500 },
    );
  });

  it('treats an undefined field as absent', () => {
    expect(deepEqual({ a: undefined }, {})).toBe(true);
    expect(deepEqual({ a: undefined }, { b: 1 })).toBe(false);
    expect(deepEqual({ a: 1 }, { a: 1, b: undefined })).toBe(true);
    expect(deepEqual({ a: undefined }, { b: undefined })).toBe(true);
  });

  it('keeps a field called __proto__ a field', () => {
    const value = JSON.parse('{"__proto__":{"polluted":true}}') as object;
    const copy = deepCopy(value);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"polluted":true}}');
  });
});
