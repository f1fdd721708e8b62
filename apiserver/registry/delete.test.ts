/** What watchers of pods see of deletions; tried beside kube-apiserver 1.34.1. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../../api/meta.ts';
import { formatTime } from '../../api/time.ts';
import { parsed, TestApi } from '../../test/support/api-core.ts';
import { kinds } from './kinds/index.ts';

const pods = '/api/v1/namespaces/default/pods';
const none = { gracePeriodSeconds: 0 };

let api: TestApi;
beforeEach(async () => {
  api = new TestApi(kinds);
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'default' } } });
});
afterEach(() => api.stop());

interface Event {
  readonly type: string;
  readonly object: KubernetesObject;
}

async function create(nodeName?: string): Promise<AsyncIterator<unknown>> {
  const spec = { containers: [{ name: 'c', image: 'i' }], ...(nodeName && { nodeName }) };
  const body = { metadata: { name: 'p' }, spec };
  expect(await api.call('POST', pods, { body })).toMatchObject({ code: 201 });
  return api.watch(`${pods}?watch=1`);
}

/** "MODIFIED 30 2": the type, the grace and the generation. */
async function seen(events: AsyncIterator<unknown>): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const { type, object } = parsed((await events.next()).value as never) as Event;
    const { deletionGracePeriodSeconds: grace, generation } = object.metadata;
    lines.push(`${type} ${grace} ${generation}`);
    if (type === 'DELETED') return lines;
  }
}

const remove = (body: unknown = {}) => api.call('DELETE', `${pods}/p`, { body });

describe('a pod that is deleted', () => {
  test('at once, is marked first', async () => {
    const events = await create('n');
    const { code, body } = await remove(none);
    expect(code).toBe(200);
    expect(body.metadata).toMatchObject({ deletionGracePeriodSeconds: 0, generation: 2 });
    expect(body.metadata.deletionTimestamp).toBeDefined();
    expect(await seen(events)).toEqual(['ADDED undefined 1', 'MODIFIED 0 2', 'DELETED 0 2']);
  });

  test('before it has a node, has no grace', async () => {
    const events = await create();
    await remove();
    expect(await seen(events)).toEqual(['ADDED undefined 1', 'MODIFIED 0 2', 'DELETED 0 2']);
  });

  test('with grace, and then at once', async () => {
    const events = await create('n');
    await remove();
    await remove(none);
    expect(await seen(events)).toEqual([
      'ADDED undefined 1',
      'MODIFIED 30 2',
      'MODIFIED 0 2',
      'DELETED 0 2',
    ]);
  });

  test('and held by a finalizer, goes with that', async () => {
    const events = await create('n');
    const type = 'application/merge-patch+json';
    const hold = (finalizers: string[] | null) =>
      api.call('PATCH', `${pods}/p`, { body: { metadata: { finalizers } }, type });
    await hold(['a.b/c']);
    await remove(none);
    await remove(none);
    await hold(null);
    expect(await seen(events)).toEqual([
      'ADDED undefined 1',
      'MODIFIED undefined 1',
      'MODIFIED 0 2',
      'DELETED 0 2',
    ]);
  });

  test.each([
    [9_000_000_000, 9_000_000_000],
    // Go's durations wrap around: beyond 292 years a deletion may have been long ago.
    [300_000_000_000, 4_852_094_820.647],
    [2n ** 63n - 1n, -1],
  ])('with a grace of %s s is to go %s s from now', async (gracePeriodSeconds, seconds) => {
    await create('n');
    const { body } = await remove({ gracePeriodSeconds });
    expect(body.metadata.deletionTimestamp).toBe(formatTime(api.clock.now() + seconds * 1000));
  });

  test('in a dry run, stays', async () => {
    await create('n');
    const dry = await api.call('DELETE', `${pods}/p?dryRun=All`, { body: none });
    expect(dry.body.metadata).toMatchObject({ deletionGracePeriodSeconds: 0 });
    const { body } = await api.call('GET', `${pods}/p`);
    expect(body.metadata.deletionTimestamp).toBeUndefined();
  });
});

test('a namespace that is deleted tells no grace', async () => {
  const url = '/api/v1/namespaces/going';
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'going' } } });
  const { body } = await api.call('DELETE', url, { body: { gracePeriodSeconds: 7 } });
  expect(body).toMatchObject({ status: { phase: 'Terminating' } });
  expect(body.metadata.deletionTimestamp).toBeDefined();
  expect(body.metadata).not.toHaveProperty('deletionGracePeriodSeconds');
});

test('the query of a delete has preconditions, that of a collection too', async () => {
  await create();
  const asked = async (query: string) => (await api.call('DELETE', `${pods}${query}`)).code;
  const { body } = await api.call('GET', `${pods}/p`);
  const { uid, resourceVersion } = body.metadata;
  expect(await asked(`/p?uid=other`)).toBe(409);
  expect(await asked(`/p?resourceVersion=1`)).toBe(409);
  expect(await asked('?resourceVersion=0')).toBe(409);
  expect(await asked(`/p?uid=${uid}&resourceVersion=${resourceVersion}`)).toBe(200);
});
