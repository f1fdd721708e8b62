import { type FieldError, invalid, required, tooLong } from '../../../../api/field-errors.ts';
import { byteLength, dns1123Label, dns1123Subdomain } from '../../../../api/validation/names.ts';

const LEGACY = 'kubernetes.io/legacy-unknown';
const MAX_DOMAIN_BYTES = 253;
const MAX_NAME_BYTES = MAX_DOMAIN_BYTES + 1 + MAX_DOMAIN_BYTES + 1 + 63;

/** The faults of the first label that has any. */
function labelFaults(text: string, rule: (label: string) => string[]): string[] {
  for (const label of text.split('.')) {
    const problems = rule(label);
    if (problems.length === 0) continue;
    return problems.map((problem) => `validating label ${JSON.stringify(label)}: ${problem}`);
  }
  return [];
}

/** "kubernetes.io/kube-apiserver-client": a domain, and a path of one segment. */
export function validateSignerName(name: string, field: string): FieldError[] {
  if (name === LEGACY) {
    const detail = 'the legacy signerName is not allowed via this API version';
    return [invalid(field, name, detail)];
  }
  if (name === '') return [required(field)];
  const [domain = '', path, ...more] = name.split('/');
  if (path === undefined || more.length > 0) {
    const form = "'example.com/signer-name'";
    const detail = `must be a fully qualified domain and path of the form ${form}`;
    return [invalid(field, name, detail)];
  }
  const errors: FieldError[] = [];
  if (byteLength(domain) > MAX_DOMAIN_BYTES) errors.push(tooLong(field, MAX_DOMAIN_BYTES));
  errors.push(...labelFaults(domain, dns1123Label).map((fault) => invalid(field, domain, fault)));
  if (!domain.includes('.')) {
    const detail = 'should be a domain with at least two segments separated by dots';
    errors.push(invalid(field, domain, detail));
  }
  errors.push(...labelFaults(path, dns1123Subdomain).map((fault) => invalid(field, path, fault)));
  return byteLength(name) > MAX_NAME_BYTES ? [...errors, tooLong(field, MAX_NAME_BYTES)] : errors;
}
