import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
} from '../../../../api/field-errors.ts';
import type { ServiceSpec } from '../../../../api/types/core-v1.ts';
import { validateIP } from '../../../../api/validation/formats.ts';
import { parseAddress } from '../../cidr.ts';
import { oneOf } from '../checks.ts';

const MAX_CLUSTER_IPS = 2;
const families = ['IPv4', 'IPv6'];
const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];

function validateFamilies(list: readonly string[], field: string): FieldError[] {
  return list.flatMap((family, i) => {
    const at = `${field}[${i}]`;
    if (!families.includes(family)) return [notSupported(at, family, families)];
    return list.indexOf(family) < i ? [duplicate(at, family)] : [];
  });
}

/** Addresses against the families they are said to be of. */
function validateMatch(ips: readonly string[], list: readonly string[]): FieldError[] {
  return ips.flatMap((ip, i) => {
    const family = parseAddress(ip)?.family;
    if (family === undefined || list[i] === undefined || list[i] === family) return [];
    const detail = `expected an ${list[i]} value as indicated by \`ipFamilies[${i}]\``;
    return [invalid(`spec.clusterIPs[${i}]`, ip, detail)];
  });
}

export function validateClusterIPs(spec: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const { clusterIP = '', clusterIPs = [], ipFamilies = [] } = spec;
  const field = 'spec.clusterIPs';
  const errors: FieldError[] = [];
  if (clusterIP === '' && clusterIPs.length > 0) {
    errors.push(required('spec.clusterIP', '`clusterIPs` is set'));
  } else if (clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) {
    errors.push(invalid(field, clusterIPs, 'first value must match `clusterIP`'));
  }
  errors.push(...validateFamilies(ipFamilies, 'spec.ipFamilies'));
  const policy = { field: 'spec.ipFamilyPolicy', optional: true };
  errors.push(...oneOf(spec.ipFamilyPolicy, policies, policy));
  for (const [i, ip] of clusterIPs.entries()) {
    if (ip !== 'None') errors.push(...validateIP(ip, `${field}[${i}]`));
    else if (clusterIPs.length > 1) {
      errors.push(invalid(field, clusterIPs, "'None' must be the first and only value"));
    }
  }
  if (clusterIPs.length > MAX_CLUSTER_IPS) {
    errors.push(invalid(field, clusterIPs, `may only hold up to ${MAX_CLUSTER_IPS} values`));
  }
  return [...errors, ...validateMatch(clusterIPs, ipFamilies)];
}
