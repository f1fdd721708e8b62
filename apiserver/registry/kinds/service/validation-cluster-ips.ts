import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
} from '../../../../api/field-errors.ts';
import type { ServiceSpec } from '../../../../api/types/core-v1.ts';
import { validateIP } from '../../../../api/validation/formats.ts';
import { parseAddress } from '../../../../api/cidr.ts';
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

/** One address of each family at most, each of the family that is said to be its own. */
function validateFamiliesOf(ips: readonly string[], said: readonly string[]): FieldError[] {
  const found = ips.map((ip) => parseAddress(ip)?.family);
  const errors: FieldError[] = [];
  if (ips.length > 1 && new Set(found).size < families.length) {
    const detail = 'may specify no more than one IP for each IP family';
    errors.push(invalid(FIELD, ips, detail));
  }
  for (const [i, ip] of ips.entries()) {
    const family = said[i] ?? '';
    if (!families.includes(family) || family === found[i]) continue;
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${i}]\``;
    errors.push(invalid(`${FIELD}[${i}]`, ip, detail));
  }
  return errors;
}

const FIELD = 'spec.clusterIPs';

/** `clusterIP` is the first of `clusterIPs`. */
function validateMirror({ clusterIP = '', clusterIPs = [] }: ServiceSpec): FieldError[] {
  if (clusterIP === '') {
    if (clusterIPs.length === 0) return [];
    return [invalid(FIELD, clusterIPs, 'must be empty when `clusterIP` is not specified')];
  }
  if (clusterIPs.length === 0) return [required(FIELD)];
  if (clusterIPs[0] === clusterIP) return [];
  return [invalid(FIELD, clusterIPs, 'first value must match `clusterIP`')];
}

export function validateClusterIPs(spec: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const { clusterIPs: ips = [], ipFamilies = [] } = spec;
  const policy = { field: 'spec.ipFamilyPolicy', pointer: true };
  const errors = [
    ...validateMirror(spec),
    ...validateFamilies(ipFamilies, 'spec.ipFamilies'),
    ...oneOf(spec.ipFamilyPolicy, policies, policy),
  ];
  const isHeadless = ips[0] === 'None';
  const wrong = ips.flatMap((ip, i) => {
    if (i > 0 || !isHeadless) return validateIP(ip, `${FIELD}[${i}]`);
    if (ips.length === 1) return [];
    return [invalid(FIELD, ips, "'None' must be the first and only value")];
  });
  errors.push(...wrong);
  if (ips.length > MAX_CLUSTER_IPS) {
    errors.push(invalid(FIELD, ips, `may only hold up to ${MAX_CLUSTER_IPS} values`));
  }
  if (wrong.length > 0 || isHeadless) return errors;
  return [...errors, ...validateFamiliesOf(ips, ipFamilies)];
}
