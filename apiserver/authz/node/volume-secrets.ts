import type { PersistentVolume } from '../../../api/types/core-v1.ts';

interface SecretName {
  readonly namespace?: string;
  readonly name?: string;
}

/**
 * The secrets that a node needs to mount a volume: not those with which a controller publishes or
 * resizes it. Those that name no namespace are in that of the volume's claim.
 */
export function volumeSecrets({ spec }: PersistentVolume): { namespace: string; name: string }[] {
  const { csi, azureFile } = spec;
  const references: readonly (SecretName | undefined)[] = [
    csi?.nodePublishSecretRef,
    csi?.nodeStageSecretRef,
    csi?.nodeExpandSecretRef,
    azureFile && {
      name: azureFile.secretName,
      ...(azureFile.secretNamespace ? { namespace: azureFile.secretNamespace } : {}),
    },
    spec.cephfs?.secretRef,
    spec.cinder?.secretRef,
    spec.flexVolume?.secretRef,
    spec.iscsi?.secretRef,
    spec.rbd?.secretRef,
    spec.scaleIO?.secretRef,
    spec.storageos?.secretRef,
  ];
  return references.flatMap((reference) =>
    reference?.name
      ? [
          {
            namespace: reference.namespace || (spec.claimRef?.namespace ?? ''),
            name: reference.name,
          },
        ]
      : [],
  );
}
