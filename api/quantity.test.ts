import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  isCanonicalQuantity,
  milliValue,
  parseQuantity,
  type QuantityFormat,
  subtractQuantities,
  wholeValue,
} from './quantity.ts';

describe('quantity', () => {
  it.each([
    ['0', '0'],
    ['0.0Gi', '0'],
    ['-0', '0'],
    ['1', '1'],
    ['+1', '1'],
    ['1000m', '1'],
    ['0.5', '500m'],
    ['.5', '500m'],
    ['5.', '5'],
    ['100m', '100m'],
    ['1.5Gi', '1536Mi'],
    ['1024Mi', '1Gi'],
    ['1Ki', '1Ki'],
    ['0.5Ki', '512'],
    ['0.001Ki', '1024m'],
    ['1025', '1025'],
    ['1000', '1k'],
    ['12000000', '12M'],
    ['12e6', '12e6'],
    ['1E3', '1e3'],
    ['1E', '1E'],
    ['1500e-3', '1500e-3'],
    ['100u', '100u'],
    ['1n', '1n'],
    ['0.1n', '1n'],
    ['-0.1n', '-1n'],
    ['-1.5Gi', '-1536Mi'],
    ['9223372036854775807', '9223372036854775807'],
    ['16Ei', '9223372036854775807'],
    ['1e30', '1e30'],
    [0.5, '500m'],
    [1e21, '1e21'],
    [3, '3'],
  ])('writes %s as %s', (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
  });

  it.each(['', 'abc', '1.2.3', '1 Gi', '--1', '1Gi ', '1_000', '.', 'Ki', '1Gi1', '0x10'])(
    'refuses %j',
    (text) => {
      expect(() => parseQuantity(text)).toThrow(/quantit/);
    },
  );

  it('names the part that is wrong', () => {
    expect(() => parseQuantity('x')).toThrow(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
    expect(() => parseQuantity('1GG')).toThrow("unable to parse quantity's suffix");
    expect(() => parseQuantity('1e9999999')).toThrow("unable to parse quantity's suffix");
    expect(() => parseQuantity('1'.repeat(100_000))).toThrow('unable to parse numeric part');
  });

  it('rounds up to whole and milli units', () => {
    expect(wholeValue('1500m')).toBe(2);
    expect(wholeValue('-1500m')).toBe(-2);
    expect(milliValue('1')).toBe(1000);
    expect(milliValue('100u')).toBe(1);
    expect(wholeValue('200Mi')).toBe(200 * 1024 * 1024);
    expect(wholeValue('9E')).toBe(9e18);
  });

  const quantities = fc.record({
    nano: fc.bigInt({ min: -(10n ** 27n), max: 10n ** 27n }),
    format: fc.constantFrom<QuantityFormat>('DecimalSI', 'BinarySI', 'DecimalExponent'),
  });

  it('reads back what it wrote, and writing is idempotent', () => {
    fc.assert(
      fc.property(quantities, (quantity) => {
        const text = formatQuantity(quantity);
        const back = parseQuantity(text);
        const tooBig = quantity.format === 'BinarySI' && text.endsWith('i');
        if (!tooBig || back.nano === quantity.nano) {
          expect(back.nano).toBe(quantity.nano);
          expect(formatQuantity(back)).toBe(text);
        }
      }),
    );
  });

  it('recognizes canonical texts without a false yes', () => {
    const texts = fc
      .tuple(
        fc.nat({ max: 5000 }),
        fc.constantFrom('', 'm', 'k', 'M', 'Ki', 'Mi', 'Gi', 'n', 'e3', '.5'),
      )
      .map(([n, suffix]) => `${n}${suffix}`);
    fc.assert(
      fc.property(texts, (text) => {
        if (isCanonicalQuantity(text)) expect(formatQuantity(parseQuantity(text))).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('adds and subtracts exactly', () => {
    fc.assert(
      fc.property(quantities, quantities, (a, b) => {
        const sum = addQuantities(a, b);
        expect(compareQuantities(subtractQuantities(sum, b), a)).toBe(0);
        expect(Math.sign(compareQuantities(sum, a))).toBe(b.nano === 0n ? 0 : b.nano > 0n ? 1 : -1);
      }),
    );
    const sum = addQuantities(parseQuantity('1.5Gi'), parseQuantity('500M'));
    expect(formatQuantity(sum)).toBe('2110612736');
  });
});
