import {
  enveloped,
  messageOf,
  partialMetadataMessage,
  watchFrame,
} from '../../api/protobuf/envelope.ts';
import type { GroupVersionKind } from '../../api/schema/table.ts';
import type { Status } from '../../api/status.ts';
import type { Chunk } from '../../platform/http.ts';
import type { Representation } from './accept.ts';
import { bookmarkMetadata } from './bookmark.ts';
import type { EventEncoder, WatchEncoder } from './event-encoder.ts';

const STATUS = { group: '', version: 'v1', kind: 'Status' };
const PARTIAL = { group: 'meta.k8s.io', version: 'v1', kind: 'PartialObjectMetadata' };

/** Events as frames of protobuf, each made once for all watchers that want it so. */
export function protobufWatchEncoder({ as }: Representation, kind: GroupVersionKind): WatchEncoder {
  return {
    event: as === 'PartialObjectMetadata' ? metadataEncoder() : objectEncoder(kind),
    error: (status: Status): Chunk =>
      watchFrame('ERROR', enveloped(STATUS, messageOf(STATUS, status))),
  };
}

function objectEncoder(kind: GroupVersionKind): EventEncoder {
  return (item) => {
    if (item.type === 'BOOKMARK') {
      const message = messageOf(kind, { metadata: bookmarkMetadata(item) });
      return watchFrame(item.type, enveloped(kind, message));
    }
    const make = () => watchFrame(item.type, enveloped(kind, item.object.message()));
    return item.rendition('protobuf', make);
  };
}

function metadataEncoder(): EventEncoder {
  return (item) => {
    if (item.type === 'BOOKMARK') {
      const message = partialMetadataMessage(bookmarkMetadata(item));
      return watchFrame(item.type, enveloped(PARTIAL, message));
    }
    return item.rendition('protobuf/metadata', () => {
      const message = partialMetadataMessage(item.object.value.metadata);
      return watchFrame(item.type, enveloped(PARTIAL, message));
    });
  };
}
