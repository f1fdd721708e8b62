import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { MemoryKv } from '../../../test/model/memory-kv.ts';
import { TestApi } from '../../../test/support/api-core.ts';
import { kinds } from '../../registry/kinds/index.ts';

let namespaces = 0;
let at: string;
const kv = new MemoryKv();
/** Two servers on one store. */
const apis = [new TestApi(kinds, kv), new TestApi(kinds, kv)] as const;
const [api] = apis;
beforeEach(async () => {
  const name = `n${namespaces++}`;
  at = `/api/v1/namespaces/${name}`;
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name } } });
});
afterAll(() => Promise.all(apis.map((each) => each.stop())));

/** A quota whose usage the quota controller has counted: nothing yet. */
async function quota(hard: Record<string, string>): Promise<void> {
  const body = { metadata: { name: 'q' }, spec: { hard } };
  await api.call('POST', `${at}/resourcequotas`, { body });
  const used = Object.fromEntries(Object.keys(hard).map((name) => [name, '0']));
  const status = { ...body, status: { hard, used } };
  const answer = await api.call('PUT', `${at}/resourcequotas/q/status`, { body: status });
  expect(answer.code).toBe(200);
}

const used = async (): Promise<unknown> => {
  const { body } = await api.call('GET', `${at}/resourcequotas/q`);
  return (body as unknown as { status: { used: unknown } }).status.used;
};

const pod = (name: string) => ({
  metadata: { name },
  spec: { containers: [{ name: 'a', image: 'i' }] },
});

describe('ResourceQuota', () => {
  it('counts what is created and refuses more', async () => {
    await quota({ pods: '1' });
    expect((await api.call('POST', `${at}/pods`, { body: pod('a') })).code).toBe(201);
    expect(await used()).toEqual({ pods: '1' });
    const { code, body } = await api.call('POST', `${at}/pods`, { body: pod('b') });
    expect([code, body.message]).toEqual([
      403,
      'pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
    ]);
  });

  it('counts any kind', async () => {
    await quota({ 'count/deployments.apps': '0', configmaps: '0' });
    const labels = { app: 'a' };
    const template = { metadata: { labels }, spec: pod('a').spec };
    const body = { metadata: { name: 'd' }, spec: { selector: { matchLabels: labels }, template } };
    const path = `${at.replace('/api/v1', '/apis/apps/v1')}/deployments`;
    const answer = await api.call('POST', path, { body });
    expect(answer.body.message).toBe(
      'deployments.apps "d" is forbidden: exceeded quota: q, requested: ' +
        'count/deployments.apps=1, used: count/deployments.apps=0, limited: ' +
        'count/deployments.apps=0',
    );
    const map = await api.call('POST', `${at}/configmaps`, { body: { metadata: { name: 'm' } } });
    expect(map.body.message).toBe(
      'configmaps "m" is forbidden: exceeded quota: q, requested: configmaps=1, ' +
        'used: configmaps=0, limited: configmaps=0',
    );
  });

  it('counts what a service becomes', async () => {
    await quota({ services: '5', 'services.nodeports': '1', 'services.loadbalancers': '0' });
    const ports = [{ port: 80 }];
    const body = { metadata: { name: 's' }, spec: { ports } };
    await api.call('POST', `${at}/services`, { body });
    const become = (type: string) =>
      api.call('PATCH', `${at}/services/s`, {
        type: 'application/merge-patch+json',
        body: { spec: { type } },
      });
    expect((await become('LoadBalancer')).body.message).toBe(
      'services "s" is forbidden: exceeded quota: q, requested: services.loadbalancers=1, ' +
        'used: services.loadbalancers=0, limited: services.loadbalancers=0',
    );
    expect((await become('NodePort')).code).toBe(200);
    expect(await used()).toMatchObject({ services: '1', 'services.nodeports': '1' });
  });

  it('counts what a pod is resized to', async () => {
    await quota({ 'requests.cpu': '300m' });
    const asking = (cpu: string) => ({
      containers: [{ name: 'a', image: 'i', resources: { requests: { cpu } } }],
    });
    const body = { metadata: { name: 'a' }, spec: asking('100m') };
    await api.call('POST', `${at}/pods`, { body });
    const resize = (cpu: string) =>
      api.call('PATCH', `${at}/pods/a/resize`, {
        type: 'application/strategic-merge-patch+json',
        body: { spec: asking(cpu) },
      });
    expect((await resize('400m')).body.message).toBe(
      'pods "a" is forbidden: exceeded quota: q, requested: requests.cpu=300m, ' +
        'used: requests.cpu=100m, limited: requests.cpu=300m',
    );
    expect((await resize('250m')).code).toBe(200);
    expect(await used()).toEqual({ 'requests.cpu': '250m' });
  });

  it('is written by no dry run', async () => {
    await quota({ pods: '1' });
    const dry = `${at}/pods?dryRun=All`;
    expect((await api.call('POST', dry, { body: pod('a') })).code).toBe(201);
    expect(await used()).toEqual({ pods: '0' });
  });

  it('lets no more pass than there is, however many ask at once, of two servers', async () => {
    await quota({ pods: '7' });
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        apis[i % 2]!.call('POST', `${at}/pods`, { body: pod(`p${i}`) }),
      ),
    );
    expect(answers.filter(({ code }) => code === 201)).toHaveLength(7);
    expect(answers.filter(({ code }) => code === 403)).toHaveLength(33);
    expect(await used()).toEqual({ pods: '7' });
  });
});
