/** The volumes that the hollow provisioner makes: real objects, nothing behind them. */
import type { Draft } from '../../api/meta.ts';
import { nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import {
  classOfClaim,
  PROVISIONED_BY,
  SELECTED_NODE,
  sizeOf,
  STORAGE_PROVISIONER,
  waitsForConsumer,
} from '../../api/scheduling/volumes.ts';
import type {
  Node,
  NodeSelectorTerm,
  PersistentVolume,
  PersistentVolumeClaim,
} from '../../api/types/core-v1.ts';
import type { StorageClass, VolumeAttachment } from '../../api/types/storage-v1.ts';

/** The provisioner that a StorageClass names to get hollow volumes, and their CSI driver. */
export const PROVISIONER = 'hollow.wherry.io';

/** True if the binder handed this claim to us and it still needs a volume. */
export function wantsVolume(claim: PersistentVolumeClaim, storageClass: StorageClass): boolean {
  const { annotations, deletionTimestamp } = claim.metadata;
  if (claim.spec.volumeName || deletionTimestamp !== undefined) return false;
  if (annotations?.[STORAGE_PROVISIONER] !== PROVISIONER) return false;
  return !waitsForConsumer(storageClass) || annotations[SELECTED_NODE] !== undefined;
}

export const volumeName = (claim: PersistentVolumeClaim): string => `pvc-${uidOf(claim)}`;

export function volumeFor(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  node: Node | undefined,
): Draft<PersistentVolume> {
  const { accessModes, resources, volumeMode, volumeAttributesClassName } = claim.spec;
  const terms = topologyTerms(storageClass, node);
  const name = volumeName(claim);
  return {
    metadata: { name, annotations: { [PROVISIONED_BY]: PROVISIONER } },
    spec: {
      accessModes: accessModes ?? [],
      capacity: { storage: resources?.requests?.['storage'] ?? 0 },
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        namespace: namespaceOf(claim),
        name: nameOf(claim),
        uid: uidOf(claim),
        resourceVersion: claim.metadata.resourceVersion ?? '',
      },
      csi: { driver: PROVISIONER, volumeHandle: name },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: classOfClaim(claim) ?? '',
      ...(volumeMode === undefined ? {} : { volumeMode }),
      ...(volumeAttributesClassName === undefined ? {} : { volumeAttributesClassName }),
      ...(storageClass.mountOptions === undefined
        ? {}
        : { mountOptions: storageClass.mountOptions }),
      ...(terms.length === 0 ? {} : { nodeAffinity: { required: { nodeSelectorTerms: terms } } }),
    },
  };
}

/**
 * A class without allowedTopologies has volumes that every node reaches. With them, a volume is
 * where its pod's node is, in as far as the class tells places apart.
 */
function topologyTerms(
  { allowedTopologies = [] }: StorageClass,
  node: Node | undefined,
): readonly NodeSelectorTerm[] {
  const terms = allowedTopologies
    .map(({ matchLabelExpressions = [] }) => matchLabelExpressions)
    .filter((expressions) => expressions.length > 0);
  const labels = node?.metadata.labels;
  if (labels === undefined) {
    return terms.map((expressions) => ({
      matchExpressions: expressions.map(({ key, values }) => ({ key, operator: 'In', values })),
    }));
  }
  const here = terms.find((expressions) =>
    expressions.every(({ key, values }) => values.includes(labels[key] ?? '')),
  );
  const matchExpressions = (here ?? []).map(({ key }) => ({
    key,
    operator: 'In',
    values: [labels[key] ?? ''],
  }));
  return matchExpressions.length === 0 ? [] : [{ matchExpressions }];
}

/** The size a bound claim asks for beyond what it has; undefined if it has it. */
export function wantedGrowth(claim: PersistentVolumeClaim): string | number | undefined {
  const wanted = claim.spec.resources?.requests?.['storage'];
  if (claim.status?.phase !== 'Bound' || wanted === undefined) return undefined;
  return sizeOf({ storage: wanted }) > sizeOf(claim.status.capacity) ? wanted : undefined;
}

/** Nobody has it any more, and its class did not ask to keep it. */
export function isDisposable({ metadata, spec, status }: PersistentVolume): boolean {
  return (
    metadata.annotations?.[PROVISIONED_BY] === PROVISIONER &&
    metadata.deletionTimestamp === undefined &&
    spec.persistentVolumeReclaimPolicy === 'Delete' &&
    status?.phase === 'Released'
  );
}

export function awaitsAttacher({ metadata, spec, status }: VolumeAttachment): boolean {
  return (
    spec.attacher === PROVISIONER &&
    status?.attached !== true &&
    metadata.deletionTimestamp === undefined
  );
}
