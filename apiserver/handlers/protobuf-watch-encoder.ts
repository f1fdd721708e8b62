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
import { bookmarkMetadata } from './bookmark.ts';
import type { EventEncoder, WatchEncoder } from './event-encoder.ts';
import { partialKind } from './partial-metadata.ts';

const STATUS = { group: '', version: 'v1', kind: 'Status' };

/** Events as frames of protobuf, each made once for all watchers that want it so. */
export function protobufWatchEncoder(
  representation: Representation,
  declaration: ResourceDeclaration,
): WatchEncoder {
  const { type } = declaration;
  return {
    event:
      representation.as === 'PartialObjectMetadata'
        ? metadataEncoder(representation.version)
        : objectEncoder(type),
    error: (status: Status): Chunk =>
      watchFrame('ERROR', enveloped(STATUS, messageOf(STATUS, status))),
  };
}

function objectEncoder(kind: ResourceDeclaration['type']): EventEncoder {
  return (item) => {
    if (item.type === 'BOOKMARK') {
      const message = messageOf(kind, { metadata: bookmarkMetadata(item) });
      return watchFrame(item.type, enveloped(kind, message));
    }
    const make = () => watchFrame(item.type, enveloped(kind, item.object.message()));
    return item.rendition('protobuf', make);
  };
}

function metadataEncoder(version: MetaVersion): EventEncoder {
  const kind = partialKind(version);
  return (item) => {
    if (item.type === 'BOOKMARK') {
      const message = partialMetadataMessage(bookmarkMetadata(item));
      return watchFrame(item.type, enveloped(kind, message));
    }
    return item.rendition(`protobuf/metadata/${version}`, () => {
      const message = partialMetadataMessage(item.object.value.metadata);
      return watchFrame(item.type, enveloped(kind, message));
    });
  };
}
