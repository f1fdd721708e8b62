import type { Mutable } from '../../../../api/meta.ts';
import type { PersistentVolumeSpec, Volume } from '../../../../api/types/core-v1.ts';

/** Of the sources that pods and PersistentVolumes name alike, those that have defaults. */
export function defaultInTreeSources(
  volume: Mutable<Volume> | Mutable<PersistentVolumeSpec>,
): void {
  const { iscsi, rbd, azureDisk, scaleIO } = volume;
  if (iscsi) iscsi.iscsiInterface ||= 'default';
  if (rbd) {
    rbd.pool ||= 'rbd';
    rbd.user ||= 'admin';
    rbd.keyring ||= '/etc/ceph/keyring';
  }
  if (azureDisk) {
    azureDisk.cachingMode ??= 'ReadWrite';
    azureDisk.kind ??= 'Shared';
    azureDisk.fsType ??= 'ext4';
    azureDisk.readOnly ??= false;
  }
  if (scaleIO) {
    scaleIO.storageMode ||= 'ThinProvisioned';
    scaleIO.fsType ||= 'xfs';
  }
}
