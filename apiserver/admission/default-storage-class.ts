import type { Mutable } from '../../api/meta.ts';
import type { PersistentVolumeClaim } from '../../api/types/core-v1.ts';
import type { StorageClass } from '../../api/types/storage-v1.ts';
import { isCreateOf } from './about.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';
import { defaultClass } from './default-class.ts';
import type { Lookup } from './lookups.ts';

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
const DEFAULT_ANNOTATIONS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

/** A claim that names no class gets the default one, if there is one. "" is a name. */
export class DefaultStorageClass implements AdmissionPlugin {
  readonly name = 'DefaultStorageClass';
  readonly #classes: Lookup<StorageClass>;

  constructor(classes: Lookup<StorageClass>) {
    this.#classes = classes;
  }

  handles(attributes: AdmissionAttributes): boolean {
    return isCreateOf(attributes, 'persistentvolumeclaims');
  }

  async mutate({ object }: AdmissionAttributes): Promise<void> {
    const { metadata, spec } = object as Mutable<PersistentVolumeClaim>;
    // Without a spec it is refused later.
    if ((spec as typeof spec | undefined)?.storageClassName !== undefined) return;
    if (metadata.annotations?.[CLASS_ANNOTATION] !== undefined) return;
    const standard = defaultClass(await this.#classes.known(''), DEFAULT_ANNOTATIONS);
    if (standard !== undefined && spec !== undefined)
      spec.storageClassName = standard.metadata.name!;
  }
}
