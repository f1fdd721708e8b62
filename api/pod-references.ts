/** What a pod names, so that its node has to read it. */
import type { Container, Pod, Volume } from './types/core-v1.ts';

export type ReferencedResource =
  'secrets' | 'configmaps' | 'persistentvolumeclaims' | 'serviceaccounts' | 'resourceclaims';

/** An object in the pod's namespace. */
interface Reference {
  readonly resource: ReferencedResource;
  readonly name: string;
}

const secret = (name: string | undefined): Reference[] =>
  name ? [{ resource: 'secrets', name }] : [];
const configMap = (name: string | undefined): Reference[] =>
  name ? [{ resource: 'configmaps', name }] : [];

export function podReferences(pod: Pod): Reference[] {
  const { metadata, spec, status } = pod;
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
  for (const { name, resourceClaimName, resourceClaimTemplateName } of spec.resourceClaims ?? []) {
    const made = status?.resourceClaimStatuses?.find((one) => one.name === name);
    const claim = resourceClaimTemplateName ? made?.resourceClaimName : resourceClaimName;
    if (claim) references.push({ resource: 'resourceclaims', name: claim });
  }
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
