import { type FieldError, invalid, required } from '../../../../api/field-errors.ts';
import { goStruct } from '../../../../api/go-struct.ts';
import type { ServiceCIDR } from '../../../../api/types/networking-v1.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { formatAddress, parseCidr } from '../../../../api/cidr.ts';
import { age, ageColumn, column, nameColumn } from '../cells.ts';
import { statusSubresource } from '../status-subresource.ts';

const FIELD = 'spec.cidrs';
const MAX_CIDRS = 2;
const goSpec = { CIDRs: null } as const;

function validateCidr(text: string, field: string): FieldError[] {
  const cidr = parseCidr(text);
  if (cidr === undefined) {
    const detail = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
    return [invalid(field, text, detail)];
  }
  const canonical = `${formatAddress(cidr.base, cidr.family)}/${cidr.prefixLength}`;
  if (canonical === text) return [];
  const detail =
    cidr.address === cidr.base
      ? `must be in canonical form (${JSON.stringify(canonical)})`
      : 'must not have bits set beyond the prefix length';
  return [invalid(field, text, detail)];
}

function validate({ spec }: ServiceCIDR): FieldError[] {
  const { cidrs = [] } = (spec as typeof spec | undefined) ?? {};
  if (cidrs.length === 0) return [required(FIELD, 'at least one CIDR required')];
  if (cidrs.length > MAX_CIDRS)
    return [invalid(FIELD, goStruct({ CIDRs: cidrs }, goSpec), 'may only hold up to 2 values')];
  const errors = cidrs.flatMap((cidr, i) => validateCidr(cidr, `${FIELD}[${i}]`));
  const [first, second] = cidrs.map((cidr) => parseCidr(cidr)?.family);
  if (cidrs.length === MAX_CIDRS && first !== undefined && first === second)
    errors.push(
      invalid(
        FIELD,
        cidrs,
        'may specify no more than one IP for each IP family, ' +
          'i.e 192.168.0.0/24 and 2001:db8::/64',
      ),
    );
  return errors;
}

/** A second family may be added; nothing else may change. */
function validateUpdate(object: ServiceCIDR, old: ServiceCIDR): FieldError[] {
  const [before = [], after = []] = [old.spec?.cidrs, object.spec?.cidrs];
  const extended = before.length === 1 && after.length === 2;
  if (after.length !== before.length && !extended)
    return [invalid(FIELD, after, 'field is immutable')];
  const changed = before.flatMap((cidr, i) =>
    after[i] === cidr ? [] : [invalid(`${FIELD}[${i}]`, after[i], 'field is immutable')],
  );
  return extended ? [...changed, ...validate(object)] : changed;
}

export const serviceCidr = {
  type: {
    group: 'networking.k8s.io',
    version: 'v1',
    resource: 'servicecidrs',
    kind: 'ServiceCIDR',
    namespaced: false,
  },
  singular: 'servicecidr',
  hasStatus: true,
  validate: (object, old) => (old === undefined ? validate(object) : validateUpdate(object, old)),
  printer: {
    columns: [nameColumn, column('CIDRs'), ageColumn],
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      (object.spec?.cidrs ?? []).join(','),
      age(object, nowMs),
    ],
  },
  subresources: [statusSubresource({ keeps: 'metadata', ownsKept: true })],
} satisfies ResourceDeclaration<ServiceCIDR>;
