import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatAddress, parseAddress, parseCidr, sizeOf } from './cidr.ts';

test.each([
  ['10.0.0.7/24', 'IPv4', '10.0.0.0', 256n],
  ['10.96.0.0/12', 'IPv4', '10.96.0.0', 1n << 20n],
  ['0.0.0.0/0', 'IPv4', '0.0.0.0', 1n << 32n],
  ['fd00::1/108', 'IPv6', 'fd00::', 1n << 20n],
] as const)('%s', (...[text, family, base, size]) => {
  const cidr = parseCidr(text)!;
  expect(cidr.family).toBe(family);
  expect(formatAddress(cidr.base, family)).toBe(base);
  expect(sizeOf(cidr)).toBe(size);
});

test.each(['', '10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/08', 'x/8', 'fd00::/129'])(
  '%j is no range',
  (text) => {
    expect(parseCidr(text)).toBeUndefined();
  },
);

test.each([
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['::', '::'],
  ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
])('%s is written %s (RFC 5952)', (text, canonical) => {
  const { address, family } = parseAddress(text)!;
  expect(formatAddress(address, family)).toBe(canonical);
});

test('what is written is read again', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, (1n << 128n) - 1n), (address) => {
      expect(parseAddress(formatAddress(address, 'IPv6'))).toEqual({ family: 'IPv6', address });
    }),
  );
});
