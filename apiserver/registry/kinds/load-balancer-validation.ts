import { type FieldError, invalid } from '../../../api/field-errors.ts';
import { validateIP } from '../../../api/validation/formats.ts';
import { isIP } from '../../../platform/net/ip.ts';
import { dns1123Subdomain } from '../../../api/validation/names.ts';
import { check } from './checks.ts';

export const NOT_AN_ADDRESS = 'must be a DNS name, not an IP address';

/** Where a balancer is reached; `more` is told between what is wrong with its address and name. */
export function validateBalancer(
  { ip, hostname }: { readonly ip?: string; readonly hostname?: string },
  field: string,
  more: readonly FieldError[] = [],
): FieldError[] {
  const errors = [...(ip ? validateIP(ip, `${field}.ip`) : []), ...more];
  if (!hostname) return errors;
  errors.push(...check(dns1123Subdomain, hostname, `${field}.hostname`));
  if (isIP(hostname)) errors.push(invalid(`${field}.hostname`, hostname, NOT_AN_ADDRESS));
  return errors;
}
