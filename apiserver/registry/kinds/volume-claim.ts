/** What a claim for storage asks for; pods carry it in generic ephemeral volumes. */
import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../api/field-errors.ts';
import { deepEqual } from '../../../api/deep.ts';
import type { Mutable } from '../../../api/meta.ts';
import type {
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
  TypedObjectReference,
} from '../../../api/types/core-v1.ts';
import { validateAnnotations, validateLabels } from '../../../api/validation/labels.ts';
import { validateLabelSelector } from '../../../api/validation/labels.ts';
import { dns1123Label, dns1123Subdomain } from '../../../api/validation/names.ts';
import { check, oneOf } from './checks.ts';
import { quantityOf } from './resource-list.ts';
import { roundAmounts } from '../../../api/quantity.ts';

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

export function defaultClaimSpec(spec: Mutable<PersistentVolumeClaimSpec>): void {
  spec.volumeMode ??= 'Filesystem';
  for (const each of [spec.resources?.limits, spec.resources?.requests]) roundAmounts(each);
}

export function defaultClaim(claim: Mutable<PersistentVolumeClaim>): void {
  defaultClaimSpec((claim.spec ??= {}));
  const status = (claim.status ??= {});
  status.phase ||= 'Pending';
  for (const each of [status.capacity, status.allocatedResources]) roundAmounts(each);
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
  const mode = { field: `${field}.volumeMode`, pointer: true };
  errors.push(
    ...oneOf(spec.volumeMode, ['Block', 'Filesystem'], mode),
    ...validateDataSources(spec, field),
  );
  const attributes = spec.volumeAttributesClassName;
  if (!attributes) return errors;
  return [...errors, ...check(dns1123Subdomain, attributes, `${field}.volumeAttributesClassName`)];
}

function validateSource(source: TypedObjectReference, field: string): FieldError[] {
  const { apiGroup = '', kind = '', name = '', namespace } = source;
  const errors: FieldError[] = [];
  if (name === '') errors.push(required(`${field}.name`));
  if (kind === '') errors.push(required(`${field}.kind`));
  if (apiGroup === '' && kind !== 'PersistentVolumeClaim') {
    const detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
    errors.push(invalid(field, kind, detail));
  }
  if (apiGroup !== '') errors.push(...check(dns1123Subdomain, apiGroup, `${field}.apiGroup`));
  if (namespace) errors.push(...check(dns1123Label, namespace, `${field}.namespace`));
  return errors;
}

/** What a new volume is filled with; the two ways to say it have to agree. */
function validateDataSources(spec: PersistentVolumeClaimSpec, field: string): FieldError[] {
  const { dataSource: source, dataSourceRef: reference } = spec;
  const errors: FieldError[] = [];
  if (source !== undefined) errors.push(...validateSource(source, `${field}.dataSource`));
  if (reference === undefined) return errors;
  errors.push(...validateSource(reference, `${field}.dataSourceRef`));
  if (source === undefined) return errors;
  // In place of a value Kubernetes shows a path, which is an empty struct as JSON.
  if (reference.namespace) {
    const detail = 'may not be specified when dataSourceRef.namespace is specified';
    return [...errors, invalid(field, {}, detail)];
  }
  const { namespace: _none, ...same } = reference;
  return deepEqual(same, source)
    ? errors
    : [...errors, invalid(field, {}, 'must match dataSourceRef')];
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
