import type { Mutable } from '../../api/meta.ts';
import { compareQuantities, parseQuantity } from '../../api/quantity.ts';
import type { PersistentVolumeClaim } from '../../api/types/core-v1.ts';
import type { StorageClass } from '../../api/types/storage-v1.ts';
import { isAbout } from './about.ts';
import { type AdmissionAttributes, type AdmissionPlugin, admissionForbidden } from './admission.ts';
import type { Lookup } from './lookups.ts';

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** A volume grows only if it is there, and if its class can make it grow. */
export class ClaimResize implements AdmissionPlugin {
  readonly name = 'PersistentVolumeClaimResize';
  readonly #classes: Lookup<StorageClass>;

  constructor(classes: Lookup<StorageClass>) {
    this.#classes = classes;
  }

  handles(attributes: AdmissionAttributes): boolean {
    return attributes.operation === 'UPDATE' && isAbout(attributes, 'persistentvolumeclaims');
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    const claim = attributes.object as Mutable<PersistentVolumeClaim>;
    const old = attributes.oldObject as PersistentVolumeClaim;
    if (compareQuantities(sizeOf(claim), sizeOf(old)) <= 0) return;
    if (old.status?.phase !== 'Bound')
      throw admissionForbidden(attributes, 'Only bound persistent volume claims can be expanded');
    const name = classOf(claim);
    const found =
      name !== '' && name === classOf(old) ? await this.#classes.named('', name) : undefined;
    if (found?.allowVolumeExpansion === true) return;
    throw admissionForbidden(
      attributes,
      'only dynamically provisioned pvc can be resized and ' +
        'the storageclass that provisions the pvc must support resize',
    );
  }
}

const sizeOf = ({ spec }: PersistentVolumeClaim) =>
  parseQuantity(spec.resources?.requests?.['storage'] ?? '0');

const classOf = ({ metadata, spec }: PersistentVolumeClaim): string =>
  metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? '';
