/** What a pod, and a volume it is given, need to read: the edges of the node authorizer's graph. */
import type { Container, PersistentVolume, Pod, Volume } from '../../../api/types/core-v1.ts';

export type ReferencedResource =
  'secrets' | 'configmaps' | 'persistentvolumeclaims' | 'serviceaccounts' | 'resourceclaims';

/** An object in the pod's namespace. */
interface Reference {
  readonly resource: ReferencedResource;
  readonly name: string;
}

/** A pod of a node's own making may name whatever it likes: it opens nothing. */
const MIRROR = 'kubernetes.io/config.mirror';

const secret = (name: string | undefined): Reference[] =>
  name ? [{ resource: 'secrets', name }] : [];
const configMap = (name: string | undefined): Reference[] =>
  name ? [{ resource: 'configmaps', name }] : [];

export function podReferences(pod: Pod): Reference[] {
  const { metadata, spec, status } = pod;
  if (metadata.annotations?.[MIRROR] !== undefined) return [];
  const references: Reference[] = (spec.imagePullSecrets ?? []).flatMap(({ name }) => secret(name));
  if (spec.serviceAccountName)
    references.push({ resource: 'serviceaccounts', name: spec.serviceAccountName });
  const containers = [
    ...(spec.containers ?? []),
    ...(spec.initContainers ?? []),
    ...((spec.ephemeralContainers ?? []) as readonly Container[]),
  ];
  for (const container of containers) references.push(...containerReferences(container));
  for (const volume of spec.volumes ?? [])
    references.push(...volumeReferences(volume, metadata.name ?? ''));
  for (const claim of spec.resourceClaims ?? [])
    if (claim.resourceClaimName)
      references.push({ resource: 'resourceclaims', name: claim.resourceClaimName });
  for (const claim of status?.resourceClaimStatuses ?? [])
    if (claim.resourceClaimName)
      references.push({ resource: 'resourceclaims', name: claim.resourceClaimName });
  return references;
}

function containerReferences({ env = [], envFrom = [] }: Container): Reference[] {
  return [
    ...env.flatMap(({ valueFrom }) => [
      ...secret(valueFrom?.secretKeyRef?.name),
      ...configMap(valueFrom?.configMapKeyRef?.name),
    ]),
    ...envFrom.flatMap(({ secretRef, configMapRef }) => [
      ...secret(secretRef?.name),
      ...configMap(configMapRef?.name),
    ]),
  ];
}

function volumeReferences(volume: Volume, pod: string): Reference[] {
  const claim = volume.ephemeral
    ? `${pod}-${volume.name}`
    : volume.persistentVolumeClaim?.claimName;
  return [
    ...(claim ? [{ resource: 'persistentvolumeclaims' as const, name: claim }] : []),
    ...secret(volume.secret?.secretName),
    ...configMap(volume.configMap?.name),
    ...(volume.projected?.sources ?? []).flatMap((source) => [
      ...secret(source.secret?.name),
      ...configMap(source.configMap?.name),
    ]),
    ...secret(volume.csi?.nodePublishSecretRef?.name),
    ...secret(volume.azureFile?.secretName),
    ...secret(volume.cephfs?.secretRef?.name),
    ...secret(volume.cinder?.secretRef?.name),
    ...secret(volume.flexVolume?.secretRef?.name),
    ...secret(volume.iscsi?.secretRef?.name),
    ...secret(volume.rbd?.secretRef?.name),
    ...secret(volume.scaleIO?.secretRef?.name),
    ...secret(volume.storageos?.secretRef?.name),
  ];
}

/** Secrets of a volume; those that name no namespace are in that of its claim. */
export function volumeSecrets({ spec }: PersistentVolume): { namespace: string; name: string }[] {
  const { csi, azureFile } = spec;
  const references: readonly ({ namespace?: string; name?: string } | undefined)[] = [
    csi?.controllerPublishSecretRef,
    csi?.nodePublishSecretRef,
    csi?.nodeStageSecretRef,
    csi?.controllerExpandSecretRef,
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
