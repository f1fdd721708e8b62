import {
  enveloped,
  messageOf,
  partialMetadataMessage,
  watchFrame,
} from '../../api/protobuf/envelope.ts';
import type { Status } from '../../api/status.ts';
import type { Chunk } from '../../platform/http.ts';
import type { Representation } from '../pipeline/accept.ts';
import type { ResourceDeclaration } from '../registry/declaration.ts';
import { type Bookmark, bookmarkMetadata } from './bookmark.ts';
import { emptyListProtobuf } from './empty-list.ts';
import type { EventEncoder, WatchEncoder } from './event-encoder.ts';

const STATUS = { group: '', version: 'v1', kind: 'Status' };
const PARTIAL = { group: 'meta.k8s.io', version: 'v1', kind: 'PartialObjectMetadata' };

/** Events as frames of protobuf, each made once for all watchers that want it so. */
export function protobufWatchEncoder(
  representation: Representation,
  declaration: ResourceDeclaration,
): WatchEncoder {
  const { type } = declaration;
  const metadata = (item: Bookmark): object =>
    bookmarkMetadata(item, () => emptyListProtobuf(representation, declaration));
  const metadataOnly = representation.as === 'PartialObjectMetadata';
  return {
    event: metadataOnly ? metadataEncoder(metadata) : objectEncoder(type, metadata),
    error: (status: Status): Chunk =>
      watchFrame('ERROR', enveloped(STATUS, messageOf(STATUS, status))),
  };
}

type BookmarkMetadata = (item: Bookmark) => object;

function objectEncoder(
  kind: ResourceDeclaration['type'],
  bookmark: BookmarkMetadata,
): EventEncoder {
  return (item) => {
    if (item.type === 'BOOKMARK') {
      const message = messageOf(kind, { metadata: bookmark(item) });
      return watchFrame(item.type, enveloped(kind, message));
    }
    const make = () => watchFrame(item.type, enveloped(kind, item.object.message()));
    return item.rendition('protobuf', make);
  };
}

function metadataEncoder(bookmark: BookmarkMetadata): EventEncoder {
  return (item) => {
    if (item.type === 'BOOKMARK') {
      const message = partialMetadataMessage(bookmark(item));
      return watchFrame(item.type, enveloped(PARTIAL, message));
    }
    return item.rendition('protobuf/metadata', () => {
      const message = partialMetadataMessage(item.object.value.metadata);
      return watchFrame(item.type, enveloped(PARTIAL, message));
    });
  };
}
