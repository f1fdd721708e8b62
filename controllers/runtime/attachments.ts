import type { VolumeAttachment } from '../../api/types/storage-v1.ts';
import type { Informer } from '../../client/informer-interface.ts';

/** By spec.nodeName. */
export const ATTACHMENT_NODE_INDEX = 'node';
/** By the name of the PersistentVolume. */
export const ATTACHMENT_VOLUME_INDEX = 'volume';

const byNode = ({ spec }: VolumeAttachment): readonly string[] => [spec.nodeName];
const byVolume = ({ spec }: VolumeAttachment): readonly string[] =>
  spec.source.persistentVolumeName === undefined ? [] : [spec.source.persistentVolumeName];

/** Controllers that share the informer share the indexes. */
export function indexAttachments(attachments: Informer<VolumeAttachment>): void {
  attachments.addIndex(ATTACHMENT_NODE_INDEX, byNode);
  attachments.addIndex(ATTACHMENT_VOLUME_INDEX, byVolume);
}
