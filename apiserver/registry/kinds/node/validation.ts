import { deepEqual } from '../../../../api/deep.ts';
import { duplicate, type FieldError, forbidden, invalid } from '../../../../api/field-errors.ts';
import { goStruct } from '../../../../api/go-struct.ts';
import type { Node, Taint } from '../../../../api/types/core-v1.ts';
import { parseCidr } from '../../../../api/cidr.ts';
import { labelValue, qualifiedName } from '../../../../api/validation/names.ts';
import { check, oneOf } from '../checks.ts';
import { taintEffects } from '../taint-effects.ts';
import { type ResourceList, validateQuantity } from '../resource-list.ts';

const goTaint = { key: '', value: '', effect: '', timeAdded: null } as const;
const goAddress = { type: '', address: '' } as const;

function validateTaints(taints: readonly Taint[], field: string): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, i) => {
    const at = `${field}[${i}]`;
    const errors = [
      ...check(qualifiedName, taint.key ?? '', `${at}.key`),
      ...check(labelValue, taint.value ?? '', `${at}.value`),
      ...oneOf(taint.effect, taintEffects, { field: `${at}.effect`, asListed: true }),
    ];
    const identity = `${taint.key}:${taint.effect}`;
    if (seen.has(identity)) {
      const error = duplicate(at, goStruct(taint, goTaint));
      const detail = 'taints must be unique by key and effect pair';
      errors.push({ ...error, message: `${error.message}: ${detail}` });
    }
    seen.add(identity);
    return errors;
  });
}

/** At most one range of each IP family. */
function validatePodCIDRs(cidrs: readonly string[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  const families = new Set<string>();
  for (const [i, cidr] of cidrs.entries()) {
    const parsed = parseCidr(cidr);
    if (parsed === undefined) {
      const detail = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
      errors.push(invalid(`${field}[${i}]`, cidr, detail));
    } else families.add(parsed.family);
  }
  if (errors.length === 0 && families.size < cidrs.length) {
    const detail = 'may specify no more than one CIDR for each IP family';
    errors.push(invalid(field, cidrs, detail));
  }
  return errors;
}

/** Names may be any; Kubernetes writes them here like fields. */
function validateAmounts(list: ResourceList | undefined, field: string): FieldError[] {
  return Object.entries(list ?? {}).flatMap(([name, value]) =>
    validateQuantity(name, value, `${field}.${name}`),
  );
}

/** Kubernetes looks for taints in the metadata, where they once were. */
const TAINTS = 'metadata.taints';

function validateResources({ status }: Node): FieldError[] {
  return [
    ...validateAmounts(status?.capacity, 'status.capacity'),
    ...validateAmounts(status?.allocatable, 'status.allocatable'),
  ];
}

export function validate(node: Node): FieldError[] {
  const { spec } = node;
  return [
    ...validateTaints(spec?.taints ?? [], TAINTS),
    ...validateResources(node),
    ...validatePodCIDRs(spec?.podCIDRs ?? [], 'spec.podCIDRs'),
  ];
}

/** What the node's network and cloud know it by may be set once. */
export function validateUpdate(node: Node, { spec: old }: Node): FieldError[] {
  const { spec, status } = node;
  const errors = validateResources(node);
  const seen = new Set<string>();
  for (const [i, address] of (status?.addresses ?? []).entries()) {
    const identity = `${address.type} ${address.address}`;
    if (seen.has(identity))
      errors.push(duplicate(`status.addresses[${i}]`, goStruct(address, goAddress)));
    seen.add(identity);
  }
  if (old?.podCIDRs?.length && !deepEqual(old.podCIDRs, spec.podCIDRs ?? [])) {
    const detail = 'node updates may not change podCIDR except from "" to valid';
    errors.push(forbidden('spec.podCIDRs', detail));
  }
  if (old?.providerID && old.providerID !== spec.providerID) {
    const detail = 'node updates may not change providerID except from "" to valid';
    errors.push(forbidden('spec.providerID', detail));
  }
  errors.push(...validateTaints(spec.taints ?? [], TAINTS));
  if ((spec.externalID ?? '') !== (old?.externalID ?? '')) {
    errors.push(forbidden('spec.externalID', 'may not be updated'));
  }
  return errors;
}
