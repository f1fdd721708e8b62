import { expect, it } from 'vitest';
import { parseJson } from './json.ts';
import { refuseRounded, RoundedInteger } from './rounded-integer.ts';

it.each([
  '9007199254740993',
  '-9007199254740993',
  '4611686018427387904',
  '9223372036854775807',
  '-9223372036854775808',
])('%s would become another number', (digits) => {
  expect(() => refuseRounded(digits)).toThrow(RoundedInteger);
  expect(() => parseJson(`{"a":[1,{"b":${digits}}]}`)).toThrow(
    `json: number ${digits} cannot be kept exactly`,
  );
  const floats = true;
  expect(parseJson(`[${digits}]`, { floats }).value).toEqual([Number(digits)]);
});

it.each([
  '0',
  '999999999999999',
  '9007199254740991',
  '9007199254740992',
  '1000000000000000000',
  // To Go these are floating-point numbers, printed alike.
  '9223372036854775808',
  '18446744073709551615',
])('%s is taken', (digits) => {
  expect(parseJson(`{"a":${digits}}`).value).toEqual({ a: Number(digits) });
});

it('texts and fractions are what they are', () => {
  const text =
    '{"9007199254740993":"9007199254740993","f":0.30000000000000004,"e":9007199254740993e0}';
  expect(parseJson(text, { duplicates: true }).value).toEqual(JSON.parse(text));
});
