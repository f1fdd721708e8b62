/** What a claim for storage asks for; pods carry it in generic ephemeral volumes. */
import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../api/field-errors.ts';
import type { Mutable } from '../../../api/meta.ts';
import type {
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
} from '../../../api/types/core-v1.ts';
import { validateAnnotations, validateLabels } from '../../../api/validation/labels.ts';
import { validateLabelSelector } from '../../../api/validation/labels.ts';
import { dns1123Subdomain } from '../../../api/validation/names.ts';
import { check, oneOf } from './checks.ts';
import { quantityOf } from './resource-list.ts';

export const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

function validateAccessModes(modes: readonly string[], field: string): FieldError[] {
  if (modes.length === 0) return [required(field, 'at least 1 access mode is required')];
  const errors = modes
    .filter((mode) => !accessModes.includes(mode))
    .map((mode) => notSupported(field, mode, accessModes));
  if (modes.includes('ReadWriteOncePod') && modes.length > 1) {
    const detail = 'may not use ReadWriteOncePod with other access modes';
    errors.push(forbidden(field, detail));
  }
  return errors;
}

export function defaultClaim(claim: Mutable<PersistentVolumeClaim>): void {
  const spec = (claim.spec ??= {});
  spec.volumeMode ||= 'Filesystem';
  const status = (claim.status ??= {});
  status.phase ||= 'Pending';
}

export function validateClaimSpec(spec: PersistentVolumeClaimSpec, field: string): FieldError[] {
  const errors = validateAccessModes(spec.accessModes ?? [], `${field}.accessModes`);
  errors.push(...validateLabelSelector(spec.selector, `${field}.selector`));
  const storage = spec.resources?.requests?.storage;
  if (storage === undefined) errors.push(required(`${field}.resources[storage]`));
  else if ((quantityOf(storage)?.nano ?? 0n) <= 0n) {
    errors.push(invalid(`${field}.resources[storage]`, storage, 'must be greater than zero'));
  }
  if (spec.storageClassName) {
    errors.push(...check(dns1123Subdomain, spec.storageClassName, `${field}.storageClassName`));
  }
  const mode = { field: `${field}.volumeMode`, optional: true };
  return [...errors, ...oneOf(spec.volumeMode, ['Block', 'Filesystem'], mode)];
}

export function validateClaimTemplate(
  template: PersistentVolumeClaimTemplate | undefined,
  field: string,
): FieldError[] {
  if (template === undefined) return [required(field)];
  return [
    ...validateLabels(template.metadata?.labels, `${field}.metadata.labels`),
    ...validateAnnotations(template.metadata?.annotations, `${field}.metadata.annotations`),
    ...validateClaimSpec(template.spec ?? {}, `${field}.spec`),
  ];
}
