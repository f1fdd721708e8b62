import { afterEach, describe, expect, it, vi } from 'vitest';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { configMaps } from '../../api/resources.ts';
import { silentLogger } from '../../platform/logger.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import { PendingWrite } from './pending-write.ts';
import type { Selectable } from './predicate.ts';
import { ResourceCodec } from './resource-codec.ts';
import { Storage } from './storage.ts';

const config = (n: string): Mutable<KubernetesObject> => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'a', name: 'x', labels: { n } },
});

const running: Storage[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const storage of running.splice(0)) await storage.stop();
});

async function open(kv: MemoryKv) {
  const resources = [{ type: configMaps, storagePrefix: 'configmaps' }];
  const clock = new FakeClock();
  const storage = new Storage({ kv, clock, logger: silentLogger, resources, window: 100 });
  storage.start();
  running.push(storage);
  const configs = storage.resource('configmaps')!;
  await configs.get({ namespace: 'a', name: 'x' }, '');
  return configs;
}

describe('a write of this server', () => {
  it.each(['before', 'after'])('is decoded by nobody when its event comes %s', async (order) => {
    const kv = new MemoryKv();
    const configs = await open(kv);
    const decode = vi.spyOn(ResourceCodec.prototype, 'decode');
    const predicate = {
      matches: ({ value }: Selectable) => value.metadata.labels?.['n'] === '1',
    };
    const watcher = await configs.watch(
      { namespace: 'a', predicate },
      { resourceVersion: '', allowBookmarks: false },
    );
    const seen = watcher.next();
    if (order === 'after') kv.hold(true);
    const { created } = (await configs.writer.create('a/x', config('1'))) as {
      created: { value: KubernetesObject };
    };
    kv.hold(false);
    await settle();
    const event = (await seen).value as { object: { value: KubernetesObject } };
    expect(event.object.value).toBe(created.value);
    expect(decode).not.toHaveBeenCalled();
  });

  it('is told from what another wrote under the same key', async () => {
    const kv = new MemoryKv();
    const configs = await open(kv);
    const codec = new ResourceCodec(configMaps);
    const other = { key: '/registry/configmaps/a/x', value: codec.encode(config('other')) };
    const txn = kv.txn.bind(kv);
    vi.spyOn(kv, 'txn').mockImplementationOnce(async (request) => {
      await txn({ compare: [], success: [{ type: 'put', request: other }], failure: [] });
      await settle();
      return txn(request);
    });
    expect(await configs.writer.create('a/x', config('own'))).toMatchObject({
      existing: { value: { metadata: { labels: { n: 'other' } } } },
    });
    await settle();
    const found = await configs.get({ namespace: 'a', name: 'x' }, '');
    expect(found?.value.metadata.labels).toEqual({ n: 'other' });
  });

  it('gives its value to one version only', () => {
    const write = new PendingWrite(new ResourceCodec(configMaps), config('1'));
    const shown = write.seen({ value: Buffer.from(write.stored), modRevision: 5 });
    expect(shown?.value.metadata.resourceVersion).toBe('5');
    expect(write.written(5)).toBe(shown);
    expect(write.seen({ value: write.stored, modRevision: 7 })).toBeUndefined();
    expect(write.written(9).value.metadata.resourceVersion).toBe('9');
    expect(shown?.value.metadata.resourceVersion).toBe('5');
  });
});
