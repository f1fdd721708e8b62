import type { KubernetesObject } from '../../api/meta.ts';
import { PROTOBUF_MEDIA_TYPE } from '../../api/protobuf/codec.ts';
import { apiVersionOf } from '../../api/resource.ts';
import type { Clock } from '../../platform/clock.ts';
import { JsonValue } from '../../platform/net/http.ts';
import type { ResourceDeclaration } from '../registry/declaration.ts';
import type { WatchItem } from '../registry/resource-store.ts';
import type { Accepted, Representation } from '../pipeline/accept.ts';
import type { EventEncoder, WatchEncoder } from './event-encoder.ts';
import { protobufWatchEncoder } from './protobuf-watch-encoder.ts';
import { bookmarkMetadata } from './bookmark.ts';
import { eventJson } from './json-bytes.ts';
import { partialMetadata } from './partial-metadata.ts';
import { emptyCells, includeObjectOf, table, type TableOptions } from './table.ts';

export interface WatchContext {
  readonly declaration: ResourceDeclaration;
  readonly query: URLSearchParams;
  readonly clock: Clock;
}

/**
 * Events in the form that one watcher asked for. What all watchers of a form share is made once
 * per event and kept with it.
 */
export function watchEncoder(form: Accepted, context: WatchContext): WatchEncoder {
  const { representation } = form;
  if (form.mediaType === PROTOBUF_MEDIA_TYPE)
    return protobufWatchEncoder(representation, context.declaration);
  return {
    event: jsonEncoder(representation, context),
    error: (status) => new JsonValue({ type: 'ERROR', object: status }),
  };
}

function jsonEncoder(representation: Representation, context: WatchContext): EventEncoder {
  switch (representation.as) {
    case 'Object': {
      const { type } = context.declaration;
      const shape = { kind: type.kind, apiVersion: apiVersionOf(type) };
      return (item) =>
        item.type === 'BOOKMARK'
          ? bookmarkJson(shape, bookmarkMetadata(item))
          : item.rendition('object', () => eventJson(item.type, item.object));
    }
    case 'PartialObjectMetadata': {
      const { version } = representation;
      const shape = { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}` };
      return (item) =>
        item.type === 'BOOKMARK'
          ? bookmarkJson(shape, bookmarkMetadata(item))
          : item.rendition(`metadata/${version}`, () => {
              const object = partialMetadata(item.object.value, version);
              return new JsonValue({ type: item.type, object });
            });
    }
    case 'Table':
      return tableEncoder(representation.version, context);
  }
}

/** The first event of a watch says what the columns are, the others only fill them. */
function tableEncoder(version: 'v1' | 'v1beta1', context: WatchContext): EventEncoder {
  const include = includeObjectOf(context.query);
  let first = true;
  return (item) => {
    const withColumns = first;
    first = false;
    const options = { version, include, nowMs: context.clock.now() };
    if (item.type === 'BOOKMARK') {
      const about = { withColumns, options };
      return bookmarkTable(context.declaration, bookmarkMetadata(item), about);
    }
    const make = (): JsonValue => rowEvent(context.declaration, { item, withColumns }, options);
    return withColumns ? make() : item.rendition(`table/${version}/${include}`, make);
  };
}

/** A bookmark is a row, too: of an object that has nothing but what the bookmark says. */
function bookmarkTable(
  declaration: ResourceDeclaration,
  metadata: ReturnType<typeof bookmarkMetadata>,
  { withColumns, options }: { withColumns: boolean; options: TableOptions },
): JsonValue {
  const { resourceVersion } = metadata;
  const content = { objects: [], metadata: { resourceVersion }, withColumns };
  const { type } = declaration;
  const whole = { kind: type.kind, apiVersion: apiVersionOf(type), metadata };
  const object = options.include === 'Object' ? whole : partialMetadata(whole, options.version);
  const rows = [{ cells: emptyCells(declaration), object }];
  const bookmark = { ...table(declaration, content, options), rows };
  return new JsonValue({ type: 'BOOKMARK', object: bookmark });
}

function rowEvent(
  declaration: ResourceDeclaration,
  row: { item: Exclude<WatchItem, { type: 'BOOKMARK' }>; withColumns: boolean },
  options: TableOptions,
): JsonValue {
  const { item, withColumns } = row;
  const object: KubernetesObject = item.object.value;
  const { resourceVersion = '' } = object.metadata;
  const content = { objects: [object], metadata: { resourceVersion }, withColumns };
  return new JsonValue({ type: item.type, object: table(declaration, content, options) });
}

function bookmarkJson(shape: { kind: string; apiVersion: string }, metadata: object): JsonValue {
  return new JsonValue({ type: 'BOOKMARK', object: { ...shape, metadata } });
}
