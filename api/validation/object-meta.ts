/** Field errors of `metadata`, on create and on update. */
import { deepEqual } from '../deep.ts';
import { type FieldError, forbidden, invalid, required, tooLong } from '../field-errors.ts';
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from '../types/meta-v1.ts';
import { validateAnnotations, validateLabels } from './labels.ts';
import {
  byteLength,
  checkName,
  checkNamePrefix,
  dns1123Label,
  type NameRule,
  qualifiedName,
} from './names.ts';

export interface ObjectMetaRules {
  readonly namespaced: boolean;
  readonly nameRule: NameRule;
  /** Custom resources may have finalizers without a domain. */
  readonly anyFinalizer?: boolean | undefined;
}

/** Finalizers without a "/" are reserved to these. */
const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

/** Metadata of a new object, after its name was generated. */
export function validateObjectMeta(metadata: ObjectMeta, rules: ObjectMetaRules): FieldError[] {
  return [
    ...validateNames(metadata, rules),
    ...validateNamespace(metadata.namespace ?? '', rules.namespaced),
    ...validateGeneration(metadata.generation ?? 0),
    ...validateLabels(metadata.labels, 'metadata.labels'),
    ...validateAnnotations(metadata.annotations, 'metadata.annotations'),
    ...validateOwnerReferences(metadata.ownerReferences ?? []),
    ...validateFinalizers(metadata.finalizers ?? [], rules.anyFinalizer),
    ...validateManagedFields(metadata.managedFields ?? []),
  ];
}

/**
 * A change of metadata. What the new object leaves out of uid, creationTimestamp and the deletion
 * fields counts as unchanged: the generic store carries them over.
 */
export function validateObjectMetaUpdate(
  metadata: ObjectMeta,
  old: ObjectMeta,
  { anyFinalizer }: Pick<ObjectMetaRules, 'anyFinalizer'> = {},
): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined) errors.push(...noNewFinalizers(metadata, old));
  const generation = metadata.generation;
  if (generation !== undefined && generation < (old.generation ?? 0)) {
    errors.push(invalid('metadata.generation', generation, 'must not be decremented'));
  }
  errors.push(
    ...validateImmutable(metadata.name ?? '', old.name ?? '', 'metadata.name'),
    ...validateImmutable(metadata.namespace ?? '', old.namespace ?? '', 'metadata.namespace'),
  );
  for (const field of serverOwned) {
    if (metadata[field] === undefined) continue;
    errors.push(...validateImmutable(metadata[field], old[field], `metadata.${field}`));
  }
  errors.push(
    ...validateLabels(metadata.labels, 'metadata.labels'),
    ...validateAnnotations(metadata.annotations, 'metadata.annotations'),
    ...validateOwnerReferences(metadata.ownerReferences ?? []),
    ...validateFinalizers(metadata.finalizers ?? [], anyFinalizer),
    ...validateManagedFields(metadata.managedFields ?? []),
  );
  return errors;
}

const serverOwned = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

/** "field is immutable" unless both are the same value. */
export function validateImmutable(value: unknown, old: unknown, field: string): FieldError[] {
  return deepEqual(value, old) ? [] : [invalid(field, value, 'field is immutable')];
}

function validateNames(metadata: ObjectMeta, { nameRule }: ObjectMetaRules): FieldError[] {
  const errors: FieldError[] = [];
  const { generateName, name } = metadata;
  if (generateName) {
    const messages = checkNamePrefix(nameRule, generateName);
    errors.push(...messages.map((m) => invalid('metadata.generateName', generateName, m)));
  }
  if (!name) errors.push(required('metadata.name', 'name or generateName is required'));
  else errors.push(...checkName(nameRule, name).map((m) => invalid('metadata.name', name, m)));
  return errors;
}

function validateNamespace(namespace: string, namespaced: boolean): FieldError[] {
  const field = 'metadata.namespace';
  if (!namespaced) return namespace === '' ? [] : [forbidden(field, 'not allowed on this type')];
  if (namespace === '') return [required(field)];
  return dns1123Label(namespace).map((message) => invalid(field, namespace, message));
}

function validateGeneration(generation: number): FieldError[] {
  if (generation >= 0) return [];
  return [invalid('metadata.generation', generation, 'must be greater than or equal to 0')];
}

/** Kubernetes names no index here: "metadata.ownerReferences.uid". */
function validateOwnerReferences(references: readonly OwnerReference[]): FieldError[] {
  const field = 'metadata.ownerReferences';
  const errors: FieldError[] = [];
  let controller: string | undefined;
  for (const reference of references) {
    errors.push(...validateOwnerReference(reference, field));
    if (reference.controller !== true) continue;
    const described = `${reference.kind}/${reference.name}`;
    if (controller === undefined) controller = described;
    else {
      const detail =
        'Only one reference can have Controller set to true. Found "true" in references for ' +
        `${controller} and ${described}`;
      errors.push(invalid(field, references, detail));
    }
  }
  return errors;
}

function validateOwnerReference(reference: OwnerReference, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { apiVersion, kind } = reference;
  if (!apiVersion || apiVersion.split('/').length > 2) {
    errors.push(invalid(`${field}.apiVersion`, apiVersion ?? '', 'version must not be empty'));
  }
  for (const part of ['kind', 'name', 'uid'] as const) {
    if (!reference[part]) errors.push(invalid(`${field}.${part}`, '', 'must not be empty'));
  }
  if (apiVersion === 'v1' && kind === 'Event') {
    const detail = '/v1, Kind=Event is disallowed from being an owner';
    errors.push(invalid(field, reference, detail));
  }
  return errors;
}

function validateFinalizers(finalizers: readonly string[], any = false): FieldError[] {
  const field = 'metadata.finalizers';
  const errors = finalizers.flatMap((finalizer) =>
    qualifiedName(finalizer).map((message) => invalid(field, finalizer, message)),
  );
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    const detail = 'finalizer orphan and foregroundDeletion cannot be both set';
    errors.push(invalid(field, finalizers, detail));
  }
  return any ? errors : [...errors, ...validateStandardFinalizers(finalizers)];
}

/** One finalizer's name, wherever it stands. */
export function validateFinalizerName(name: string, field: string): FieldError[] {
  const errors = qualifiedName(name).map((problem) => invalid(field, name, problem));
  return isStandardOrQualified(name) ? errors : [...errors, invalid(field, name, UNQUALIFIED)];
}

const UNQUALIFIED = 'name is neither a standard finalizer name nor is it fully qualified';

const isStandardOrQualified = (name: string): boolean =>
  name.includes('/') || standardFinalizers.has(name);

function validateStandardFinalizers(finalizers: readonly string[]): FieldError[] {
  return finalizers.flatMap((finalizer, i) =>
    isStandardOrQualified(finalizer)
      ? []
      : [invalid(`metadata.finalizers[${i}]`, finalizer, UNQUALIFIED)],
  );
}

function noNewFinalizers(metadata: ObjectMeta, old: ObjectMeta): FieldError[] {
  const known = new Set(old.finalizers);
  const added = [...new Set(metadata.finalizers)].filter((finalizer) => !known.has(finalizer));
  if (added.length === 0) return [];
  const shown = added.sort().map((finalizer) => JSON.stringify(finalizer));
  const detail =
    'no new finalizers can be added if the object is being deleted, found new finalizers ' +
    `[]string{${shown.join(', ')}}`;
  return [forbidden('metadata.finalizers', detail)];
}

const MAX_FIELD_MANAGER_BYTES = 128;
const MAX_SUBRESOURCE_BYTES = 256;

function validateManagedFields(entries: readonly ManagedFieldsEntry[]): FieldError[] {
  return entries.flatMap((entry, i) => {
    const field = `metadata.managedFields[${i}]`;
    const errors: FieldError[] = [];
    const { operation, fieldsType, manager, subresource } = entry;
    if (operation !== 'Apply' && operation !== 'Update') {
      errors.push(invalid(`${field}.operation`, operation ?? '', 'must be `Apply` or `Update`'));
    }
    if (fieldsType && fieldsType !== 'FieldsV1') {
      errors.push(invalid(`${field}.fieldsType`, fieldsType, 'must be `FieldsV1`'));
    }
    errors.push(...validateFieldManager(manager ?? '', `${field}.manager`));
    if (byteLength(subresource ?? '') > MAX_SUBRESOURCE_BYTES) {
      errors.push(tooLong(`${field}.subresource`, MAX_SUBRESOURCE_BYTES));
    }
    return errors;
  });
}

/** The name under which a client owns fields; "" means that none was given. */
export function validateFieldManager(manager: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (byteLength(manager) > MAX_FIELD_MANAGER_BYTES)
    errors.push(tooLong(field, MAX_FIELD_MANAGER_BYTES));
  let position = 0;
  for (const char of manager) {
    if (!/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char)) {
      const code = char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
      errors.push(invalid(field, manager, `invalid character U+${code} (at position ${position})`));
    }
    position += byteLength(char);
  }
  return errors;
}
