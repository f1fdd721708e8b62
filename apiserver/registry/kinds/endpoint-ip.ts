/** Addresses that traffic may be sent to: a host's own are not among them. */
import { type FieldError, invalid } from '../../../api/field-errors.ts';
import { validateIP } from '../../../api/validation/formats.ts';
import { type Cidr, contains, formatAddress, parseAddress, parseCidr } from '../../../api/cidr.ts';

const special: readonly (readonly [readonly string[], string])[] = [
  [['127.0.0.0/8', '::1/128'], 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  [
    ['169.254.0.0/16', 'fe80::/10'],
    'may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  ],
  [
    ['224.0.0.0/24', 'ff02::/10'],
    'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
  ],
];

const ranges = special.flatMap(([texts, problem]) =>
  texts.map((text): readonly [Cidr, string] => [parseCidr(text)!, problem]),
);

export function validateEndpointIP(text: string, field: string): FieldError[] {
  const ip = parseAddress(text);
  if (ip === undefined) return [invalid(field, text, 'must be a valid IP address')];
  if (ip.address === 0n) return [invalid(field, text, `may not be unspecified (${text})`)];
  return ranges
    .filter(([range]) => contains(range, ip))
    .map(([, problem]) => invalid(field, text, problem));
}

/** Where the address is asked to be one before anything else is asked of it. */
export function validateValidEndpointIP(text: string, field: string): FieldError[] {
  const malformed = validateIP(text, field);
  return malformed.length > 0 ? malformed : validateEndpointIP(text, field);
}

/** What stands before an IPv4 address that is written as one of IPv6: ::ffff:1.2.3.4. */
const MAPPED = 0xffffn;

/** The one form of it that the others are compared by. */
export function validateCanonicalIP(text: string, field: string): FieldError[] {
  const ip = parseAddress(text);
  if (ip === undefined) return validateIP(text, field);
  if (ip.family === 'IPv6' && ip.address >> 32n === MAPPED)
    return [invalid(field, text, 'must not be an IPv4-mapped IPv6 address')];
  const canonical = formatAddress(ip.address, ip.family);
  if (canonical === text) return [];
  return [invalid(field, text, `must be in canonical form (${JSON.stringify(canonical)})`)];
}
