import { deepEqual } from '../../../../api/deep.ts';
import { type FieldError, forbidden, invalid } from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import { formatQuantity } from '../../../../api/quantity.ts';
import { persistentVolumes } from '../../../../api/resources.ts';
import { formatTime } from '../../../../api/time.ts';
import type { PersistentVolume, PersistentVolumeSpec } from '../../../../api/types/core-v1.ts';
import { validateImmutable } from '../../../../api/validation/object-meta.ts';
import type { ResourceDeclaration, Subresource, TablePrinter } from '../../declaration.ts';
import { age, ageColumn, column, nameColumn, wideColumn } from '../cells.ts';
import { changedPaths } from '../../../../api/changed-paths.ts';
import { quantityOf } from '../resource-list.ts';
import { statusSubresource } from '../status-subresource.ts';
import { accessModesText } from './access-modes.ts';
import { defaultInTreeSources } from './in-tree-defaults.ts';
import { iscsiPathTooLong } from './in-tree-sources.ts';
import { validateVolumeSpec } from './persistentvolume-validation.ts';
import { isOnlyRenamed } from './renamed-labels.ts';
import { volumeSources } from './volume-sources.ts';
import { volumeWarnings } from './persistentvolume-warnings.ts';
import { roundAmounts } from '../../../../api/quantity.ts';

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

function applyDefaults(volume: Mutable<PersistentVolume>): void {
  const spec = (volume.spec ??= {});
  spec.persistentVolumeReclaimPolicy ||= 'Retain';
  spec.volumeMode ??= 'Filesystem';
  roundAmounts(spec.capacity);
  defaultInTreeSources(spec);
  if (spec.hostPath) spec.hostPath.type ??= '';
  const status = (volume.status ??= {});
  status.phase ||= 'Pending';
}

function sourceOf(spec: PersistentVolumeSpec): Record<string, unknown> {
  const entries = volumeSources.map(([name]) => [name, spec[name]] as const);
  return Object.fromEntries(entries.filter(([, source]) => source !== undefined));
}

/** A secret for expansion may be added later. */
function withoutNewExpandSecret(spec: PersistentVolumeSpec, old: PersistentVolumeSpec) {
  const source = sourceOf(spec);
  const added = old.csi !== undefined && old.csi.controllerExpandSecretRef === undefined;
  if (spec.csi === undefined || !added) return source;
  const { controllerExpandSecretRef: _added, ...csi } = spec.csi;
  return { ...source, csi };
}

function validateUpdate({ spec }: PersistentVolume, { spec: old }: PersistentVolume): FieldError[] {
  const errors: FieldError[] = [];
  const [before, after] = [sourceOf(old), withoutNewExpandSecret(spec, old)];
  if (!deepEqual(after, before)) {
    const paths = changedPaths(after, before, 'spec').join('\n');
    const detail = `spec.persistentvolumesource is immutable after creation\n${paths}`;
    errors.push(forbidden('spec.persistentvolumesource', detail));
  }
  errors.push(...validateImmutable(spec.volumeMode, old.volumeMode, 'volumeMode'));
  if (old.nodeAffinity !== undefined && !isOnlyRenamed(spec.nodeAffinity, old.nodeAffinity)) {
    const detail = 'field is immutable, except for updating from beta label to GA';
    errors.push(invalid('nodeAffinity', spec.nodeAffinity, detail));
  }
  if (old.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    const detail = 'update from non-nil value to nil is forbidden';
    errors.push(forbidden('spec.volumeAttributesClassName', detail));
  }
  return errors;
}

function capacityText({ spec }: PersistentVolume): string {
  const storage = spec.capacity?.['storage'];
  const quantity = storage === undefined ? undefined : quantityOf(storage);
  return quantity === undefined ? '0' : formatQuantity(quantity);
}

const printer: TablePrinter<PersistentVolume> = {
  columns: [
    nameColumn,
    column('Capacity'),
    column('Access Modes'),
    column('Reclaim Policy'),
    column('Status'),
    column('Claim'),
    column('StorageClass'),
    column('VolumeAttributesClass'),
    column('Reason'),
    ageColumn,
    wideColumn('VolumeMode'),
  ],
  cells: (volume, nowMs) => {
    const { metadata, spec, status } = volume;
    const { claimRef } = spec;
    return [
      metadata.name ?? '',
      capacityText(volume),
      accessModesText(spec.accessModes),
      spec.persistentVolumeReclaimPolicy ?? '',
      metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
      claimRef === undefined ? '' : `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}`,
      metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? '',
      spec.volumeAttributesClassName ?? '<unset>',
      status?.reason ?? '',
      age(volume, nowMs),
      spec.volumeMode ?? '<unset>',
    ];
  },
};

const ofStatus = statusSubresource<PersistentVolume>();

/** Whoever changes the phase need not say when. */
const status: Subresource<PersistentVolume> = {
  ...ofStatus,
  write(sent, parent, context) {
    const volume = ofStatus.write(sent, parent, context);
    const now = (volume.status ??= {});
    const before = parent.status ?? {};
    const { lastPhaseTransitionTime: at } = now;
    if (now.phase === before.phase) {
      const kept = at ?? before.lastPhaseTransitionTime;
      if (kept !== undefined) volume.status = { ...now, lastPhaseTransitionTime: kept };
    } else if (at === undefined || at === before.lastPhaseTransitionTime) {
      volume.status = { ...now, lastPhaseTransitionTime: formatTime(context.nowMs) };
    }
    return volume;
  },
  validateUpdate: () => [],
};

export const persistentVolume = {
  type: persistentVolumes,
  singular: 'persistentvolume',
  shortNames: ['pv'],
  hasStatus: true,
  returnsDeletedObject: true,
  applyDefaults,
  prepareForCreate(object, { nowMs }) {
    object.status = { phase: 'Pending', lastPhaseTransitionTime: formatTime(nowMs) };
  },
  validate({ metadata, spec }) {
    const errors = validateVolumeSpec(spec, { field: 'spec', inline: false });
    const { name = '' } = metadata;
    const tooLong = spec.iscsi && iscsiPathTooLong(name, spec.iscsi);
    if (tooLong === undefined) return errors;
    return [...errors, invalid('spec.iscsi.targetportal', spec.iscsi?.targetPortal, tooLong)];
  },
  validateUpdate,
  warnings: (volume) => volumeWarnings(volume),
  printer,
  subresources: [status],
} satisfies ResourceDeclaration<PersistentVolume>;
