/** `@kubernetes/client-node` on a real socket: objects, and an informer that follows them. */
import { KubeConfig, CoreV1Api, makeInformer, type V1ConfigMap } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SecureApi, startSecureApi } from '../support/secure-api.ts';

let api: SecureApi;
let config: KubeConfig;

beforeAll(async () => {
  api = await startSecureApi();
  config = new KubeConfig();
  config.loadFromFile(api.kubeconfig);
});
afterAll(() => api.stop());

const namespace = 'default';
const map = (name: string, data: Record<string, string>): V1ConfigMap => ({
  metadata: { name },
  data,
});

it('creates, reads, replaces, lists and deletes', async () => {
  const core = config.makeApiClient(CoreV1Api);
  const created = await core.createNamespacedConfigMap({ namespace, body: map('a', { k: 'v' }) });
  expect(created.metadata?.creationTimestamp).toBeInstanceOf(Date);
  const body = { ...created, data: { k: 'w' } };
  const replaced = await core.replaceNamespacedConfigMap({ namespace, name: 'a', body });
  expect(replaced.data).toEqual({ k: 'w' });
  await expect(
    core.replaceNamespacedConfigMap({ namespace, name: 'a', body }),
  ).rejects.toMatchObject({ code: 409 });
  const { items } = await core.listNamespacedConfigMap({ namespace });
  expect(items.map(({ metadata }) => metadata?.name)).toContain('a');
  await core.deleteNamespacedConfigMap({ namespace, name: 'a' });
  await expect(core.readNamespacedConfigMap({ namespace, name: 'a' })).rejects.toMatchObject({
    code: 404,
  });
});

it('keeps an informer up to date', async () => {
  const core = config.makeApiClient(CoreV1Api);
  await core.createNamespacedConfigMap({ namespace, body: map('before', {}) });
  const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, () =>
    core.listNamespacedConfigMap({ namespace }),
  );
  const seen: string[] = [];
  let wake: (() => void) | undefined;
  const until = async (count: number): Promise<void> => {
    while (seen.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  for (const event of ['add', 'update', 'delete'] as const) {
    informer.on(event, ({ metadata }) => {
      if (metadata?.name === 'kube-root-ca.crt') return;
      seen.push(`${event} ${metadata?.name}`);
      wake?.();
    });
  }
  await informer.start();
  await until(1);
  await core.createNamespacedConfigMap({ namespace, body: map('later', {}) });
  await until(2);
  const body = map('later', { k: 'v' });
  await core.replaceNamespacedConfigMap({ namespace, name: 'later', body });
  await core.deleteNamespacedConfigMap({ namespace, name: 'later' });
  await until(4);
  await informer.stop();
  expect(seen).toEqual(['add before', 'add later', 'update later', 'delete later']);
});
