import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../../api/field-errors.ts';
import { formatQuantity, wholeValue } from '../../../../api/quantity.ts';
import type { PersistentVolumeSpec } from '../../../../api/types/core-v1.ts';
import { dns1123Subdomain } from '../../../../api/validation/names.ts';
import { check, oneOf } from '../checks.ts';
import { validateNodeSelector } from '../pod/validation-affinity.ts';
import { quantityOf } from '../resource-list.ts';
import { accessModes } from '../volume-claim.ts';
import { volumeSources } from './volume-sources.ts';

/** `inline`: part of a VolumeAttachment, for a volume that no object describes. */
interface Place {
  readonly field: string;
  readonly inline: boolean;
}

const reclaimPolicies = ['Delete', 'Recycle', 'Retain'];
const INLINE_CONTEXT = 'in the context of inline volumes';

function validateAccessModes(modes: readonly string[], field: string): FieldError[] {
  if (modes.length === 0) return [required(field)];
  const errors = modes
    .filter((mode) => !accessModes.includes(mode))
    .map((mode) => notSupported(field, mode, accessModes));
  const others = modes.some((mode) => mode !== 'ReadWriteOncePod' && accessModes.includes(mode));
  if (modes.includes('ReadWriteOncePod') && others) {
    errors.push(forbidden(field, 'may not use ReadWriteOncePod with other access modes'));
  }
  return errors;
}

function validateCapacity({ capacity = {} }: PersistentVolumeSpec, field: string): FieldError[] {
  const names = Object.keys(capacity);
  const errors = names.length === 0 ? [required(field)] : [];
  if (names.length !== 1 || names[0] !== 'storage') {
    const sorted = names.sort().map((name) => [name, capacity[name]]);
    const shown = names.length === 0 ? undefined : (Object.fromEntries(sorted) as object);
    errors.push(notSupported(field, shown, ['storage']));
  }
  for (const [name, value] of Object.entries(capacity)) {
    const quantity = quantityOf(value);
    if (quantity === undefined || quantity.nano > 0n) continue;
    if (quantity.nano < 0n) {
      const units = wholeValue(value);
      errors.push(invalid(`${field}[${name}]`, units, 'must be a valid resource quantity'));
    }
    const text = formatQuantity(quantity);
    errors.push(invalid(`${field}[${name}]`, text, 'must be greater than zero'));
  }
  return errors;
}

function validateSource(spec: PersistentVolumeSpec, field: string): FieldError[] {
  const errors: FieldError[] = [];
  let first = true;
  for (const [source, validate] of volumeSources) {
    if (spec[source] === undefined) continue;
    const at = `${field}.${source}`;
    if (first) errors.push(...validate(spec, at));
    else errors.push(forbidden(at, 'may not specify more than 1 volume type'));
    first = false;
  }
  if (first) errors.push(required(field, 'must specify a volume type'));
  return errors;
}

/** What only a volume that is an object of its own has. */
function validateWhole(spec: PersistentVolumeSpec, field: string): FieldError[] {
  const { nodeAffinity, storageClassName, volumeAttributesClassName: attributes } = spec;
  const errors = [
    ...validateAccessModes(spec.accessModes ?? [], `${field}.accessModes`),
    ...validateCapacity(spec, `${field}.capacity`),
    ...oneOf(spec.persistentVolumeReclaimPolicy, reclaimPolicies, {
      field: `${field}.persistentVolumeReclaimPolicy`,
      optional: true,
    }),
  ];
  if (nodeAffinity !== undefined) {
    const at = `${field}.nodeAffinity.required`;
    if (nodeAffinity.required !== undefined) {
      errors.push(...validateNodeSelector(nodeAffinity.required, at));
    } else errors.push(required(at, 'must specify required node constraints'));
  }
  errors.push(...validateSource(spec, field));
  const recycled = spec.persistentVolumeReclaimPolicy === 'Recycle';
  if (recycled && /^\/+(\.?\/)*\.?$/.test(spec.hostPath?.path ?? '')) {
    const detail = "may not be 'recycle' for a hostPath mount of '/'";
    errors.push(forbidden(`${field}.persistentVolumeReclaimPolicy`, detail));
  }
  if (storageClassName) {
    errors.push(...check(dns1123Subdomain, storageClassName, `${field}.storageClassName`));
  }
  const mode = { field: `${field}.volumeMode`, pointer: true };
  errors.push(...oneOf(spec.volumeMode, ['Block', 'Filesystem'], mode));
  if (attributes === undefined) return errors;
  const at = `${field}.volumeAttributesClassName`;
  if (attributes === '') errors.push(required(at, 'an empty string is disallowed'));
  else errors.push(...check(dns1123Subdomain, attributes, at));
  if (spec.csi !== undefined) return errors;
  const detail = 'has to be specified when using volumeAttributesClassName';
  return [...errors, required(`${field}.csi`, detail)];
}

function validateInline(spec: PersistentVolumeSpec, field: string): FieldError[] {
  const never = ['claimRef', 'capacity', 'nodeAffinity', 'storageClassName'] as const;
  const errors = never
    .filter((name) => spec[name] !== undefined && spec[name] !== '')
    .map((name) => forbidden(`${field}.${name}`, `may not be specified ${INLINE_CONTEXT}`));
  if (spec.csi === undefined) {
    errors.push(required(`${field}.csi`, `has to be specified ${INLINE_CONTEXT}`));
  }
  errors.push(...validateAccessModes(spec.accessModes ?? [], `${field}.accessModes`));
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy && policy !== 'Retain') {
    const detail = `may only be Retain ${INLINE_CONTEXT}`;
    errors.push(forbidden(`${field}.persistentVolumeReclaimPolicy`, detail));
  }
  if (spec.volumeMode !== undefined && spec.volumeMode !== 'Filesystem') {
    const detail = `may not specify volumeMode other than Filesystem ${INLINE_CONTEXT}`;
    errors.push(forbidden(`${field}.volumeMode`, detail));
  }
  return [...errors, ...validateSource(spec, field)];
}

export function validateVolumeSpec(
  spec: PersistentVolumeSpec,
  { field, inline }: Place,
): FieldError[] {
  return inline ? validateInline(spec, field) : validateWhole(spec, field);
}
