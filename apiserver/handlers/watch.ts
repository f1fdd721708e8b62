import { PROTOBUF_MEDIA_TYPE } from '../../api/protobuf/codec.ts';
import { hasProtobuf } from '../../api/protobuf/envelope.ts';
import { isStatus } from '../../api/status.ts';
import type { ByteStream } from '../../platform/bytes/byte-stream.ts';
import type { HttpResponse } from '../../platform/net/http.ts';
import type { ObjectWatcher, WatchItem } from '../registry/resource-store.ts';
import { accepted } from '../pipeline/accept.ts';
import { collectionAsked } from './list-parameters.ts';
import { booleanParameter, numberParameter } from './options.ts';
import type { Target } from './target.ts';
import { watchEncoder } from './watch-encoder.ts';
import { wantsWebSocket, watchOverWebSocket } from './watch-socket.ts';
import { WatchStream } from './watch-stream.ts';

/** kube-apiserver's --min-request-timeout: a watch lasts one to two times as long. */
const MIN_WATCH_SECONDS = 1_800;

/** A stream of events; ends at its timeout, when the client leaves, or when it cannot go on. */
export async function watch(target: Target): Promise<HttpResponse> {
  const { request, store, environment } = target;
  const { query, headers, signal } = request.http;
  const asked = collectionAsked(target);
  const overWebSocket = wantsWebSocket(headers);
  const protobuf = hasProtobuf(store.declaration.type);
  const form = accepted(headers['accept'], { protobuf, stream: true });
  const encoder = watchEncoder(form, {
    declaration: store.declaration,
    query,
    clock: environment.clock,
  });
  const allowBookmarks = booleanParameter(query, 'allowWatchBookmarks') ?? false;
  const { limit: _unlimited, ...parameters } = asked.parameters;
  const watcher = await store
    .watch(asked.scope, { ...parameters, allowBookmarks })
    .catch(refusedInTheStream);
  const seconds = numberParameter(query, 'timeoutSeconds') || defaultTimeout(target);
  const body = new WatchStream<WatchItem>({
    source: watcher,
    encode: encoder.event,
    encodeError: encoder.error,
    bookmark: () => watcher.bookmark(store.revision),
    end: () => watcher.end(),
    bookmarks: allowBookmarks,
    // Less than none is over at once.
    timeoutMs: Math.max(seconds, 0) * 1_000,
    clock: environment.clock,
    signal,
  });
  if (overWebSocket) {
    const upgrade = (connection: ByteStream) => watchOverWebSocket(connection, body);
    return { status: 101, headers: { upgrade: 'websocket', connection: 'Upgrade' }, upgrade };
  }
  const { mediaType } = form;
  const contentType = mediaType === PROTOBUF_MEDIA_TYPE ? `${mediaType};stream=watch` : mediaType;
  return { status: 200, headers: { 'content-type': contentType }, body };
}

/**
 * A version that is no longer known, or not yet, is told by the stream's only event, as by
 * kube-apiserver: whoever watches has to read such events in any case.
 */
function refusedInTheStream(error: unknown): ObjectWatcher {
  if (!isStatus(error, 'Expired') && !isStatus(error, 'Timeout')) throw error;
  const nothing = (): void => {};
  return { next: () => Promise.reject(error), bookmark: nothing, end: nothing };
}

/** Spread out, so that the watches of a restart do not all end at the same moment. */
function defaultTimeout({ environment }: Target): number {
  return MIN_WATCH_SECONDS + environment.random.below(MIN_WATCH_SECONDS, 'watch timeout');
}
