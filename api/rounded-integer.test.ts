import { expect, it } from 'vitest';
import { parseJson } from './json.ts';
import { decodeMessage } from './protobuf/decode-message.ts';
import { parseYaml } from './yaml.ts';
import { definitionOf } from './schema/table.ts';
import { refuseRounded, RoundedInteger } from './rounded-integer.ts';

const deployment = definitionOf({ group: 'apps', version: 'v1', kind: 'Deployment' })!;

/** A Deployment of nothing but metadata (1), and of these nothing but the generation (7). */
function messageWith(generation: bigint): Uint8Array {
  const metadata = [7 << 3];
  let rest = BigInt.asUintN(64, generation);
  for (; rest > 0x7fn; rest >>= 7n) metadata.push(Number(rest & 0x7fn) | 0x80);
  metadata.push(Number(rest));
  return Buffer.from([(1 << 3) | 2, metadata.length, ...metadata]);
}

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
  expect(() => parseYaml(`a: [1, {b: ${digits}}]`, { exact: true })).toThrow(RoundedInteger);
  expect(() => parseYaml(`{"a": ${digits}}`, { exact: true })).toThrow(RoundedInteger);
  expect(parseYaml(`a: ${digits}`)).toEqual({ a: Number(digits) });
  const message = messageWith(BigInt(digits));
  expect(() => decodeMessage(deployment, message, { exact: true })).toThrow(RoundedInteger);
  expect(decodeMessage(deployment, message)).toEqual({ metadata: { generation: Number(digits) } });
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
  expect(parseYaml(`a: ${digits}`, { exact: true })).toEqual({ a: Number(digits) });
});

it('texts and fractions are what they are', () => {
  const text =
    '{"9007199254740993":"9007199254740993","f":0.30000000000000004,"e":9007199254740993e0}';
  expect(parseJson(text, { duplicates: true }).value).toEqual(JSON.parse(text));
});
