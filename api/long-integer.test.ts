import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonText } from '../platform/json-text.ts';
import { parseJson } from './json.ts';
import { integerOf, parseInteger } from './long-integer.ts';
import { decodeMessage } from './protobuf/decode-message.ts';
import { encodeMessage } from './protobuf/encode-message.ts';
import { definitionOf } from './schema/table.ts';
import { parseYaml } from './yaml.ts';
import { stringifyYaml } from './yaml-text.ts';

const deployment = definitionOf({ group: 'apps', version: 'v1', kind: 'Deployment' })!;

/** A Deployment of nothing but metadata (1), and of these nothing but the generation (7). */
function messageWith(generation: bigint): Buffer {
  const metadata = [7 << 3];
  let rest = BigInt.asUintN(64, generation);
  for (; rest > 0x7fn; rest >>= 7n) metadata.push(Number(rest & 0x7fn) | 0x80);
  metadata.push(Number(rest));
  return Buffer.from([(1 << 3) | 2, metadata.length, ...metadata]);
}

it.each([
  '9007199254740992',
  '9007199254740993',
  '-9007199254740993',
  '1000000000000000000',
  '9223372036854775807',
  '-9223372036854775808',
])('%s is kept to its last digit', (digits) => {
  const value = BigInt(digits);
  expect(parseInteger(digits)).toBe(value);
  expect(parseJson(`{"a":[1,{"b":${digits}}]}`).value).toEqual({ a: [1, { b: value }] });
  expect(parseJson(digits).value).toBe(value);
  expect(jsonText({ a: [value], b: digits })).toBe(`{"a":[${digits}],"b":"${digits}"}`);
  expect(jsonText([value], 2)).toBe(`[\n  ${digits}\n]`);
  expect(parseYaml(`a: [1, {b: ${digits}}]`)).toEqual({ a: [1, { b: value }] });
  expect(parseYaml(`{"a": ${digits}}`)).toEqual({ a: value });
  expect(stringifyYaml({ a: value })).toBe(`a: ${digits}\n`);
  const message = messageWith(value);
  expect(decodeMessage(deployment, message)).toEqual({ metadata: { generation: value } });
  expect(encodeMessage(deployment, { metadata: { generation: value } })).toEqual(message);
});

it.each([
  '0',
  '999999999999999',
  '9007199254740991',
  '-9007199254740991',
  // To Go these are floating-point numbers.
  '9223372036854775808',
  '18446744073709551615',
])('%s is a number', (digits) => {
  expect(parseInteger(digits)).toBe(Number(digits));
  expect(parseJson(`{"a":${digits}}`).value).toEqual({ a: Number(digits) });
  expect(parseYaml(`a: ${digits}`)).toEqual({ a: Number(digits) });
});

it('in a key that is given twice, the last value counts', () => {
  const long = '9007199254740993';
  expect(parseJson(`{"a":${long},"a":1}`).value).toEqual({ a: 1 });
  expect(parseJson(`{"a":1,"a":${long}}`).value).toEqual({ a: BigInt(long) });
  expect(parseJson(`{"a":{"b":${long}},"a":[]}`).value).toEqual({ a: [] });
  const own = parseJson(`{"__proto__":{"x":${long}}}`).value as object;
  expect(Object.entries(own)).toEqual([['__proto__', { x: BigInt(long) }]]);
});

it('texts and fractions are what they are', () => {
  const text =
    '{"9007199254740993":"9007199254740993","f":0.30000000000000004,"e":9007199254740993e0}';
  expect(parseJson(text, { duplicates: true }).value).toEqual(JSON.parse(text));
});

it('whatever stands beside them, JSON, YAML and back are the same value', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('int:', 'int:7', 'int::-7', '"int:7"'));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(integerOf),
      text,
      fc.constant(null),
      fc.boolean(),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(text, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 2), (one, indent) => {
      expect(parseJson(jsonText(one, indent)).value).toEqual(one);
    }),
  );
});

it('a value that contains itself is refused, as by JSON.stringify', () => {
  const one: { self?: unknown; long: bigint } = { long: 2n ** 60n };
  one.self = one;
  expect(() => jsonText(one)).toThrow(TypeError);
});
