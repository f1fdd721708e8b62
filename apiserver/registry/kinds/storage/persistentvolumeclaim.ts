import { deepEqual } from '../../../../api/deep.ts';
import { type FieldError, forbidden, invalid } from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import { formatQuantity } from '../../../../api/quantity.ts';
import { persistentVolumeClaims } from '../../../../api/resources.ts';
import type {
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
} from '../../../../api/types/core-v1.ts';
import { validateImmutable } from '../../../../api/validation/object-meta.ts';
import type { ResourceDeclaration, TablePrinter } from '../../declaration.ts';
import { age, ageColumn, column, nameColumn, wideColumn } from '../cells.ts';
import { changedPaths } from '../../../../api/changed-paths.ts';
import { quantityOf, type ResourceList } from '../resource-list.ts';
import { statusSubresource } from '../status-subresource.ts';
import { defaultClaim, validateClaimSpec } from '../volume-claim.ts';
import { accessModesText } from './access-modes.ts';
import { oddClaim } from '../odd-amounts.ts';

const OLD_CLASS = 'volume.beta.kubernetes.io/storage-class';
const OLD_CLASS_SAID =
  `metadata.annotations[${OLD_CLASS}]: deprecated since v1.8; ` +
  'use "storageClassName" attribute instead';

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** `dataSource` is the older, narrower way to say `dataSourceRef`: each fills in the other. */
function mirrorDataSource(spec: Mutable<PersistentVolumeClaimSpec>): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource !== undefined && dataSourceRef === undefined) {
    spec.dataSourceRef = { ...dataSource };
  } else if (dataSourceRef !== undefined && !dataSourceRef.namespace && dataSource === undefined) {
    const { namespace: _none, ...source } = dataSourceRef;
    spec.dataSource = source;
  }
}

/** A source of another kind was once passed over, and still is. */
function dropUnknownSource(spec: Mutable<PersistentVolumeClaimSpec>): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource === undefined || dataSourceRef !== undefined) return;
  const { apiGroup = '', kind } = dataSource;
  const claim = kind === 'PersistentVolumeClaim' && apiGroup === '';
  const snapshot = kind === 'VolumeSnapshot' && apiGroup === 'snapshot.storage.k8s.io';
  if (!claim && !snapshot) delete spec.dataSource;
}

/** The size, in units that compare; 0 for none. */
function sizeOf(list: ResourceList | undefined): bigint {
  const storage = list?.['storage'];
  return storage === undefined ? 0n : (quantityOf(storage)?.nano ?? 0n);
}

/** The parts of a spec that a bound claim may change, taken from `old`. */
function withOldOf(
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
): PersistentVolumeClaimSpec {
  const spec: Mutable<PersistentVolumeClaimSpec> = { ...(claim.spec as object) };
  const annotated = old.metadata.annotations?.[CLASS_ANNOTATION];
  const before = old.spec.storageClassName;
  const upgraded = annotated !== undefined && spec.storageClassName === annotated;
  if (before === undefined && (upgraded || annotated === undefined)) {
    delete spec.storageClassName;
  }
  if (claim.status?.phase === 'Bound') {
    const { requests } = spec.resources ?? {};
    const storage = old.spec.resources?.requests?.['storage'];
    if (requests !== undefined && storage !== undefined) {
      spec.resources = { ...spec.resources, requests: { ...requests, storage } };
    }
    delete spec.volumeAttributesClassName;
    const attributes = old.spec.volumeAttributesClassName;
    if (attributes !== undefined) spec.volumeAttributesClassName = attributes;
  }
  return spec;
}

function validateSpecUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim) {
  const before: Mutable<PersistentVolumeClaimSpec> = { ...(old.spec as object) };
  mirrorDataSource(before);
  const { volumeName } = claim.spec;
  if (!before.volumeName && volumeName !== undefined) before.volumeName = volumeName;
  const spec = withOldOf(claim, old);
  if (deepEqual(spec, before)) return [];
  const detail =
    'spec is immutable after creation except resources.requests and volumeAttributesClassName ' +
    `for bound claims\n${changedPaths(spec, before, 'spec').join('\n')}`;
  return [forbidden('spec', detail)];
}

function validateSize({ spec }: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const size = sizeOf(spec.resources?.requests);
  if (size >= sizeOf(old.spec.resources?.requests)) return [];
  if (size > sizeOf(old.status?.capacity)) return [];
  const detail = 'field can not be less than status.capacity';
  return [forbidden('spec.resources.requests.storage', detail)];
}

function validateAttributesClass({ spec }: PersistentVolumeClaim, old: PersistentVolumeClaim) {
  const name = spec.volumeAttributesClassName;
  const unchanged = name === old.spec.volumeAttributesClassName;
  if (unchanged || old.status?.currentVolumeAttributesClassName === undefined || name) return [];
  const what = name === undefined ? 'nil' : 'empty string';
  const current = 'status.currentVolumeAttributesClassName';
  const detail = `update to ${what} is forbidden when ${current} is not nil`;
  return [forbidden('spec.volumeAttributesClassName', detail)];
}

/** A claim whose source has a group is from a time when any would do. */
function validate({ spec }: PersistentVolumeClaim, old?: PersistentVolumeClaim): FieldError[] {
  const errors = validateClaimSpec(spec, 'spec');
  const { dataSource, dataSourceRef } = old?.spec ?? {};
  if (dataSource?.apiGroup === undefined && dataSourceRef?.apiGroup === undefined) return errors;
  return errors.filter(({ field }) => !field.endsWith('.apiGroup'));
}

function validateUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  return [
    ...validateSpecUpdate(claim, old),
    ...validateSize(claim, old),
    ...validateImmutable(claim.spec.volumeMode, old.spec.volumeMode, 'volumeMode'),
    ...validateAttributesClass(claim, old),
  ];
}

function validateStatus({ status }: PersistentVolumeClaim): FieldError[] {
  return Object.entries(status?.capacity ?? {}).flatMap(([name, value]) => {
    const { nano = 0n } = quantityOf(value) ?? {};
    if (nano >= 0n) return [];
    const detail = 'must be a valid resource quantity';
    return [invalid(`status.capacity[${name}]`, value, detail)];
  });
}

function capacityText({ status }: PersistentVolumeClaim): string {
  const storage = status?.capacity?.['storage'];
  const quantity = storage === undefined ? undefined : quantityOf(storage);
  return quantity === undefined ? '0' : formatQuantity(quantity);
}

const printer: TablePrinter<PersistentVolumeClaim> = {
  columns: [
    nameColumn,
    column('Status'),
    column('Volume'),
    column('Capacity'),
    column('Access Modes'),
    column('StorageClass'),
    column('VolumeAttributesClass'),
    ageColumn,
    wideColumn('VolumeMode'),
  ],
  cells: (claim, nowMs) => {
    const { metadata, spec, status } = claim;
    const bound = spec.volumeName !== undefined && spec.volumeName !== '';
    return [
      metadata.name ?? '',
      metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
      spec.volumeName ?? '',
      bound ? capacityText(claim) : '',
      bound ? accessModesText(status?.accessModes) : '',
      metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? '',
      spec.volumeAttributesClassName ?? '<unset>',
      age(claim, nowMs),
      spec.volumeMode ?? '<unset>',
    ];
  },
};

export const persistentVolumeClaim = {
  type: persistentVolumeClaims,
  singular: 'persistentvolumeclaim',
  shortNames: ['pvc'],
  hasStatus: true,
  returnsDeletedObject: true,
  applyDefaults: defaultClaim,
  prepareForCreate(object) {
    object.status = { phase: 'Pending' };
    dropUnknownSource(object.spec);
    mirrorDataSource(object.spec);
  },
  prepareForUpdate({ spec }, { spec: old }) {
    if (old.dataSource === undefined) dropUnknownSource(spec);
    mirrorDataSource(spec);
  },
  validate,
  validateUpdate,
  warnings: ({ metadata, spec }) => [
    ...(metadata.annotations?.[OLD_CLASS] === undefined ? [] : [OLD_CLASS_SAID]),
    ...oddClaim(spec, 'spec'),
  ],
  printer,
  subresources: [{ ...statusSubresource<PersistentVolumeClaim>(), validateUpdate: validateStatus }],
} satisfies ResourceDeclaration<PersistentVolumeClaim>;
