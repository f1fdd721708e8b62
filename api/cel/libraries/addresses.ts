/** Kubernetes' libraries of IP addresses and CIDR ranges. */
import { parseIPv4, parseIPv6 } from '../../../platform/net/ip.ts';
import {
  namespaced,
  type Overload,
  overload,
  sizeOf,
  traversal,
  traverse,
  traverseTwice,
} from '../overloads.ts';
import { CelError, type CelValue, noSuchOverload, Opaque } from '../values.ts';

class Ip extends Opaque {
  readonly typeName = 'net.IP';
  /** Four or sixteen. */
  readonly bytes: readonly number[];

  constructor(bytes: readonly number[]) {
    super();
    this.bytes = bytes;
  }

  override equals(other: CelValue): boolean {
    return other instanceof Ip && sameBytes(this.bytes, other.bytes);
  }

  override toString(): string {
    return this.bytes.length === 4 ? this.bytes.join('.') : formatIPv6(this.bytes);
  }
}

const sameBytes = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

function groupsOf(bytes: readonly number[]): number[] {
  return Array.from({ length: 8 }, (_, i) => bytes[2 * i]! * 256 + bytes[2 * i + 1]!);
}

/** RFC 5952: the longest run of zeros goes. */
function formatIPv6(bytes: readonly number[]): string {
  const groups = groupsOf(bytes);
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const text = (part: readonly number[]): string => part.map((g) => g.toString(16)).join(':');
  if (best.start < 0) return text(groups);
  return `${text(groups.slice(0, best.start))}::${text(groups.slice(best.start + best.length))}`;
}

/** An address, or why it is none. Mapped addresses (::ffff:1.2.3.4) are refused. */
function readIp(text: string): Ip | string {
  const quad = parseIPv4(text);
  if (quad !== undefined) return new Ip(quad);
  const groups = text.includes(':') ? parseIPv6(text.replace(/%.*$/s, '')) : undefined;
  if (groups === undefined) {
    const fault = parseFault(text);
    return `IP Address "${text}" parse error during conversion from string: ${fault}`;
  }
  if (text.includes('%')) return `IP address "${text}" with zone value is not allowed`;
  if (isMapped(groups)) return `IPv4-mapped IPv6 address "${text}" is not allowed`;
  return new Ip(groups.flatMap((group) => [group >> 8, group & 255]));
}

const isMapped = (groups: readonly number[]): boolean =>
  groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);

/** In the words of Go's netip.ParseAddr, as far as they are the same for every address. */
function parseFault(text: string): string {
  const shown = `ParseAddr(${JSON.stringify(text)})`;
  const isQuad = /^\d+(\.\d+){3}$/.test(text);
  if (isQuad && /(^|\.)0\d/.test(text)) return `${shown}: IPv4 field has octet with leading zero`;
  if (isQuad) return `${shown}: IPv4 field has value >255`;
  return `${shown}: unable to parse IP`;
}

function ip(text: string): Ip {
  const found = readIp(text);
  if (typeof found === 'string') throw new CelError(found);
  return found;
}

const isLoopback = ({ bytes }: Ip): boolean =>
  bytes.length === 4 ? bytes[0] === 127 : bytes.every((b, i) => b === (i === 15 ? 1 : 0));
const isUnspecified = ({ bytes }: Ip): boolean => bytes.every((byte) => byte === 0);
const isMulticast = ({ bytes }: Ip): boolean =>
  bytes.length === 4 ? bytes[0]! >> 4 === 14 : bytes[0] === 255;
const isLinkLocalUnicast = ({ bytes: [a = 0, b = 0, ...rest] }: Ip): boolean =>
  rest.length === 2 ? a === 169 && b === 254 : a === 0xfe && b >> 6 === 2;
const isLinkLocalMulticast = ({ bytes: [a = 0, b = 0, c = 0, ...rest] }: Ip): boolean =>
  rest.length === 1 ? a === 224 && b === 0 && c === 0 : a === 255 && (b & 15) === 2;
const isBroadcast = ({ bytes }: Ip): boolean =>
  bytes.length === 4 && bytes.every((byte) => byte === 255);
const isGlobalUnicast = (address: Ip): boolean =>
  ![isUnspecified, isLoopback, isMulticast, isLinkLocalUnicast, isBroadcast].some((is) =>
    is(address),
  );

class Cidr extends Opaque {
  readonly typeName = 'net.CIDR';
  readonly address: Ip;
  readonly length: number;

  constructor(address: Ip, length: number) {
    super();
    this.address = address;
    this.length = length;
  }

  get masked(): Ip {
    const { bytes } = this.address;
    const kept = (i: number): number => Math.min(8, Math.max(0, this.length - 8 * i));
    return new Ip(bytes.map((byte, i) => byte & (0xff00 >> kept(i)) & 0xff));
  }

  contains(address: Ip): boolean {
    if (address.bytes.length !== this.address.bytes.length) return false;
    return new Cidr(address, this.length).masked.equals(this.masked);
  }

  override equals(other: CelValue): boolean {
    return (
      other instanceof Cidr && other.length === this.length && other.address.equals(this.address)
    );
  }

  override toString(): string {
    return `${this.address.toString()}/${this.length}`;
  }
}

const CIDR_FAULT = 'network address parse error during conversion from string';

/** A range, or why it is none. */
function readCidr(text: string): Cidr | string {
  const prefix = `netip.ParsePrefix(${JSON.stringify(text)})`;
  const fault = (why: string): string => `${CIDR_FAULT}: ${CIDR_FAULT}: ${prefix}: ${why}`;
  const slash = text.lastIndexOf('/');
  if (slash < 0) return fault("no '/'");
  const address = text.slice(0, slash);
  const length = text.slice(slash + 1);
  const found = readIp(address);
  if (typeof found === 'string') {
    if (found.startsWith('IPv4-mapped'))
      return `${CIDR_FAULT}: IPv4-mapped IPv6 address "${text}" is not allowed`;
    return fault(address.includes('%') ? 'IPv6 zones cannot be present in a prefix' : found);
  }
  if (!/^(0|[1-9]\d{0,2})$/.test(length)) return fault(`bad bits after slash: "${length}"`);
  const bits = Number(length);
  return bits <= found.bytes.length * 8
    ? new Cidr(found, bits)
    : fault('prefix length out of range');
}

function cidr(text: string): Cidr {
  const found = readCidr(text);
  if (typeof found === 'string') throw new CelError(found);
  return found;
}

const within = (outer: Cidr, inner: Cidr): boolean =>
  inner.length >= outer.length && outer.contains(inner.address);

const reading = { cost: traverse };
/** Bytes of an address. */
const LONGEST = 16;
const prefixBytes = ({ length }: Cidr): number => Math.ceil(length / 8);
const comparing = (range: Cidr): number => traversal(2 * prefixBytes(range));
const masking = (range: Cidr): number => traversal(prefixBytes(range)) + 1;

export const addressLibrary: readonly Overload[] = [
  overload('isIP(string): bool', (text: string) => typeof readIp(text) !== 'string', reading),
  overload('ip(string): IP', ip, reading),
  {
    ...namespaced('ip', 'isCanonical(string): bool', (t: string) => ip(t).toString() === t),
    cost: traverseTwice,
  },
  overload('IP.family(): int', ({ bytes }: Ip) => (bytes.length === 4 ? 4n : 6n)),
  overload('IP.isUnspecified(): bool', isUnspecified),
  overload('IP.isLoopback(): bool', isLoopback),
  overload('IP.isLinkLocalMulticast(): bool', isLinkLocalMulticast),
  overload('IP.isLinkLocalUnicast(): bool', isLinkLocalUnicast),
  overload('IP.isGlobalUnicast(): bool', isGlobalUnicast),
  overload('string(IP): string', (address: Ip) => address.toString()),
  overload('isCIDR(string): bool', (text: string) => typeof readCidr(text) !== 'string', reading),
  overload('cidr(string): CIDR', cidr, reading),
  overload('CIDR.containsIP(IP): bool', (range: Cidr, address: Ip) => range.contains(address), {
    price: ([range]) => comparing(range as Cidr),
    estimate: () => traversal(2 * LONGEST),
  }),
  overload(
    'CIDR.containsIP(string): bool',
    (range: Cidr, text: string) => {
      const address = readIp(text);
      if (typeof address === 'string') throw noSuchOverload();
      return range.contains(address);
    },
    {
      price: ([range, text]) => comparing(range as Cidr) + traversal(sizeOf(text!)),
      estimate: ([, text]) => traversal(2 * LONGEST) + traversal(text!.max),
    },
  ),
  overload('CIDR.containsCIDR(CIDR): bool', within, {
    price: ([range]) => comparing(range as Cidr) + masking(range as Cidr),
    estimate: () => traversal(2 * LONGEST) + traversal(LONGEST) + 1,
  }),
  overload(
    'CIDR.containsCIDR(string): bool',
    (range: Cidr, text: string) => within(range, cidr(text)),
    {
      price: ([range, text]) =>
        comparing(range as Cidr) + masking(range as Cidr) + traversal(sizeOf(text!)),
      estimate: ([, text]) =>
        traversal(2 * LONGEST) + traversal(LONGEST) + 1 + traversal(text!.max),
    },
  ),
  overload('CIDR.ip(): IP', ({ address }: Cidr) => address),
  overload('CIDR.masked(): CIDR', (range: Cidr) => new Cidr(range.masked, range.length)),
  overload('CIDR.prefixLength(): int', ({ length }: Cidr) => BigInt(length)),
  overload('string(CIDR): string', (range: Cidr) => range.toString()),
];
