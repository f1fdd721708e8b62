import type { Node, PersistentVolume, PersistentVolumeClaim } from '../../api/types/core-v1.ts';
import type { ResourceClaim } from '../../api/types/resource-v1.ts';
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
} from '../../api/types/storage-v1.ts';
import type { PodInfo } from './pod-info.ts';

/** One was made, or changed from `old`. */
interface Change<Kind extends string, T> {
  readonly kind: Kind;
  readonly object: T;
  readonly old?: T;
}

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
  /** A PersistentVolumeClaim; `key`: "namespace/name". */
  | (Change<'Claim', PersistentVolumeClaim> & { readonly key: string })
  | Change<'Volume', PersistentVolume>
  | Change<'StorageClass', StorageClass>
  | Change<'CSINode', CSINode>
  | Change<'StorageCapacity', CSIStorageCapacity>
  /** One that is gone publishes no capacities any more. */
  | Change<'CSIDriver', CSIDriver>
  | { readonly kind: 'VolumeAttachmentDelete'; readonly object: VolumeAttachment }
  /** One was made, or changed from `old`. */
  | {
      readonly kind: 'ResourceClaim';
      readonly claim: ResourceClaim;
      readonly old?: ResourceClaim;
    }
  | { readonly kind: 'DeviceClass' | 'ResourceSlice' };

export type ClusterEventKind = ClusterEvent['kind'];
