/** What needs a quota, answered as kube-apiserver 1.34.1 with the same configuration answers. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MemoryKv } from '../../../test/model/memory-kv.ts';
import { withoutControllers } from '../../../test/support/admission.ts';
import { TestApi } from '../../../test/support/api-core.ts';
import { kinds } from '../../registry/kinds/index.ts';
import { plugins } from '../plugins.ts';
import type { LimitedResource } from './limited-resources.ts';

const none = { apiGroup: '', matchContains: [], matchScopes: [] };
const limitedResources: readonly LimitedResource[] = [
  {
    ...none,
    resource: 'persistentvolumeclaims',
    matchContains: ['.storageclass.storage.k8s.io/requests.storage'],
  },
  {
    ...{ ...none, resource: 'pods', matchContains: ['memory'] },
    matchScopes: [
      { scopeName: 'PriorityClass', operator: 'In', values: ['high', 'higher'] },
      { scopeName: 'Terminating', operator: 'Exists' },
    ],
  },
  { ...none, apiGroup: 'apps', resource: 'deployments', matchContains: ['count/'] },
  { ...none, resource: 'services', matchContains: ['nodeports'] },
];

const api = new TestApi(kinds, new MemoryKv(), {
  admission: plugins({ ...withoutControllers, configuration: { limitedResources } }),
});
afterAll(() => api.stop());

const at = '/api/v1/namespaces/n';
const PLURALS = { claim: 'persistentvolumeclaims', pod: 'pods', service: 'services' } as const;
type Sort = keyof typeof PLURALS;

const memory = { requests: { memory: '1Mi' }, limits: { memory: '1Mi' } };
const pod = (more: object = {}, resources: object = {}) => ({
  spec: { containers: [{ name: 'a', image: 'i', resources }], ...more },
});
const claim = (storageClassName: string) => ({
  spec: {
    ...{ accessModes: ['ReadWriteOnce'], storageClassName },
    resources: { requests: { storage: '1Gi' } },
  },
});
const service = (type: string) => ({ spec: { ports: [{ port: 80 }], type } });
const labels = { a: 'b' };
const deployment = {
  metadata: { name: 'd' },
  spec: {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: pod().spec },
  },
};

/** "" if it is done. */
const outcome = ({ code, body }: { code: number; body: { message: string } }): string =>
  code < 300 ? '' : `${code} ${body.message}`;
const create = async (sort: Sort, name: string, body: object): Promise<string> =>
  outcome(
    await api.call('POST', `${at}/${PLURALS[sort]}`, { body: { metadata: { name }, ...body } }),
  );
const change = async (sort: Sort, name: string, body: object): Promise<string> => {
  const type = 'application/merge-patch+json';
  return outcome(await api.call('PATCH', `${at}/${PLURALS[sort]}/${name}`, { body, type }));
};

/** Counted: nothing is used yet. */
async function quota(name: string, hard: Record<string, string>, more: object = {}) {
  const body = { metadata: { name }, spec: { hard, ...more } };
  await api.call('POST', `${at}/resourcequotas`, { body });
  const used = Object.fromEntries(Object.keys(hard).map((each) => [each, '0']));
  const status = { body: { ...body, status: { hard, used } } };
  expect(outcome(await api.call('PUT', `${at}/resourcequotas/${name}/status`, status))).toBe('');
}
const usedOf = async (name: string): Promise<unknown> => {
  const { body } = await api.call('GET', `${at}/resourcequotas/${name}`);
  return (body as unknown as { status: { used: unknown } }).status.used;
};

const HIGH = '500 insufficient quota to match these scopes: [{PriorityClass In [high higher]}]';
const consume = (what: string, names: string): string =>
  `403 ${what} is forbidden: insufficient quota to consume: ${names}`;

beforeAll(async () => {
  for (const name of ['high', 'higher']) {
    const body = { metadata: { name }, value: 5 };
    await api.call('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', { body });
  }
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'n' } } });
});

it('is refused where there is no quota at all', async () => {
  expect(await create('pod', 'plain', pod())).toBe('');
  expect(await create('pod', 'mem', pod({}, memory))).toBe(
    consume('pods "mem"', 'limits.memory,memory,requests.memory'),
  );
  expect(await create('pod', 'high', pod({ priorityClassName: 'high' }))).toBe(HIGH);
  expect(
    await create('pod', 'both', pod({ priorityClassName: 'high', activeDeadlineSeconds: 5 })),
  ).toBe(HIGH.replace('}]', '} {Terminating Exists []}]'));
  expect(await create('claim', 'c1', claim(''))).toBe('');
  expect(await create('claim', 'c2', claim('gold'))).toBe(
    consume('persistentvolumeclaims "c2"', 'gold.storageclass.storage.k8s.io/requests.storage'),
  );
  const path = '/apis/apps/v1/namespaces/n/deployments';
  expect(outcome(await api.call('POST', path, { body: deployment }))).toBe(
    consume('deployments.apps "d"', 'count/deployments.apps'),
  );
});

it('is refused where an update would use it, and not where it uses nothing more', async () => {
  expect(await create('service', 's', service('ClusterIP'))).toBe('');
  const nodePort = { spec: { type: 'NodePort' } };
  const refused = consume('services "s"', 'services.nodeports');
  expect(await change('service', 's', nodePort)).toBe(refused);
  expect(await change('service', 's', { metadata: { labels } })).toBe('');
  await quota('ports', { 'services.nodeports': '1' });
  expect(await change('service', 's', nodePort)).toBe('');
});

it('needs each of its names covered', async () => {
  await quota('some', { 'requests.memory': '2Mi', memory: '3Mi' });
  expect(await create('pod', 'mem', pod({}, memory))).toBe(consume('pods "mem"', 'limits.memory'));
  await quota('rest', { 'limits.memory': '2Mi' });
  expect(await create('pod', 'mem', pod({}, memory))).toBe('');
  for (const name of ['some', 'rest']) await api.call('DELETE', `${at}/resourcequotas/${name}`);
});

it('needs a quota whose scope it matches', async () => {
  await quota('pods', { pods: '10' });
  const matchExpressions = [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }];
  await quota('scoped', { pods: '4' }, { scopeSelector: { matchExpressions } });
  expect(await create('pod', 'high', pod({ priorityClassName: 'high' }))).toBe('');
  expect(await create('pod', 'higher', pod({ priorityClassName: 'higher' }))).toBe(HIGH);
});

it('counts a pod for another quota once it gets a deadline', async () => {
  expect(await create('pod', 'late', pod())).toBe('');
  await quota('ending', { pods: '1' }, { scopes: ['Terminating'] });
  expect(await change('pod', 'plain', { spec: { activeDeadlineSeconds: 5 } })).toBe('');
  expect(await usedOf('ending')).toEqual({ pods: '1' });
  expect(await change('pod', 'late', { spec: { activeDeadlineSeconds: 5 } })).toBe(
    '403 pods "late" is forbidden: exceeded quota: ending, requested: pods=1, used: pods=1, ' +
      'limited: pods=1',
  );
});
