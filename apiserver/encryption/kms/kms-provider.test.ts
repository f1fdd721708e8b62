/** Envelope encryption by a key management service: KEP-3299, and its design for v2. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Lifecycle } from '../../../platform/lifecycle.ts';
import { silentLogger } from '../../../platform/logger.ts';
import { Metrics } from '../../../platform/metrics/metrics.ts';
import { metricsText } from '../../../platform/metrics/text.ts';
import { realCiphers } from '../../../platform/node/crypto/ciphers.ts';
import { realClock } from '../../../platform/node/clock.ts';
import { realRandom } from '../../../platform/node/random.ts';
import { connectSocket } from '../../../store/client/socket-calls.ts';
import type { Watch, WatchBatch } from '../../../store/kv.ts';
import { MemoryKv } from '../../../test/model/memory-kv.ts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { KmsPlugin } from '../../../test/support/kms-plugin.ts';
import { EncryptedKv } from '../encrypted-kv.ts';
import { Encryption, type EncryptionOptions } from '../encryption.ts';
import { transformersByKey } from '../resource-keys.ts';

const parts: Lifecycle[] = [];
afterEach(async () => {
  for (const each of parts.splice(0)) await each.stop();
});

const provider = (name: string, more: object = {}) => ({
  kms: { apiVersion: 'v2', name, endpoint: `unix:///${name}.sock`, ...more },
});
const configuration = (...providers: object[]): string =>
  JSON.stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources: ['secrets'], providers }],
  });
const secrets = { type: { group: '', resource: 'secrets' }, storagePrefix: 'secrets' };
const key = '/registry/secrets/default/s';
const batchesOf = (watch: Watch) =>
  watch[Symbol.asyncIterator]() as AsyncIterator<WatchBatch, undefined, undefined>;
const firstOf = ({ value }: IteratorResult<WatchBatch, undefined>) => value?.events[0]?.kv.value;
const text = (value: Uint8Array | undefined): string => Buffer.from(value ?? []).toString('latin1');

async function start(store: MemoryKv, file: string, more: Partial<EncryptionOptions> = {}) {
  const life = new Lifecycle();
  parts.push(life);
  const metrics = new Metrics();
  const encryption = await life.start(
    () =>
      new Encryption(file, {
        ...{ clock: new FakeClock(), random: realRandom, logger: silentLogger, metrics },
        ...{ ciphers: realCiphers, connect: new KmsPlugin().connect, server: 'test' },
        ...{ reload: false, read: () => Promise.resolve(file) },
        ...more,
      }),
  );
  await encryption.start();
  const sealed = new EncryptedKv(
    store,
    transformersByKey(() => encryption.providers, [secrets]),
  );
  encryption.onReopen((why) => sealed.reopen(why));
  const put = (value: string, at = key) => {
    const request = { key: at, value: Buffer.from(value) };
    return sealed.kv.txn({ compare: [], success: [{ type: 'put', request }], failure: [] });
  };
  const get = async (at = key) => text((await sealed.kv.range({ key: at })).kvs[0]?.value);
  const stored = async (at = key) => text((await store.range({ key: at })).kvs[0]?.value);
  return { encryption, sealed, metrics, put, get, stored };
}

describe('a key management service', () => {
  let store: MemoryKv;
  let plugin: KmsPlugin;
  let clock: FakeClock;
  beforeEach(() => {
    store = new MemoryKv();
    plugin = new KmsPlugin();
    clock = new FakeClock();
  });
  const begin = (file = configuration(provider('one'))) =>
    start(store, file, { clock, connect: plugin.connect });

  it('is asked for one seed, under which all values are written, each in its own way', async () => {
    const api = await begin();
    await api.put('plain text');
    await api.put('plain text', `${key}2`);
    const values = [await api.stored(), await api.stored(`${key}2`)];
    for (const value of values) {
      expect(value.startsWith('k8s:enc:kms:v2:one:')).toBe(true);
      expect(value).not.toContain('plain text');
    }
    expect(values[0]).not.toBe(values[1]);
    expect(await api.get()).toBe('plain text');
    expect(plugin.calls).toEqual({ Status: 1, Encrypt: 1, Decrypt: 0 });
  });

  it('is asked once for a seed that many values of another server have', async () => {
    const writer = await begin();
    for (let i = 0; i < 50; i++) await writer.put(`value ${i}`, `${key}${i}`);
    const reader = await begin();
    const { kvs } = await reader.sealed.kv.range({ key, rangeEnd: `${key}~` });
    expect(kvs.map(({ value }) => text(value)).sort()).toEqual(
      Array.from({ length: 50 }, (_, i) => `value ${i}`).sort(),
    );
    expect(plugin.calls.Decrypt).toBe(1);
  });

  it('rotates: a new key writes from the next status on, and what it wrote before is stale', async () => {
    const api = await begin();
    await api.put('before');
    expect(await api.get()).toBe('before');
    expect(api.sealed.isStale(key)).toBe(false);
    plugin.keyId = 'key-2';
    expect(api.sealed.isStale(key)).toBe(false);
    await clock.advance(60_000);
    expect(api.sealed.isStale(key)).toBe(true);
    expect(await api.get()).toBe('before');
    await api.put('before');
    expect(await api.stored()).toContain('key-2');
    expect(await api.get()).toBe('before');
    expect(api.sealed.isStale(key)).toBe(false);
  });

  it('that goes away stops writes after three minutes, never reads of what is known', async () => {
    const api = await begin();
    await api.put('known');
    plugin.failure = { code: 'Unavailable', details: 'gone' };
    await clock.advance(60_000);
    expect(await api.encryption.check()).toContain(
      'failed to perform status section of the healthz check for KMS Provider one, error: ' +
        'rpc error: code = Unavailable desc = gone',
    );
    await api.put('known still');
    await clock.advance(150_000);
    await expect(api.put('late')).rejects.toThrow(/encryptedDEKSource .* expired/);
    expect(await api.get()).toBe('known still');
    plugin.failure = undefined;
    await clock.advance(10_000);
    await api.put('late');
    expect(await api.encryption.check()).toBe(undefined);
  });

  it('that starts later than the server has its values read anew then', async () => {
    const writer = await begin();
    await writer.put('early');
    plugin.failure = { code: 'DeadlineExceeded', details: 'slow' };
    const api = await begin();
    const watch = api.sealed.kv.watch({ key, startRevision: 1 });
    const read = batchesOf(watch);
    expect(text(firstOf(await read.next()))).toContain('k8s:enc:kms:v2:one:');
    await expect(api.put('now')).rejects.toMatchObject({
      status: { message: 'Internal error occurred: got unexpected nil transformer' },
    });
    plugin.failure = undefined;
    const lost = expect(read.next()).rejects.toMatchObject({ reason: 'compacted' });
    await clock.advance(10_000);
    await lost;
    expect(await api.get()).toBe('early');
  });

  it('that refuses a seed for good is not asked for it again and again', async () => {
    const writer = await begin();
    await writer.put('lost');
    const api = await begin();
    plugin.failure = { code: 'FailedPrecondition', details: 'the key is destroyed' };
    const watch = api.sealed.kv.watch({ key, startRevision: 1 });
    const read = batchesOf(watch);
    await read.next();
    plugin.failure = undefined;
    let ended = false;
    void read.next().then(() => (ended = true));
    await clock.advance(120_000);
    expect(ended).toBe(false);
    watch.cancel();
  });

  it.each([
    [{ healthz: 'sick' }, 'got unexpected healthz status: sick'],
    [{ version: 'v1' }, 'expected KMSv2 API version v2, got v1'],
    [{ keyId: '' }, 'got invalid KMSv2 KeyID hash "": keyID is empty'],
  ])('that says %j is not healthy', async (said, why) => {
    Object.assign(plugin, said);
    const api = await begin();
    expect(await api.encryption.check()).toContain(
      `kms-provider-0: kmsv2 Provider one is not healthy, error: ${why}`,
    );
  });

  it('tells what it did in metrics', async () => {
    const api = await begin();
    await api.put('a');
    await api.get();
    const shown = metricsText(api.metrics);
    const hash = realCiphers.fingerprint('key-1');
    const server = realCiphers.fingerprint('test');
    const envelope = 'apiserver_envelope_encryption_';
    for (const line of [
      `${envelope}kms_operations_latency_seconds_count{provider_name="one",` +
        'method_name="/v2.KeyManagementService/Encrypt",grpc_status_code="OK"} 1',
      `${envelope}key_id_hash_total{transformation_type="to_storage",provider_name="one",` +
        `key_id_hash="${hash}",apiserver_id_hash="${server}"} 1`,
      `${envelope}dek_source_cache_size{provider_name="one"} 1`,
    ])
      expect(shown).toContain(line);
  });
});

describe('a configuration that changes', () => {
  const aes = (name: string) => ({
    aesgcm: { keys: [{ name, secret: Buffer.alloc(32, name).toString('base64') }] },
  });
  const reloads = (metrics: Metrics) =>
    metricsText(metrics)
      .split('\n')
      .filter((line) => line.includes('automatic_reloads_total{'))
      .map((line) => line.replace(/,apiserver_id_hash="[^"]*"/, '').replace(/.*{/, '{'));

  async function begin(first: string) {
    const clock = new FakeClock();
    const file = { text: first };
    const read = () => Promise.resolve(file.text);
    const plugin = new KmsPlugin();
    const options = { clock, reload: true, read, connect: plugin.connect };
    return { ...(await start(new MemoryKv(), first, options)), clock, file, plugin };
  }

  it('is taken over within a minute, and what the old key wrote is stale', async () => {
    const api = await begin(configuration(aes('a')));
    await api.put('value');
    await api.get();
    api.file.text = configuration(aes('b'), aes('a'));
    await api.clock.advance(60_000);
    expect(reloads(api.metrics)).toEqual(['{status="success"} 1']);
    expect(await api.get()).toBe('value');
    expect(api.sealed.isStale(key)).toBe(true);
    await api.put('value');
    expect(await api.stored()).toContain('k8s:enc:aesgcm:v1:b:');
  });

  it('for the worse leaves the one before it in force, and is counted', async () => {
    const api = await begin(configuration(aes('a')));
    api.file.text = 'kind: Nonsense';
    await api.clock.advance(61_500);
    expect(reloads(api.metrics)).toEqual(['{status="failure"} 2']);
    await api.put('value');
    expect(await api.stored()).toContain('k8s:enc:aesgcm:v1:a:');
    api.file.text = configuration(aes('b'));
    await api.clock.advance(60_000);
    expect(reloads(api.metrics)).toEqual(['{status="failure"} 2', '{status="success"} 1']);
  });

  it('to a service that is not well is not taken over', async () => {
    const api = await begin(configuration(aes('a')));
    api.plugin.healthz = 'sick';
    api.file.text = configuration(provider('one'));
    await api.clock.advance(75_000);
    expect(reloads(api.metrics)).toEqual(['{status="failure"} 1']);
    await api.put('value');
    expect(await api.stored()).toContain('k8s:enc:aesgcm:v1:a:');
    api.plugin.healthz = 'ok';
    await api.clock.advance(60_000);
    expect(reloads(api.metrics)).toContain('{status="success"} 1');
    await api.put('value');
    expect(await api.stored()).toContain('k8s:enc:kms:v2:one:');
  });

  it('to one with the missing key has everything read anew', async () => {
    const api = await begin(configuration(aes('a')));
    await api.put('value');
    api.file.text = configuration(aes('b'));
    await api.clock.advance(60_000);
    const watch = api.sealed.kv.watch({ key, startRevision: 1 });
    const read = batchesOf(watch);
    expect(text(firstOf(await read.next()))).toContain('k8s:enc:');
    api.file.text = configuration(aes('b'), aes('a'));
    const lost = expect(read.next()).rejects.toMatchObject({ reason: 'compacted' });
    await api.clock.advance(60_000);
    await lost;
    expect(await api.get()).toBe('value');
  });

  it.each([
    [['*.'], ['secrets'], 'resource "secrets" is masked by earlier rule "*."'],
    [['*.*'], ['*.apps'], 'resource "*.apps" is masked by earlier rule "*.*"'],
  ])('may not name %j before %j', (first, second, message) => {
    const rules = [first, second].map((resources) => ({
      resources,
      providers: [{ identity: {} }],
    }));
    const file = { ...(JSON.parse(configuration()) as object), resources: rules };
    return expect(start(new MemoryKv(), JSON.stringify(file))).rejects.toThrow(message);
  });

  it('takes the rule of the name, then of the group, then of all', async () => {
    const rules = [
      { resources: ['secrets'], providers: [aes('a')] },
      { resources: ['*.apps'], providers: [aes('b')] },
      { resources: ['*.*'], providers: [aes('c')] },
    ];
    const file = { ...(JSON.parse(configuration()) as object), resources: rules };
    const { encryption } = await start(new MemoryKv(), JSON.stringify(file));
    const writer = (group: string, resource: string) =>
      encryption.providers.transformersFor({ group, resource })[0]!.prefix.split(':')[4];
    expect(writer('', 'secrets')).toBe('a');
    expect(writer('apps', 'deployments')).toBe('b');
    expect(writer('', 'pods')).toBe('c');
  });
});

it('speaks gRPC to a socket', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wherry-kms-'));
  const plugin = new KmsPlugin();
  const path = join(folder, 'kms.sock');
  const stop = await plugin.serve(path);
  try {
    const file = configuration(provider('one', { endpoint: `unix://${path}` }));
    const api = await start(new MemoryKv(), file, { clock: realClock, connect: connectSocket });
    expect(await api.encryption.check()).toBe(undefined);
    await api.put('value');
    expect(await api.get()).toBe('value');
    expect(plugin.calls).toEqual({ Status: 1, Encrypt: 1, Decrypt: 0 });
  } finally {
    stop();
    await rm(folder, { recursive: true });
  }
});
