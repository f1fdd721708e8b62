/**
 * Integers that Go keeps in 64 bits and JavaScript's numbers do not: refused where they come in,
 * so that none is ever stored as another.
 */
export class RoundedInteger extends Error {
  override readonly name = 'RoundedInteger';

  constructor(digits: string) {
    super(`json: number ${digits} cannot be kept exactly: integers beyond 2^53 are not supported`);
  }
}

/** The longest text of which every number is exact. */
const EXACT_DIGITS = 15;
const INT64 = 2n ** 63n;

/**
 * Throws {@link RoundedInteger} for the text of an integer that would become another one. Those
 * beyond 64 bits are floating-point numbers to Go, too.
 */
export function refuseRounded(digits: string): void {
  if (digits.length <= EXACT_DIGITS) return;
  const exact = BigInt(digits);
  if (exact >= INT64 || exact < -INT64) return;
  if (BigInt(String(Number(digits))) !== exact) throw new RoundedInteger(digits);
}
