/** What is odd about addresses and ranges that are taken all the same (KEP-4858). */
import { type Cidr, formatAddress, parseAddress, parseCidr } from '../cidr.ts';

type Address = Pick<Cidr, 'address' | 'family'>;

const IPV4_BITS = 32n;
/** What stands before an IPv4 address that is written as one of IPv6: ::ffff:1.2.3.4. */
const MAPPED = 0xffffn;
const MAPPED_BITS = 96;

const isMapped = ({ address, family }: Address): boolean =>
  family === 'IPv6' && address >> IPV4_BITS === MAPPED;

const nonStandard = (what: string, value: string, better: string): string =>
  `non-standard ${what} ${JSON.stringify(value)} will be considered invalid in a future ` +
  `Kubernetes release: use "${better}"`;

/** As Go prints it, which takes mapped addresses for IPv4. */
function shown(of: Address): string {
  if (!isMapped(of)) return formatAddress(of.address, of.family);
  return formatAddress(of.address & ((1n << IPV4_BITS) - 1n), 'IPv4');
}

/** An address that cannot be read is not judged. */
export function oddAddress(value: string, field: string): string[] {
  // There is one way to write those of IPv4: the others are refused.
  const parsed = value.includes(':') ? parseAddress(value) : undefined;
  if (parsed === undefined) return [];
  if (isMapped(parsed)) return [`${field}: ${nonStandard('IP address', value, shown(parsed))}`];
  const canonical = shown(parsed);
  if (canonical === value) return [];
  const text = JSON.stringify(value);
  return [`${field}: IPv6 address ${text} should be in RFC 5952 canonical format ("${canonical}")`];
}

function shownRange({ base, family, prefixLength }: Cidr): string {
  const first = { address: base, family };
  return `${shown(first)}/${isMapped(first) ? prefixLength - MAPPED_BITS : prefixLength}`;
}

/** {@link oddAddress} of a range. */
export function oddRange(value: string, field: string): string[] {
  const parsed = parseCidr(value);
  if (parsed === undefined) return [];
  const odd: string[] = [];
  const text = JSON.stringify(value);
  const range = shownRange(parsed);
  if (parsed.address !== parsed.base) {
    const one = `${shown(parsed)}/${parsed.family === 'IPv4' ? 32 : 128}`;
    const better = `(should be "${range}" or "${one}"?)`;
    odd.push(`${field}: CIDR value ${text} is ambiguous in this context ${better}`);
  }
  if (isMapped(parsed)) odd.push(`${field}: ${nonStandard('CIDR value', value, range)}`);
  if (odd.length > 0 || parsed.family === 'IPv4' || range === value) return odd;
  return [`${field}: IPv6 CIDR value ${text} should be in RFC 5952 canonical format ("${range}")`];
}
