/** Addresses that traffic may be sent to: a host's own are not among them. */
import { type FieldError, invalid } from '../../../api/field-errors.ts';
import { validateIP } from '../../../api/validation/formats.ts';
import { type Cidr, parseAddress, parseCidr } from '../cidr.ts';

const special: readonly (readonly [readonly string[], string])[] = [
  [['0.0.0.0/32', '::/128'], 'may not be unspecified (0.0.0.0 or ::)'],
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

function contains({ family, base, prefixLength }: Cidr, ip: ReturnType<typeof parseAddress>) {
  if (ip === undefined || ip.family !== family) return false;
  const hostBits = BigInt((family === 'IPv4' ? 32 : 128) - prefixLength);
  return ip.address >> hostBits === base >> hostBits;
}

export function validateEndpointIP(text: string, field: string): FieldError[] {
  const malformed = validateIP(text, field);
  if (malformed.length > 0) return malformed;
  const ip = parseAddress(text);
  return ranges
    .filter(([range]) => contains(range, ip))
    .map(([, problem]) => invalid(field, text, problem));
}
