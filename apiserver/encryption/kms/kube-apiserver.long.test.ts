/** What a kube-apiserver sealed with the help of a plugin is opened here, and the other way. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lifecycle } from '../../../platform/lifecycle.ts';
import { silentLogger } from '../../../platform/logger.ts';
import { Metrics } from '../../../platform/metrics/metrics.ts';
import { realCiphers } from '../../../platform/node/crypto/ciphers.ts';
import { realClock } from '../../../platform/node/clock.ts';
import { realRandom } from '../../../platform/node/random.ts';
import { temporaryFolder } from '../../../platform/node/files/temporary-folder.ts';
import { connectEtcd } from '../../../store/client/connect.ts';
import { connectSocket } from '../../../store/client/socket-calls.ts';
import { KmsPlugin } from '../../../test/support/kms-plugin.ts';
import { hasKubeApiserver, KubeApiserver, START_MS } from '../../../test/support/kube-apiserver.ts';
import { EncryptedKv } from '../encrypted-kv.ts';
import { Encryption } from '../encryption.ts';
import { transformersByKey } from '../resource-keys.ts';

const effects = { clock: realClock, random: realRandom, logger: silentLogger };
const path = '/api/v1/namespaces/default/secrets';
const secrets = { type: { group: '', resource: 'secrets' }, storagePrefix: 'secrets' };

describe.skipIf(!hasKubeApiserver())('beside a kube-apiserver and its plugin', () => {
  const parts = new Lifecycle();
  let kubernetes: KubeApiserver;
  let plain: ReturnType<typeof connectEtcd>;
  let sealed: EncryptedKv;

  beforeAll(async () => {
    const folder = await temporaryFolder('wherry-kms-');
    await parts.start(() => ({ stop: () => folder.remove() }));
    const socket = join(folder.path, 'kms.sock');
    const stop = await new KmsPlugin().serve(socket);
    await parts.start(() => ({ stop: () => Promise.resolve(stop()) }));
    const kms = { apiVersion: 'v2', name: 'both', endpoint: `unix://${socket}` };
    const text = JSON.stringify({
      ...{ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration' },
      resources: [{ resources: ['secrets'], providers: [{ kms }] }],
    });
    const file = join(folder.path, 'encryption.yaml');
    await writeFile(file, text);
    kubernetes = await parts.start(() =>
      KubeApiserver.start([`--encryption-provider-config=${file}`]),
    );
    const options = { ...effects, ciphers: realCiphers, connect: connectSocket };
    const encryption = await parts.start(
      () =>
        new Encryption(text, {
          ...{ ...options, metrics: new Metrics(), server: 'test', reload: false },
          read: () => Promise.resolve(text),
        }),
    );
    await encryption.start();
    plain = connectEtcd({ endpoints: [kubernetes.storeUrl], ...effects });
    await parts.start(() => ({ stop: () => plain.close() }));
    sealed = new EncryptedKv(
      plain,
      transformersByKey(() => encryption.providers, [secrets]),
    );
  }, START_MS);
  afterAll(() => parts.stop(), START_MS);

  const valueOf = async (kv: typeof plain, name: string): Promise<Buffer> =>
    Buffer.from((await kv.range({ key: `/registry/secrets/default/${name}` })).kvs[0]!.value);

  it('opens what it wrote', async () => {
    const body = { metadata: { name: 'theirs' }, stringData: { k: 'seen by both' } };
    expect((await kubernetes.call('POST', path, { body })).code).toBe(201);
    expect((await valueOf(plain, 'theirs')).toString('latin1')).toMatch(/^k8s:enc:kms:v2:both:/);
    expect((await valueOf(plain, 'theirs')).toString('latin1')).not.toContain('seen by both');
    const opened = (await valueOf(sealed.kv, 'theirs')).toString('latin1');
    expect(opened).toMatch(/^k8s\0/);
    expect(opened).toContain('seen by both');
  });

  it('writes what it opens', async () => {
    const object = {
      ...{ apiVersion: 'v1', kind: 'Secret', type: 'Opaque' },
      metadata: { name: 'ours', namespace: 'default', uid: 'b1b1c1c1-0000-4000-8000-000000000000' },
      data: { k: Buffer.from('seen by both').toString('base64') },
    };
    const key = '/registry/secrets/default/ours';
    const request = { key, value: Buffer.from(JSON.stringify(object)) };
    await sealed.kv.txn({ compare: [], success: [{ type: 'put', request }], failure: [] });
    const answer = await kubernetes.call('GET', `${path}/ours?resourceVersion=`);
    expect(answer).toMatchObject({ code: 200, body: { data: object.data } });
  });
});
