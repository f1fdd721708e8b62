import { afterEach, describe, expect, it, vi } from 'vitest';
import { configMaps } from '../../api/resources.ts';
import { silentLogger } from '../../platform/logger.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import { KeptValues } from './kept-values.ts';
import { ResourceCodec } from './resource-codec.ts';
import { Storage } from './storage.ts';
import { StoredObject } from './stored-object.ts';

const map = (name: string) => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap' },
  metadata: { namespace: 'a', name, labels: { app: name } },
});
const SIZE = new ResourceCodec(configMaps).encode(map('x')).length;

function objects(limitBytes: number) {
  const kept = new KeptValues(limitBytes);
  const codec = new ResourceCodec(configMaps, kept);
  const object = (name: string): StoredObject =>
    StoredObject.fromStore(codec, { value: codec.encode(map(name)), modRevision: 7 });
  return { kept, object };
}

afterEach(() => void vi.restoreAllMocks());

describe('values', () => {
  it('are kept up to the bound: the oldest goes first, unless it was used since', () => {
    const { kept, object } = objects(2 * SIZE);
    const [a, b, c] = [object('a'), object('b'), object('c')];
    for (const each of [a, b]) expect(each.value.metadata.name).toBeDefined();
    expect(a.value).toBe(a.value);
    expect(c.value.metadata.name).toBe('c');
    expect([a, b, c].map(({ isKept }) => isKept)).toEqual([true, false, true]);
    expect(kept.bytes).toBe(2 * SIZE);
  });

  it('say the same when they are made again', () => {
    const { object } = objects(0);
    const a = object('a');
    const expected = { ...map('a'), metadata: { ...map('a').metadata, resourceVersion: '7' } };
    for (let i = 0; i < 2; i++) expect(a.value).toEqual(expected);
    expect(JSON.parse(Buffer.from(a.bytes()).toString())).toEqual(expected);
    expect(a.message()).toEqual(a.message());
    expect(a.isKept).toBe(false);
  });

  it('are the same for all while anybody in the process has them', () => {
    const { object } = objects(0);
    const a = object('a');
    const { value } = a;
    expect(a.value).toBe(value);
  });

  it('are not needed for what selectors have asked before', () => {
    const { object } = objects(SIZE);
    const [a, b] = [object('a'), object('b')];
    const decode = vi.spyOn(ResourceCodec.prototype, 'decode');
    const app = (of: StoredObject): unknown => of.ask('app', ({ metadata }) => metadata.labels);
    for (let i = 0; i < 3; i++) {
      expect(app(a)).toEqual({ app: 'a' });
      expect(app(b)).toEqual({ app: 'b' });
    }
    expect(decode).toHaveBeenCalledTimes(2);
    expect([a.isKept, b.isKept]).toEqual([false, false]);
  });

  it('of versions that were replaced are given up once their events are old', async () => {
    const resources = [{ type: configMaps, storagePrefix: 'configmaps' }];
    const effects = { kv: new MemoryKv(), clock: new FakeClock(), logger: silentLogger };
    const storage = new Storage({ ...effects, resources, window: 2_000 });
    storage.start();
    const { writer } = storage.resource('configmaps')!;
    await settle();
    for (let n = 0; n < 1_000; n++)
      await writer.transact('a/x', () => ({ type: 'put', object: { ...map('x'), n } as never }));
    await settle();
    expect(storage.resource('configmaps')!.revision).toBe(1_001);
    expect(storage.kept.bytes).toBeLessThan(300 * (SIZE + 20));
    await storage.stop();
  });
});
