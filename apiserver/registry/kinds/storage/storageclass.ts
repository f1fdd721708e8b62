import { deepEqual } from '../../../../api/deep.ts';
import { duplicate, type FieldError, forbidden, required } from '../../../../api/field-errors.ts';
import type { TopologySelectorTerm } from '../../../../api/types/core-v1.ts';
import type { StorageClass, VolumeAttributesClass } from '../../../../api/types/storage-v1.ts';
import { validateLabelKey } from '../../../../api/validation/labels.ts';
import { validateImmutable } from '../../../../api/validation/object-meta.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { age, ageColumn, column, nameColumn } from '../cells.ts';
import { oneOf } from '../checks.ts';
import { validateDriver, validateParameters } from './provisioner.ts';
import { oldNodeLabel } from '../old-node-labels.ts';

const defaultAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

function validateTerm(term: TopologySelectorTerm, field: string): FieldError[] {
  const seen = new Set<string>();
  return (term.matchLabelExpressions ?? []).flatMap(({ key = '', values = [] }, i) => {
    const at = `${field}.matchLabelExpressions[${i}]`;
    const errors = values.length === 0 ? [required(`${at}.values`)] : [];
    for (const [j, value] of values.entries()) {
      if (values.indexOf(value) < j) errors.push(duplicate(`${at}.values[${j}]`, value));
    }
    errors.push(...validateLabelKey(key, `${at}.key`));
    if (seen.has(key)) errors.push(duplicate(`${at}.key`, key));
    seen.add(key);
    return errors;
  });
}

/** A term as a set: order says nothing. */
function termKey({ matchLabelExpressions = [] }: TopologySelectorTerm): string {
  const parts = matchLabelExpressions.map(({ key, values }) => [key, [...(values ?? [])].sort()]);
  return JSON.stringify(parts.sort());
}

function validateTopologies(terms: readonly TopologySelectorTerm[] = []): FieldError[] {
  const seen = new Set<string>();
  return terms.flatMap((term, i) => {
    const field = `allowedTopologies[${i}]`;
    const errors = validateTerm(term, field);
    const key = termKey({ matchLabelExpressions: [], ...term });
    // Kubernetes compares with terms that it has not read yet, too: those are empty.
    const isEmpty = !term.matchLabelExpressions?.length;
    if (isEmpty || seen.has(key)) {
      errors.push(duplicate(`${field}.matchLabelExpressions`, ''));
    }
    seen.add(key);
    return errors;
  });
}

function validate(object: StorageClass): FieldError[] {
  const modes = ['Immediate', 'WaitForFirstConsumer'];
  return [
    ...validateDriver(object.provisioner, 'provisioner'),
    ...validateParameters(object.parameters, 'parameters'),
    ...oneOf(object.reclaimPolicy, ['Delete', 'Retain'], {
      field: 'reclaimPolicy',
      optional: true,
    }),
    ...oneOf(object.volumeBindingMode, modes, { field: 'volumeBindingMode', pointer: true }),
    ...validateTopologies(object.allowedTopologies),
  ];
}

function unchanged<T>(object: T, old: T, fields: readonly (keyof T & string)[]): FieldError[] {
  return fields
    .filter((field) => !deepEqual(object[field], old[field]))
    .map((field) => forbidden(field, `updates to ${field} are forbidden.`));
}

function isDefault({ metadata }: StorageClass): boolean {
  return defaultAnnotations.some((name) => metadata.annotations?.[name] === 'true');
}

const GROUP = 'storage.k8s.io';

export const storageClass = {
  type: {
    group: GROUP,
    version: 'v1',
    resource: 'storageclasses',
    kind: 'StorageClass',
    namespaced: false,
  },
  singular: 'storageclass',
  shortNames: ['sc'],
  returnsDeletedObject: true,
  applyDefaults(object) {
    object.reclaimPolicy ??= 'Delete';
    object.volumeBindingMode ??= 'Immediate';
  },
  validate,
  validateUpdate: (object, old) => [
    ...unchanged(object, old, ['parameters', 'provisioner', 'reclaimPolicy']),
    ...validateImmutable(object.volumeBindingMode, old.volumeBindingMode, 'volumeBindingMode'),
  ],
  warnings: ({ allowedTopologies = [] }) =>
    allowedTopologies.flatMap(({ matchLabelExpressions = [] }, i) =>
      matchLabelExpressions.flatMap(({ key }, j) => {
        const said = oldNodeLabel(key);
        const at = `allowedTopologies[${i}].matchLabelExpressions[${j}].key`;
        return said === undefined ? [] : [`${at}: ${said}`];
      }),
    ),
  printer: {
    columns: [
      nameColumn,
      column('Provisioner'),
      column('ReclaimPolicy'),
      column('VolumeBindingMode'),
      column('AllowVolumeExpansion'),
      ageColumn,
    ],
    cells: (object, nowMs) => [
      `${object.metadata.name ?? ''}${isDefault(object) ? ' (default)' : ''}`,
      object.provisioner,
      object.reclaimPolicy ?? 'Delete',
      object.volumeBindingMode ?? 'Immediate',
      object.allowVolumeExpansion ?? false,
      age(object, nowMs),
    ],
  },
} satisfies ResourceDeclaration<StorageClass>;

function validateAttributes({ driverName, parameters }: VolumeAttributesClass): FieldError[] {
  const errors = [
    ...validateDriver(driverName, 'driverName'),
    ...validateParameters(parameters, 'parameters'),
  ];
  if (Object.keys(parameters ?? {}).length > 0) return errors;
  return [...errors, required('parameters', 'must contain at least one key/value pair')];
}

export const volumeAttributesClass = {
  type: {
    group: GROUP,
    version: 'v1',
    resource: 'volumeattributesclasses',
    kind: 'VolumeAttributesClass',
    namespaced: false,
  },
  singular: 'volumeattributesclass',
  shortNames: ['vac'],
  returnsDeletedObject: true,
  validate: validateAttributes,
  validateUpdate: (object, old) => unchanged(object, old, ['driverName', 'parameters']),
  printer: {
    columns: [nameColumn, column('DriverName'), ageColumn],
    cells: (object, nowMs) => [object.metadata.name ?? '', object.driverName, age(object, nowMs)],
  },
} satisfies ResourceDeclaration<VolumeAttributesClass>;
