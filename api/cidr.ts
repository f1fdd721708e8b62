/** IP addresses as numbers: ranges of cluster IPs and pods are arithmetic on them. */
import { parseIPv4, parseIPv6 } from '../platform/net/ip.ts';

export type IPFamily = 'IPv4' | 'IPv6';

export interface Cidr {
  readonly family: IPFamily;
  /** The address as written; host bits may be set. */
  readonly address: bigint;
  /** The first address of the range. */
  readonly base: bigint;
  readonly prefixLength: number;
}

const addressBits: Readonly<Record<IPFamily, number>> = { IPv4: 32, IPv6: 128 };

function joined(parts: readonly number[], bitsEach: number): bigint {
  return parts.reduce((sum, part) => (sum << BigInt(bitsEach)) | BigInt(part), 0n);
}

export function parseAddress(text: string): { family: IPFamily; address: bigint } | undefined {
  const bytes = parseIPv4(text);
  if (bytes !== undefined) return { family: 'IPv4', address: joined(bytes, 8) };
  const groups = text.includes(':') ? parseIPv6(text) : undefined;
  return groups && { family: 'IPv6', address: joined(groups, 16) };
}

/** "10.0.0.0/24", "fd00::/108". */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  const parsed = slash < 0 ? undefined : parseAddress(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (parsed === undefined || !/^(0|[1-9]\d{0,2})$/.test(digits)) return undefined;
  const prefixLength = Number(digits);
  const bits = addressBits[parsed.family];
  if (prefixLength > bits) return undefined;
  const hostBits = BigInt(bits - prefixLength);
  return { ...parsed, base: (parsed.address >> hostBits) << hostBits, prefixLength };
}

/** How many addresses the range has. */
export function sizeOf({ family, prefixLength }: Cidr): bigint {
  return 1n << BigInt(addressBits[family] - prefixLength);
}

export function contains(
  { family, base, prefixLength }: Cidr,
  ip: { readonly family: IPFamily; readonly address: bigint },
): boolean {
  if (ip.family !== family) return false;
  const hostBits = BigInt((family === 'IPv4' ? 32 : 128) - prefixLength);
  return ip.address >> hostBits === base >> hostBits;
}

export function formatAddress(address: bigint, family: IPFamily): string {
  return family === 'IPv4' ? formatIPv4(address) : formatIPv6(address);
}

function formatIPv4(address: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 0xffn).join('.');
}

/** RFC 5952: the first longest run of two or more zero groups becomes "::". */
function formatIPv6(address: bigint): string {
  const groups: string[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) {
    groups.push(((address >> shift) & 0xffffn).toString(16));
  }
  let longest = { start: 0, length: 1 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === '0') end++;
    if (end - start > longest.length) longest = { start, length: end - start };
  }
  if (longest.length === 1) return groups.join(':');
  const head = groups.slice(0, longest.start).join(':');
  return `${head}::${groups.slice(longest.start + longest.length).join(':')}`;
}
