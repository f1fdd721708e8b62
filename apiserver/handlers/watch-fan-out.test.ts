import { afterEach, expect, it, vi } from 'vitest';
import { configMaps } from '../../api/resources.ts';
import type { Chunk, HttpHandler } from '../../platform/net/http.ts';
import { JsonValue } from '../../platform/net/http.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { startEmbeddedApi } from '../../test/support/embedded-api.ts';
import { StoredObject } from '../storage/stored-object.ts';

const WATCHERS = 1_000;
const FORMS = [
  'application/json',
  'application/vnd.kubernetes.protobuf',
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
];

let parts = new Lifecycle();
afterEach(async () => {
  vi.restoreAllMocks();
  await parts.stop();
  parts = new Lifecycle();
});

/** What a socket is given: the very bytes. */
const bytesOf = (chunk: Chunk): Uint8Array => (chunk instanceof JsonValue ? chunk.bytes() : chunk);

it.each(FORMS)('encodes an event once for 1,000 watchers that ask for %s', async (accept) => {
  let handler: HttpHandler | undefined;
  const { client, through } = await startEmbeddedApi(parts);
  const probe = through((next) => (request) => (handler = next)(request));
  const at = { namespace: 'default', name: 'watched' };
  const made = await probe.create(configMaps, { metadata: at });
  const abort = new AbortController();
  const { resourceVersion } = made.metadata;
  const open = async (): Promise<AsyncIterator<Chunk>> => {
    const { body } = await handler!({
      method: 'GET',
      path: '/api/v1/namespaces/default/configmaps',
      query: new URLSearchParams({ watch: 'true', resourceVersion: resourceVersion! }),
      headers: { accept },
      peer: { address: 'in-process' },
      signal: abort.signal,
    });
    return (body as AsyncIterable<Chunk>)[Symbol.asyncIterator]();
  };
  const watchers = await Promise.all(Array.from({ length: WATCHERS }, open));
  const next = async (): Promise<readonly Uint8Array[]> => {
    const items = await Promise.all(watchers.map((watcher) => watcher.next()));
    return items.map((item) => bytesOf(item.value as Chunk));
  };
  // The first row of a Table brings the columns, so that each watcher's is its own.
  await client.update(configMaps, { ...made, data: { n: '1' } });
  await next();
  const copied = vi.spyOn(StoredObject.prototype, 'copyTo');
  await client.patch(configMaps, at, {
    ...{ type: 'application/merge-patch+json', body: { data: { n: '2' } } },
  });
  const events = await next();
  expect(events[0]!.length).toBeGreaterThan(50);
  // One and the same array: nobody made a second.
  expect(new Set(events).size).toBe(1);
  expect(copied.mock.calls.length).toBeLessThanOrEqual(1);
  for (const watcher of watchers) await watcher.return?.();
  abort.abort();
});
