/** Kubernetes' libraries of IP addresses, CIDR ranges and URLs. */
import { parseIPv4, parseIPv6 } from '../../api/validation/ip.ts';
import { namespaced, type Overload, overload, traverse } from './overloads.ts';
import { ArrayList, BuiltMap, CelError, type CelValue, Opaque } from './values.ts';

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

/** Mapped addresses (::ffff:1.2.3.4) are refused, as in Kubernetes. */
function readIp(text: string): Ip | undefined {
  const quad = parseIPv4(text);
  if (quad !== undefined) return new Ip(quad);
  if (!text.includes(':') || text.includes('%') || text.includes('.')) return undefined;
  const groups = parseIPv6(text);
  return groups && new Ip(groups.flatMap((group) => [group >> 8, group & 255]));
}

function ip(text: string): Ip {
  const found = readIp(text);
  if (found === undefined)
    throw new CelError(`IP Address "${text}" parse error during conversion from string`);
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

function readCidr(text: string): Cidr | undefined {
  const [address = '', length = '', ...more] = text.split('/');
  const found = readIp(address);
  if (found === undefined || more.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(length))
    return undefined;
  const bits = Number(length);
  return bits <= found.bytes.length * 8 ? new Cidr(found, bits) : undefined;
}

function cidr(text: string): Cidr {
  const found = readCidr(text);
  if (found === undefined)
    throw new CelError(`network address parse error during conversion from string: ${text}`);
  return found;
}

const within = (outer: Cidr, inner: Cidr): boolean =>
  inner.length >= outer.length && outer.contains(inner.address);

const reading = { cost: traverse };

export const addressLibrary: readonly Overload[] = [
  overload('isIP(string): bool', (text: string) => readIp(text) !== undefined, reading),
  overload('ip(string): IP', ip, reading),
  namespaced('ip', 'isCanonical(string): bool', (text: string) => ip(text).toString() === text),
  overload('IP.family(): int', ({ bytes }: Ip) => (bytes.length === 4 ? 4n : 6n)),
  overload('IP.isUnspecified(): bool', isUnspecified),
  overload('IP.isLoopback(): bool', isLoopback),
  overload('IP.isLinkLocalMulticast(): bool', isLinkLocalMulticast),
  overload('IP.isLinkLocalUnicast(): bool', isLinkLocalUnicast),
  overload('IP.isGlobalUnicast(): bool', isGlobalUnicast),
  overload('string(IP): string', (address: Ip) => address.toString()),
  overload('isCIDR(string): bool', (text: string) => readCidr(text) !== undefined, reading),
  overload('cidr(string): CIDR', cidr, reading),
  overload('CIDR.containsIP(IP): bool', (range: Cidr, address: Ip) => range.contains(address)),
  overload(
    'CIDR.containsIP(string): bool',
    (range: Cidr, text: string) => range.contains(ip(text)),
    { cost: ([, size = 0]) => traverse([size]) },
  ),
  overload('CIDR.containsCIDR(CIDR): bool', within),
  overload(
    'CIDR.containsCIDR(string): bool',
    (range: Cidr, text: string) => within(range, cidr(text)),
    { cost: ([, size = 0]) => traverse([size]) },
  ),
  overload('CIDR.ip(): IP', ({ address }: Cidr) => address),
  overload('CIDR.masked(): CIDR', (range: Cidr) => new Cidr(range.masked, range.length)),
  overload('CIDR.prefixLength(): int', ({ length }: Cidr) => BigInt(length)),
  overload('string(CIDR): string', (range: Cidr) => range.toString()),
];

class Url extends Opaque {
  readonly typeName = 'kubernetes.URL';
  readonly text: string;
  readonly url: URL | undefined;

  constructor(text: string, url: URL | undefined) {
    super();
    this.text = text;
    this.url = url;
  }

  override equals(other: CelValue): boolean {
    return other instanceof Url && other.text === this.text;
  }
}

const HOST_PORT = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#]*)/;

/** Go's url.ParseRequestURI: absolute, or a path. */
function readUrl(text: string): Url | undefined {
  if (text === '' || /[\x00-\x20\x7f]/.test(text)) return undefined;
  if (/%(?![0-9a-fA-F]{2})/.test(text.split('?')[0]!)) return undefined;
  if (text.startsWith('/'))
    return new Url(text, URL.canParse(text, 'x://x') ? new URL(text, 'x://x') : undefined);
  return URL.canParse(text) ? new Url(text, new URL(text)) : undefined;
}

function url(text: string): Url {
  const found = readUrl(text);
  if (found === undefined)
    throw new CelError(
      `URL parse error during conversion from string: parse "${text}": invalid URI for request`,
    );
  return found;
}

const hostOf = ({ text }: Url): string => HOST_PORT.exec(text)?.[1] ?? '';
const portOf = (each: Url): string => /:(\d*)$/.exec(hostOf(each))?.[1] ?? '';
const nameOf = (each: Url): string =>
  hostOf(each)
    .replace(/:\d*$/, '')
    .replace(/^\[|\]$/g, '');

function queryOf({ url: parsed }: Url): BuiltMap {
  const map = new BuiltMap();
  for (const key of new Set(parsed?.searchParams.keys()))
    map.set(key, new ArrayList(parsed!.searchParams.getAll(key)));
  return map;
}

function pathOf({ text }: Url): string {
  const path = text.startsWith('/') ? text : text.replace(HOST_PORT, '');
  return path.replace(/[?#].*$/s, '');
}

export const urlLibrary: readonly Overload[] = [
  overload('isURL(string): bool', (text: string) => readUrl(text) !== undefined, reading),
  overload('url(string): URL', url, reading),
  overload('URL.getScheme(): string', ({ text }: Url) =>
    text.startsWith('/') ? '' : text.split(':')[0]!,
  ),
  overload('URL.getHost(): string', hostOf),
  overload('URL.getHostname(): string', nameOf),
  overload('URL.getPort(): string', portOf),
  overload('URL.getEscapedPath(): string', pathOf),
  overload('URL.getQuery(): map(string, list(string))', queryOf),
];
