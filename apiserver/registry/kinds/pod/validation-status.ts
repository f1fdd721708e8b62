import { duplicate, type FieldError, forbidden, invalid } from '../../../../api/field-errors.ts';
import type { ContainerStatus, Pod, PodCondition } from '../../../../api/types/core-v1.ts';
import { validateIP } from '../../../../api/validation/formats.ts';
import { dns1123Subdomain, qualifiedName } from '../../../../api/validation/names.ts';
import { validateImmutable } from '../../../../api/validation/object-meta.ts';
import { check } from '../checks.ts';

const statusFields = ['containerStatuses', 'initContainerStatuses'] as const;

/** True where the kubelet would start the container again. */
function restarts({ spec }: Pod, field: (typeof statusFields)[number], name: string): boolean {
  const list = field === 'initContainerStatuses' ? spec.initContainers : spec.containers;
  const policy = list?.find((each) => each.name === name)?.restartPolicy ?? spec.restartPolicy;
  if (policy === 'Never') return false;
  return field === 'containerStatuses' || policy === 'Always';
}

function succeeded(status: ContainerStatus): boolean {
  return (status.state?.terminated?.exitCode ?? 0) === 0;
}

export function validateStatusUpdate(object: Pod, old: Pod): FieldError[] {
  const { status = {} } = object;
  const before = old.status ?? {};
  const errors = conditionErrors(status.conditions ?? []);
  const { nominatedNodeName: nominated } = status;
  if (nominated && nominated !== before.nominatedNodeName)
    errors.push(...check(dns1123Subdomain, nominated, 'status.nominatedNodeName'));
  errors.push(
    ...validateImmutable(status.qosClass ?? '', before.qosClass ?? '', 'status.qosClass'),
    ...transitionErrors(object, old),
    ...claimErrors(object),
    ...addressErrors('status.podIPs', status.podIPs, before.podIPs),
  );
  const [first] = status.hostIPs ?? [];
  if (first !== undefined && first.ip !== status.hostIP)
    errors.push(invalid('status.hostIPs[0].ip', first.ip, 'must be equal to `hostIP`'));
  return [...errors, ...addressErrors('status.hostIPs', status.hostIPs, before.hostIPs)];
}

const SYSTEM_CONDITIONS = ['PodScheduled', 'Ready', 'Initialized'];

function conditionErrors(conditions: readonly PodCondition[]): FieldError[] {
  return conditions.flatMap(({ type }, i) =>
    SYSTEM_CONDITIONS.includes(type)
      ? []
      : check(qualifiedName, type, `status.conditions[${i}].Type`),
  );
}

function claimErrors({ spec, status }: Pod): FieldError[] {
  const known = (spec.resourceClaims ?? []).map(({ name }) => name);
  const claims = status?.resourceClaimStatuses ?? [];
  return claims.flatMap(({ name, resourceClaimName }, i) => {
    const field = `status.resourceClaimStatuses[${i}].name`;
    const errors: FieldError[] = [];
    if (!known.includes(name)) {
      const detail = 'must match the name of an entry in `spec.resourceClaims`';
      errors.push(invalid(field, name, detail));
    }
    if (claims.findIndex((each) => each.name === name) < i) errors.push(duplicate(field, name));
    if (resourceClaimName === undefined) return errors;
    return [...errors, ...check(dns1123Subdomain, resourceClaimName, field)];
  });
}

/** Addresses that were there may stay as they are; there is one of each family. */
function addressErrors(
  field: string,
  addresses: readonly { readonly ip?: string }[] = [],
  before: readonly { readonly ip?: string }[] = [],
): FieldError[] {
  const known = new Set(before.map(({ ip }) => ip));
  const errors = addresses.flatMap(({ ip = '' }, i) =>
    known.has(ip) ? [] : validateIP(ip, `${field}[${i}]`),
  );
  if (errors.length > 0 || addresses.length < 2) return errors;
  const families = new Set(addresses.map(({ ip }) => ip!.includes(':')));
  if (families.size === addresses.length) return errors;
  return [invalid(field, addresses, 'may specify no more than one IP for each IP family')];
}

/** A container that ended for good never runs again: a status that says so comes from the past. */
function transitionErrors(object: Pod, old: Pod): FieldError[] {
  if (old.spec.restartPolicy === 'Always') return [];
  const errors: FieldError[] = [];
  for (const field of statusFields) {
    for (const before of old.status?.[field] ?? []) {
      if (!before.state?.terminated || restarts(old, field, before.name)) {
        const onFailure = old.spec.restartPolicy === 'OnFailure' && field === 'containerStatuses';
        if (!(onFailure && before.state?.terminated && succeeded(before))) continue;
      }
      const list = object.status?.[field] ?? [];
      const i = list.findIndex(({ name }) => name === before.name);
      if (i < 0 || list[i]!.state?.terminated) continue;
      const detail = 'may not be transitioned to non-terminated state';
      errors.push(forbidden(`status.${field}[${i}].state`, detail));
    }
  }
  return errors;
}
