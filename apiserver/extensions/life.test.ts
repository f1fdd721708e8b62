/** Custom resources across restarts, servers and changes of their definitions. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../platform/clock.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { realClock } from '../../platform/node/clock.ts';
import {
  CRDS,
  CRON_TABS,
  cronTab,
  cronTabCrd,
  cronTabVersion,
} from '../../test/support/cron-tab.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { type Body, type RawApi, startRawApi } from '../../test/support/raw-api.ts';

const NAME = 'crontabs.stable.example.com';
const merge = 'application/merge-patch+json';
let parts: Lifecycle;
let kv: MemoryKv;
let api: RawApi;

beforeEach(async () => {
  parts = new Lifecycle();
  kv = new MemoryKv();
  api = await startRawApi(parts, { kv });
  await api.call('POST', CRDS, { body: cronTabCrd });
  await api.until(CRON_TABS, ({ code }) => code === 200);
});
afterEach(() => parts.stop());

/** The definition with one version changed. */
const change = (version: object): Promise<unknown> =>
  api.call('PATCH', `${CRDS}/${NAME}`, {
    body: { spec: { versions: [{ ...cronTabVersion, ...version }] } },
    type: merge,
  });

describe('custom resources', () => {
  it('are there again when a server starts, before it says that it is ready', async () => {
    await api.call('POST', CRON_TABS, { body: cronTab('kept') });
    const other = new Lifecycle();
    const again = await startRawApi(other, { kv });
    const { body } = await again.call('GET', `${CRON_TABS}/kept`);
    expect(body.metadata.name).toBe('kept');
    await other.stop();
  });

  it('are established and take objects at once: nothing is waited for but the store', async () => {
    let holds = false;
    const clock: Clock = {
      now: () => realClock.now(),
      monotonic: () => realClock.monotonic(),
      after: (ms, fn) => (holds ? { cancel: () => undefined } : realClock.after(ms, fn)),
    };
    const other = await startRawApi(parts, { clock });
    // From here on no timer of this server ever fires.
    holds = true;
    const ended = new AbortController();
    const events = await other.watch(`${CRDS}?watch=true`, ended.signal);
    expect((await other.call('POST', CRDS, { body: cronTabCrd })).code).toBe(201);
    for (;;) {
      const { value } = (await events.next()) as { value: Body };
      const conditions = value.object.status?.conditions ?? [];
      if (conditions.some((one) => one.type === 'Established' && one.status === 'True')) break;
    }
    expect((await other.call('POST', CRON_TABS, { body: cronTab('first') })).code).toBe(201);
    ended.abort();
  });

  it('are found in discovery once their definition is no longer written to', async () => {
    const store = new MemoryKv();
    const write = store.txn.bind(store);
    let isHeld = false;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    store.txn = async (request) => {
      const [first] = request.compare;
      if (isHeld && first?.key.endsWith(NAME) && first.operand !== 0) await released;
      return write(request);
    };
    const other = await startRawApi(parts, { kv: store });
    isHeld = true;
    await other.call('POST', CRDS, { body: cronTabCrd });
    await other.until(CRON_TABS, ({ code }) => code === 200);
    const early = await other.call('GET', '/apis/stable.example.com/v1');
    release();
    expect(early.code).toBe(404);
    await other.until('/apis/stable.example.com/v1', ({ code }) => code === 200);
    const { body } = await other.call('GET', `${CRDS}/${NAME}`);
    expect((await other.call('PUT', `${CRDS}/${NAME}`, { body })).code).toBe(200);
  });

  it('are served by every server of a store', async () => {
    const second = await startRawApi(parts, { kv });
    const shirts = {
      ...cronTabCrd,
      metadata: { name: 'shirts.stable.example.com' },
      spec: { ...cronTabCrd.spec, names: { plural: 'shirts', kind: 'Shirt' } },
    };
    await api.call('POST', CRDS, { body: shirts });
    const url = CRON_TABS.replace('crontabs', 'shirts');
    await second.until(url, ({ code }) => code === 200);
    await second.call('POST', url, { body: { ...cronTab('one'), kind: 'Shirt' } });
    expect((await api.call('GET', `${url}/one`)).code).toBe(200);
    await second.call('DELETE', `${CRDS}/shirts.stable.example.com`);
    await api.until(url, ({ code }) => code === 404);
  });

  it('are read as the schema is now: pruned, and with defaults that came later', async () => {
    await api.call('POST', CRON_TABS, { body: cronTab('old', { color: 'red' }) });
    const schema = structuredClone(cronTabVersion.schema) as unknown as {
      openAPIV3Schema: { properties: { spec: { properties: Record<string, object> } } };
    };
    const { properties } = schema.openAPIV3Schema.properties.spec;
    delete properties['color'];
    properties['suspend'] = { type: 'boolean', default: false };
    await change({ schema, selectableFields: [] });
    const seen = await api.until(`${CRON_TABS}/old`, ({ body }) => 'suspend' in body.spec);
    expect(seen.body.spec).toEqual({
      ...{ cronSpec: '* * * * */5', image: 'busybox', replicas: 1, suspend: false },
    });
    const key = '/registry/stable.example.com/crontabs/default/old';
    expect((await api.stored(key)).spec).not.toHaveProperty('suspend');
    const { resourceVersion } = seen.body.metadata;
    const written = await api.call('PUT', `${CRON_TABS}/old`, { body: seen.body });
    expect(written.body.metadata.resourceVersion).not.toBe(resourceVersion);
    expect((await api.stored(key)).spec).toHaveProperty('suspend', false);
    const same = await api.call('PUT', `${CRON_TABS}/old`, { body: written.body });
    expect(same.body.metadata.resourceVersion).toBe(written.body.metadata.resourceVersion);
  });

  it('warn of a version that is deprecated, and name a better one that is served', async () => {
    const schema = { openAPIV3Schema: { type: 'object' } };
    const others = { v1alpha1: true, v1beta1: false, v1beta2: true, v2alpha1: true };
    const versions = [
      { ...cronTabVersion, served: false },
      ...Object.entries(others).map(([name, deprecated]) => {
        return { name, schema, deprecated, served: true, storage: false };
      }),
    ];
    const definition = { body: { spec: { versions } }, type: merge };
    const { body } = await api.call('PATCH', `${CRDS}/${NAME}`, definition);
    expect(body.message).toBeUndefined();
    const warning = async (version: string): Promise<unknown> => {
      const url = CRON_TABS.replace('v1', version);
      return (await api.until(url, ({ code }) => code === 200)).headers['warning'];
    };
    const said = (version: string, more = ''): string =>
      `299 - "stable.example.com/${version} CronTab is deprecated${more}"`;
    const better = '; use stable.example.com/v1beta1 CronTab';
    expect(await warning('v1alpha1')).toBe(said('v1alpha1', better));
    expect(await warning('v2alpha1')).toBe(said('v2alpha1', better));
    expect(await warning('v1beta2')).toBe(said('v1beta2'));
    expect(await warning('v1beta1')).toBeUndefined();
  });

  it('keep what was wrong before the schema said so', async () => {
    await api.call('POST', CRON_TABS, { body: cronTab('loose', { replicas: 9 }) });
    const schema = structuredClone(cronTabVersion.schema);
    schema.openAPIV3Schema.properties.spec.properties.replicas.maximum = 5;
    await change({ schema });
    const dry = { body: cronTab('new', { replicas: 9 }) };
    for (let code = 201; code !== 422;)
      ({ code } = await api.call('POST', `${CRON_TABS}?dryRun=All`, dry));
    const labels = { metadata: { labels: { a: 'b' } } };
    const url = `${CRON_TABS}/loose`;
    expect((await api.call('PATCH', url, { body: labels, type: merge })).code).toBe(200);
    const worse = { spec: { replicas: 8 } };
    expect((await api.call('PATCH', url, { body: worse, type: merge })).code).toBe(422);
  });

  it('are watched from the state on, with bookmarks, until their definition changes', async () => {
    await api.call('POST', CRON_TABS, { body: cronTab('w') });
    const query =
      'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const events = await api.watch(`${CRON_TABS}?${query}`, new AbortController().signal);
    const next = async (): Promise<Body> => (await events.next()).value as Body;
    expect((await next()).object.metadata.name).toBe('w');
    const bookmark = await next();
    expect(bookmark.type).toBe('BOOKMARK');
    expect(bookmark.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    await change({ deprecated: true });
    expect((await events.next()).done).toBe(true);
    const { headers } = await api.call('GET', CRON_TABS);
    expect(headers['warning']).toBe('299 - "stable.example.com/v1 CronTab is deprecated"');
  });

  it('are listed in pages, tried without effect, and deleted together', async () => {
    for (const name of ['a', 'b', 'c']) await api.call('POST', CRON_TABS, { body: cronTab(name) });
    const page = await api.call('GET', `${CRON_TABS}?limit=2`);
    expect(page.body.items).toHaveLength(2);
    const rest = await api.call(
      'GET',
      `${CRON_TABS}?limit=2&continue=${page.body.metadata.continue}`,
    );
    expect(rest.body.items.map(({ metadata }) => metadata.name)).toEqual(['c']);
    await api.call('POST', `${CRON_TABS}?dryRun=All`, { body: cronTab('dry') });
    expect((await api.call('GET', `${CRON_TABS}/dry`)).code).toBe(404);
    await api.call('DELETE', CRON_TABS);
    expect((await api.call('GET', CRON_TABS)).body.items).toEqual([]);
  });
});
