import { afterEach, describe, expect, it } from 'vitest';
import { realCiphers } from '../../platform/node/crypto/ciphers.ts';
import { silentLogger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realRandom } from '../../platform/node/random.ts';
import { JsonValue } from '../../platform/net/http.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { startApiServer } from '../server.ts';
import type { ApiServer } from '../server-options.ts';
import { connectSocket } from '../../store/client/socket-calls.ts';
import { Metrics } from '../../platform/metrics/metrics.ts';
import { parseEncryptionConfiguration } from './configuration.ts';
import { Encryption } from './encryption.ts';

const key = (fill: number): string => Buffer.alloc(32, fill).toString('base64');

function configuration(resources: string[], ...providers: object[]) {
  const document = {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources, providers }],
  };
  return JSON.stringify(document);
}

const keys = (...names: string[]) => ({
  keys: names.map((name) => ({ name, secret: key(name.charCodeAt(0)) })),
});

const running: ApiServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function start(kv: MemoryKv, text?: string) {
  const effects = { clock: realClock, random: realRandom, logger: silentLogger };
  const encryption =
    text === undefined
      ? undefined
      : new Encryption(text, {
          ...{ ...effects, ciphers: realCiphers, connect: connectSocket, metrics: new Metrics() },
          ...{ server: 'test', reload: false, read: () => Promise.resolve(text) },
        });
  const server = startApiServer({ kv, ...effects, encryption });
  running.push(server);
  await server.ready();
  const certificate = { commonName: 'admin', organizations: ['system:masters'] };
  return async (line: string, body?: object) => {
    const [method = '', path = ''] = line.split(' ');
    const answer = await server.handler({
      ...{ method, path, query: new URLSearchParams() },
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: new JsonValue(body) }),
      peer: { address: 'test', certificate },
      signal: new AbortController().signal,
    });
    const value = (answer.body as JsonValue).value ?? {};
    return { status: answer.status, value: value as Record<string, never> };
  };
}

const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's' },
  data: { k: 'cGxhaW4=' },
};
const path = '/api/v1/namespaces/default/secrets';
const stored = async (kv: MemoryKv, at = '/registry/secrets/default/s'): Promise<string> =>
  Buffer.from((await kv.range({ key: at })).kvs[0]!.value).toString('latin1');

describe('secretbox', () => {
  it('is NaCl’s', () => {
    // The first test vector of NaCl's own tests, secretbox.c.
    const hex = (...lines: string[]): Buffer => Buffer.from(lines.join(''), 'hex');
    const box = realCiphers.secretbox(
      hex('1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389'),
    );
    const plain = hex(
      'be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d4',
      '5e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a',
      '024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705',
    );
    const sealed = hex(
      '69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37',
      'f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c5',
      '31a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8a',
      'b932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622',
      'a43d14a6599b1f654cb45a74e355a5',
    );
    expect(Buffer.from(box.open(sealed, ''))).toEqual(plain);
    expect(Buffer.from(box.open(box.seal(plain, ''), ''))).toEqual(plain);
    const changed = Uint8Array.from(sealed);
    changed[50]! ^= 1;
    for (const spoilt of [changed, sealed.subarray(0, 30), sealed.subarray(0, 8)])
      expect(() => box.open(spoilt, '')).toThrow();
  });
});

const kms = (changed: object) => ({
  resources: [
    {
      resources: ['secrets'],
      providers: [{ kms: { apiVersion: 'v2', name: 'a', endpoint: 'unix:///a.sock', ...changed } }],
    },
  ],
});
const names = (...resources: string[]) => ({
  resources: [{ resources, providers: [{ identity: {} }] }],
});

describe('encryption at rest', () => {
  it.each(['aescbc', 'aesgcm', 'secretbox'])(
    'keeps %s in the store, and nothing else',
    async (kind) => {
      const kv = new MemoryKv();
      const call = await start(kv, configuration(['secrets'], { [kind]: keys('a') }));
      const created = await call(`POST ${path}`, secret);
      expect(created.status).toBe(201);
      const text = await stored(kv);
      expect(text.startsWith(`k8s:enc:${kind}:v1:a:`)).toBe(true);
      expect(text).not.toContain('cGxhaW4=');
      expect((await call(`GET ${path}/s`)).value).toEqual(created.value);
      expect((await call(`GET ${path}`)).value['items']).toHaveLength(1);
      const again = await start(kv, configuration(['secrets'], { [kind]: keys('a') }));
      expect((await again(`GET ${path}/s`)).value).toEqual(created.value);
      const map = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'm' },
        data: { k: 'seen' },
      };
      await call('POST /api/v1/namespaces/default/configmaps', map);
      expect(await stored(kv, '/registry/configmaps/default/m')).toContain('seen');
      expect((await call(`DELETE ${path}/s`)).status).toBe(200);
    },
  );

  it('takes a new key, reads the old one, and writes anew what is replaced unchanged', async () => {
    const kv = new MemoryKv();
    const before = await start(kv);
    await before(`POST ${path}`, secret);
    expect(await stored(kv)).toContain('cGxhaW4=');
    const first = await start(kv, configuration(['*.*'], { aesgcm: keys('a') }, { identity: {} }));
    const same = (await first(`GET ${path}/s`)).value;
    expect((await first(`PUT ${path}/s`, same)).status).toBe(200);
    expect(await stored(kv)).toMatch(/^k8s:enc:aesgcm:v1:a:/);
    const second = await start(kv, configuration(['secrets'], { aesgcm: keys('b', 'a') }));
    const read = (await second(`GET ${path}/s`)).value;
    expect(read['data']).toEqual(secret.data);
    await second(`PUT ${path}/s`, read);
    expect(await stored(kv)).toMatch(/^k8s:enc:aesgcm:v1:b:/);
    const revision = async () => (await kv.range({ key: 'x' })).revision;
    const now = await revision();
    await second(`PUT ${path}/s`, (await second(`GET ${path}/s`)).value);
    expect(await revision()).toBe(now);
  });

  it('fails for what no key opens, and for nothing else', async () => {
    const kv = new MemoryKv();
    const first = await start(kv, configuration(['secrets'], { aesgcm: keys('a') }));
    await first(`POST ${path}`, secret);
    const other = await start(kv, configuration(['secrets'], { aesgcm: keys('z') }));
    const answer = await other(`GET ${path}/s`);
    expect(answer.status).toBe(500);
    expect(answer.value['message']).toContain('unable to transform key');
    expect((await other('GET /api/v1/namespaces/default')).status).toBe(200);
    // A value that was moved to another key does not open there: its key is part of the seal.
    const { value } = (await kv.range({ key: '/registry/secrets/default/s' })).kvs[0]!;
    const request = { key: '/registry/secrets/default/t', value };
    await kv.txn({ compare: [], success: [{ type: 'put', request }], failure: [] });
    expect((await first(`GET ${path}/t`)).status).toBe(500);
  });

  it.each([
    [{ kind: 'Nonsense' }, 'no kind "Nonsense" is registered for version'],
    [{ resources: [] }, 'resources: Required value: at least one resources is required'],
    [{ resources: [{ resources: ['secrets'] }] }, 'resources[0].providers: Required value'],
    [
      { resources: [{ resources: ['secrets'], providers: [{ kms: {} }] }] },
      '[resources[0].providers[0].kms.name: Required value: name is a mandatory field for a ' +
        'provider, resources[0].providers[0].kms.endpoint: Invalid value: "": endpoint is a ' +
        'mandatory field for a kms]',
    ],
    [
      kms({ name: 'a:b' }),
      `kms.name: Invalid value: "a:b": invalid KMS provider name a:b, must not`,
    ],
    [kms({ timeout: '-1s' }), 'kms.timeout: Invalid value: "-1s": timeout should be a positive'],
    [kms({ endpoint: 'tcp://a:1' }), 'unsupported scheme "tcp" for KMS provider, only unix is'],
    [kms({ cachesize: 5 }), 'kms.cachesize: Invalid value: 5: cachesize is not supported in v2'],
    [kms({ apiVersion: 'v3' }), 'for KMS provider, only v1 and v2 are supported'],
    [kms({ apiVersion: undefined }), 'KMSv1 is deprecated'],
    [
      kms({ keys: [] }),
      'strict decoding error: unknown field "resources[0].providers[0].kms.keys"',
    ],
    [names('Secrets'), 'resource name should not contain capital letters'],
    [names('*'), "use '*.' to encrypt all the resources from core API group or *.*"],
    [names('x.events.k8s.io'), "Use 'events' instead in the config file"],
    [names('x.extensions'), "'extensions' group has been removed"],
    [names('secrets.*'), 'encrypting the same resource across groups is not supported'],
    [names('secrets', 'secrets'), 'the same resource cannot be specified multiple times'],
    [names('secrets', '*.'), 'using overlapping resources such as'],
    [names('secrets', '*.*'), 'using overlapping resources such as'],
    [
      { resources: [{ resources: ['x'], providers: [{ identity: {}, aescbc: { keys: [] } }] }] },
      'more than one provider specified in a single element',
    ],
    [
      {
        resources: [
          { resources: ['x'], providers: [{ aescbc: { keys: [{ name: 'a', secret: 'YQ==' }] } }] },
        ],
      },
      'secret is not of the expected length, got 1, expected one of [16 24 32]',
    ],
  ])('refuses %j', (change, message) => {
    const document = {
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'EncryptionConfiguration',
      ...change,
    };
    expect(() => parseEncryptionConfiguration(JSON.stringify(document))).toThrow(message);
  });
});
