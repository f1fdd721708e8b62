import {
  enveloped,
  messageOf,
  partialMetadataMessage,
  watchFrame,
} from '../../api/protobuf/envelope.ts';
import type { Status } from '../../api/status.ts';
import type { Chunk } from '../../platform/net/http.ts';
import type { MetaVersion, Representation } from '../pipeline/accept.ts';
import type { ResourceDeclaration } from '../registry/declaration.ts';
import { type Bookmark, bookmarkMetadata } from './bookmark.ts';
import { emptyListProtobuf } from './empty-list.ts';
import type { EventEncoder, WatchEncoder } from './event-encoder.ts';
import { partialKind } from './partial-metadata.ts';

const STATUS = { group: '', version: 'v1', kind: 'Status' };

/** Events as frames of protobuf, each made once for all watchers that want it so. */
export function protobufWatchEncoder(
  representation: Representation,
  declaration: ResourceDeclaration,
): WatchEncoder {
  const { type } = declaration;
  const metadata = (item: Bookmark): object =>
    bookmarkMetadata(item, () => emptyListProtobuf(representation, declaration));
  return {
    event:
      representation.as === 'PartialObjectMetadata'
        ? metadataEncoder(representation.version, metadata)
        : objectEncoder(type, metadata),
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

function metadataEncoder(version: MetaVersion, bookmark: BookmarkMetadata): EventEncoder {
  const kind = partialKind(version);
  return (item) => {
    if (item.type === 'BOOKMARK') {
      const message = partialMetadataMessage(bookmark(item));
      return watchFrame(item.type, enveloped(kind, message));
    }
    return item.rendition(`protobuf/metadata/${version}`, () => {
      const message = partialMetadataMessage(item.object.value.metadata);
      return watchFrame(item.type, enveloped(kind, message));
    });
  };
}
