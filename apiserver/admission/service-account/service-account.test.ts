import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PodSpec } from '../../../api/types/core-v1.ts';
import { TestApi } from '../../../test/support/api-core.ts';
import { kinds } from '../../registry/kinds/index.ts';
import { ServiceAccount } from './service-account.ts';

const api = new TestApi(kinds, undefined, {
  admission: (lookups) => [new ServiceAccount(lookups)],
});
const at = '/api/v1/namespaces/n';

const account = (name: string, more: object = {}) =>
  api.call('POST', `${at}/serviceaccounts`, { body: { metadata: { name }, ...more } });

const a = { name: 'a', image: 'i' };

let pods = 0;
const create = (spec: Partial<PodSpec> = {}, annotations: Record<string, string> = {}) => {
  const metadata = { name: `p${pods++}`, annotations };
  return api.call('POST', `${at}/pods`, { body: { metadata, spec: { containers: [a], ...spec } } });
};

const specOf = async (spec: Partial<PodSpec>): Promise<PodSpec> => {
  const { body } = await create(spec);
  return body.spec as unknown as PodSpec;
};

beforeAll(async () => {
  await account('default');
  await account('quiet', { automountServiceAccountToken: false });
  await account('pulling', { imagePullSecrets: [{ name: 'hub' }] });
  await account('strict', {
    metadata: {
      name: 'strict',
      annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' },
    },
    secrets: [{ name: 'mine' }],
    imagePullSecrets: [{ name: 'hub' }],
  });
});
afterAll(() => api.stop());

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

describe('the service account of a pod', () => {
  it('is the default one, and its token is mounted everywhere', async () => {
    const spec = await specOf({ initContainers: [{ name: 'i', image: 'i' }] });
    expect(spec.serviceAccountName).toBe('default');
    const [volume] = spec.volumes!;
    expect(volume!.name).toMatch(/^kube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(volume!.projected).toEqual({
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { items: [{ key: 'ca.crt', path: 'ca.crt' }], name: 'kube-root-ca.crt' } },
        {
          downwardAPI: {
            items: [
              {
                path: 'namespace',
                fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' },
              },
            ],
          },
        },
      ],
    });
    const mount = { mountPath: MOUNT_PATH, name: volume!.name, readOnly: true };
    expect(spec.containers[0]!.volumeMounts).toEqual([mount]);
    expect(spec.initContainers![0]!.volumeMounts).toEqual([mount]);
  });

  it('is mounted nowhere if account or pod say so, the pod having the last word', async () => {
    expect((await specOf({ serviceAccountName: 'quiet' })).volumes).toBeUndefined();
    expect((await specOf({ automountServiceAccountToken: false })).volumes).toBeUndefined();
    const spec = { serviceAccountName: 'quiet', automountServiceAccountToken: true };
    expect((await specOf(spec)).volumes).toHaveLength(1);
  });

  it('takes no place that is taken, and no second volume', async () => {
    const own = { name: 'kube-api-access-mine', emptyDir: {} };
    const volumeMounts = [{ name: own.name, mountPath: MOUNT_PATH }];
    const containers = [
      { ...a, volumeMounts },
      { name: 'b', image: 'i' },
    ];
    const spec = await specOf({ containers, volumes: [own] });
    expect(spec.volumes).toEqual([own]);
    expect(spec.containers.map((each) => each.volumeMounts?.length)).toEqual([1, 1]);
    expect(spec.containers[1]!.volumeMounts![0]).toMatchObject({ name: own.name, readOnly: true });
  });

  it('brings the secrets to pull images with, if the pod has none', async () => {
    const { imagePullSecrets } = await specOf({ serviceAccountName: 'pulling' });
    expect(imagePullSecrets).toEqual([{ name: 'hub' }]);
    const own = { serviceAccountName: 'pulling', imagePullSecrets: [{ name: 'own' }] };
    expect((await specOf(own)).imagePullSecrets).toEqual([{ name: 'own' }]);
  });

  it('must exist', async () => {
    const { code, body } = await create({ serviceAccountName: 'nobody' });
    expect([code, body.message]).toEqual([
      403,
      `pods "p${pods - 1}" is forbidden: error looking up service account n/nobody: ` +
        'serviceaccount "nobody" not found',
    ]);
  });

  it.each<[Partial<PodSpec>, string]>([
    [
      { volumes: [{ name: 'v', secret: { secretName: 'other' } }] },
      'volume with secret.secretName="other" is not allowed because service account strict ' +
        'does not reference that secret',
    ],
    [
      {
        containers: [
          { ...a, env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 'other', key: 'k' } } }] },
        ],
      },
      'container a with envVar E referencing secret.secretName="other" is not allowed because ' +
        'service account strict does not reference that secret',
    ],
    [
      { imagePullSecrets: [{ name: 'hub' }, { name: 'other' }] },
      'imagePullSecrets[1].name="other" is not allowed because service account strict ' +
        'does not reference that imagePullSecret',
    ],
  ])('may allow its own secrets only: %j', async (spec, detail) => {
    const { body } = await create({ serviceAccountName: 'strict', ...spec });
    expect(body.message).toBe(`pods "p${pods - 1}" is forbidden: ${detail}`);
  });

  it('may allow its own secrets only: those pass', async () => {
    const volumes = [{ name: 'v', secret: { secretName: 'mine' } }];
    expect((await create({ serviceAccountName: 'strict', volumes })).code).toBe(201);
  });

  it('is none for a mirror pod', async () => {
    const mirror = { 'kubernetes.io/config.mirror': 'x' };
    const { body } = await create({ nodeName: 'node' }, mirror);
    expect(body.spec['serviceAccountName']).toBeUndefined();
    expect((await create({ serviceAccountName: 'default' }, mirror)).body.message).toContain(
      'a mirror pod may not reference service accounts',
    );
    const volumes = [{ name: 'v', secret: { secretName: 's' } }];
    expect((await create({ volumes }, mirror)).body.message).toContain(
      'a mirror pod may not reference secrets',
    );
  });

  it('is waited for if it is the one that comes with its namespace', async () => {
    const path = '/api/v1/namespaces/new';
    const pending = api.call('POST', `${path}/pods`, {
      body: { metadata: { name: 'p' }, spec: { containers: [a] } },
    });
    await api.call('POST', `${path}/serviceaccounts`, { body: { metadata: { name: 'default' } } });
    // The pod's request waits for the clock, once it has looked.
    let answered = false;
    void pending.finally(() => (answered = true));
    while (!answered) {
      await api.clock.advance(50);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await pending).code).toBe(201);
  });
});
