/**
 * Go keeps 64 bits of an integer, a JavaScript number 53. What is read from JSON, YAML or protobuf
 * is a `bigint` where no number is sure to keep it, and a number else, so that equal integers are
 * `===`. Types say `number`: comparing is right all the same, and `jsonText` writes both; whoever
 * calculates takes it {@link rounded}.
 */

/** Read from a number of JSON. */
export function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** The longest text of which every number is exact. */
const EXACT_DIGITS = 15;
const INT64 = 2n ** 63n;

/** Beyond 64 bits integers are floating-point numbers, as they are to Go. */
export function integerOf(exact: bigint): number | bigint {
  const value = Number(exact);
  return Number.isSafeInteger(value) || exact >= INT64 || exact < -INT64 ? value : exact;
}

/** As a number, to calculate with. */
export function rounded(integer: number | bigint): number {
  return Number(integer);
}

/** Of decimal digits, perhaps with a sign. */
export function parseInteger(digits: string): number | bigint {
  return digits.length <= EXACT_DIGITS ? Number(digits) : integerOf(BigInt(digits));
}
