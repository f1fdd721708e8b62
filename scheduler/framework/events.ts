import type { Node } from '../../api/types/core-v1.ts';
import type { ResourceClaim } from '../../api/types/resource-v1.ts';
import type { PodInfo } from './pod-info.ts';

/**
 * Something that happened in the cluster and may make a rejected pod schedulable. One kind per
 * aspect that a plugin can wait for, so that a pod waiting for cpu is not woken by a label.
 */
export type ClusterEvent =
  | { readonly kind: 'NodeAdd' | 'NodeDelete'; readonly node: Node }
  | {
      readonly kind: 'NodeAllocatable' | 'NodeLabels' | 'NodeTaints';
      readonly node: Node;
      readonly old: Node;
    }
  /** ScaleDown: a running pod asks for less than before (KEP-1287). */
  | {
      readonly kind:
        'AssignedPodAdd' | 'AssignedPodLabels' | 'AssignedPodScaleDown' | 'AssignedPodDelete';
      readonly pod: PodInfo;
      /** It was only nominated: room was kept from pods of this priority or less. */
      readonly upTo?: number;
    }
  | { readonly kind: 'NamespaceLabels' }
  /** A PersistentVolumeClaim, by "namespace/name", was made or changed. */
  | { readonly kind: 'Claim'; readonly key: string }
  /** One was made, or changed from `old`. */
  | {
      readonly kind: 'ResourceClaim';
      readonly claim: ResourceClaim;
      readonly old?: ResourceClaim;
    }
  /** One was made or changed; StorageCapacity: a CSIDriver or CSIStorageCapacity. */
  | { readonly kind: 'Volume' | 'StorageClass' | 'CSINode' | 'StorageCapacity' }
  | { readonly kind: 'VolumeAttachmentDelete' }
  | { readonly kind: 'DeviceClass' | 'ResourceSlice' };

export type ClusterEventKind = ClusterEvent['kind'];
