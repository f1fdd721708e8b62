/** Declarations through the real registry: what only shows when both work together. */
import type { IPAddress } from '../../../api/types/networking-v1.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TestApi } from '../../../test/support/api-core.ts';
import { kinds } from './index.ts';

type Json = Record<string, unknown>;

let api: TestApi;
const merge = 'application/merge-patch+json';
const inDefault = '/api/v1/namespaces/default';

beforeEach(async () => {
  api = new TestApi(kinds);
  await post('/api/v1/namespaces', { metadata: { name: 'default' } });
});

afterEach(() => api.stop());

async function post(url: string, body: unknown) {
  const answer = await api.call('POST', url, { body });
  if (answer.code >= 300) throw new Error(answer.body.message);
  return answer.body;
}

const pod = (name: string, spec: Json = {}): Json => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'nginx:1' }], ...spec },
});

const bindingTo = (node: string): Json => ({
  apiVersion: 'v1',
  kind: 'Binding',
  metadata: { name: 'web' },
  target: { kind: 'Node', name: node },
});

describe('Pod', () => {
  test('is bound once, runs, and ends gracefully', async () => {
    const limits = { cpu: '1', memory: '1Gi' };
    const containers = [{ name: 'c', image: 'nginx:1', resources: { limits } }];
    const created = await post(`${inDefault}/pods`, pod('web', { containers }));
    expect(created).toMatchObject({
      metadata: { generation: 1 },
      status: { phase: 'Pending', qosClass: 'Guaranteed' },
    });

    const url = `${inDefault}/pods/web`;
    const bound = await api.call('POST', `${url}/binding`, { body: bindingTo('node1') });
    expect(bound).toMatchObject({ code: 201, body: { kind: 'Status', status: 'Success' } });
    const again = await api.call('POST', `${url}/binding`, { body: bindingTo('node2') });
    expect(again).toMatchObject({ code: 409, body: { reason: 'Conflict' } });

    const running = { status: { phase: 'Running', podIP: '10.1.0.1' } };
    const status = await api.call('PATCH', `${url}/status`, { body: running, type: merge });
    const { metadata: { generation } = {}, ...rest } = status.body;
    expect([status.code, rest]).toMatchObject([200, { spec: { nodeName: 'node1' }, ...running }]);
    expect(generation).toBe(1);

    const onNode = await api.call('GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dnode1');
    expect(onNode.body.items).toHaveLength(1);

    const ending = await api.call('DELETE', url);
    expect(ending.body.metadata.deletionGracePeriodSeconds).toBe(30);
    const gone = await api.call('DELETE', `${url}?gracePeriodSeconds=0`);
    expect(gone).toMatchObject({ code: 200, body: { kind: 'Pod' } });
    expect((await api.call('GET', url)).code).toBe(404);
  });

  test('that is not bound goes at once', async () => {
    await post(`${inDefault}/pods`, pod('web'));
    await api.call('DELETE', `${inDefault}/pods/web`);
    expect((await api.call('GET', `${inDefault}/pods/web`)).code).toBe(404);
  });

  test('is evicted', async () => {
    await post(`${inDefault}/pods`, pod('web', { nodeName: 'node1' }));
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'web' } };
    const evicted = await api.call('POST', `${inDefault}/pods/web/eviction`, { body });
    expect(evicted).toMatchObject({ code: 201, body: { status: 'Success' } });
    const { body: ending } = await api.call('GET', `${inDefault}/pods/web`);
    expect(ending.metadata.deletionTimestamp).toBeDefined();
  });

  test('is refused what only comes later', async () => {
    const ephemeralContainers = [{ name: 'e', image: 'x' }];
    const body = pod('web', { ephemeralContainers });
    expect(await api.call('POST', `${inDefault}/pods`, { body })).toMatchObject({
      code: 422,
      body: {
        message:
          'Pod "web" is invalid: spec.ephemeralContainers: Forbidden: cannot be set on create',
      },
    });
  });

  test('takes a debug container, and keeps it', async () => {
    await post(`${inDefault}/pods`, pod('web'));
    const url = `${inDefault}/pods/web/ephemeralcontainers`;
    const join = (list: unknown[]) =>
      api.call('PATCH', url, { body: { spec: { ephemeralContainers: list } }, type: merge });
    const joined = await join([{ name: 'e', image: 'busybox:1' }]);
    expect(joined).toMatchObject({
      code: 200,
      body: { spec: { ephemeralContainers: [{ name: 'e', imagePullPolicy: 'IfNotPresent' }] } },
    });
    expect((await join([])).body.message).toContain('"e" may not be removed');
  });

  test('is told why its spec may not change', async () => {
    await post(`${inDefault}/pods`, pod('web'));
    const body = { spec: { nodeName: 'node1' } };
    const refused = await api.call('PATCH', `${inDefault}/pods/web`, { body, type: merge });
    expect(refused.code).toBe(422);
    expect(refused.body.message).toContain('Pod "web" is invalid: spec: Forbidden: pod updates');
    expect(refused.body.message).toContain('spec.nodeName: unset → "node1"');
  });
});

describe('Deployment', () => {
  const url = '/apis/apps/v1/namespaces/default/deployments';
  const labels = { app: 'web' };
  const deployment: Json = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, ...pod('') } },
  };
  (deployment['spec'] as Json)['template'] = { metadata: { labels }, spec: pod('')['spec'] };

  test('is scaled, and counts generations of its spec alone', async () => {
    expect(await post(url, deployment)).toMatchObject({ metadata: { generation: 1 } });
    const scale = await api.call('PATCH', `${url}/web/scale`, {
      body: { spec: { replicas: 3 } },
      type: merge,
    });
    expect(scale).toMatchObject({
      code: 200,
      body: { kind: 'Scale', spec: { replicas: 3 }, status: { selector: 'app=web' } },
    });
    const status = { status: { replicas: 3, observedGeneration: 2 } };
    await api.call('PATCH', `${url}/web/status`, { body: status, type: merge });
    expect((await api.call('GET', `${url}/web`)).body).toMatchObject({
      metadata: { generation: 2 },
      spec: { replicas: 3 },
      ...status,
    });
  });

  test('with a status that cannot be is refused', async () => {
    await post(url, deployment);
    const body = { status: { readyReplicas: 1 } };
    const answer = await api.call('PATCH', `${url}/web/status`, { body, type: merge });
    expect(answer.body.message).toBe(
      'Deployment.apps "web" is invalid: status.readyReplicas: Invalid value: 1: cannot be greater than status.replicas',
    );
  });

  test('without a selector is refused as Kubernetes refuses it', async () => {
    const { selector: _none, ...spec } = deployment['spec'] as Json;
    const answer = await api.call('POST', url, { body: { ...deployment, spec } });
    expect(answer).toMatchObject({ code: 422, body: { reason: 'Invalid' } });
    expect(answer.body.message).toBe(
      'Deployment.apps "web" is invalid: [spec.selector: Required value, ' +
        'spec.template.metadata.labels: Invalid value: {"app":"web"}: ' +
        '`selector` does not match template `labels`]',
    );
  });
});

describe('Service', () => {
  const service = (name: string, spec: Json): Json => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { ports: [{ port: 80 }], ...spec },
  });

  test('gets an address and a port that nobody else gets, until it goes', async () => {
    const url = `${inDefault}/services`;
    const { spec } = await post(url, service('a', { type: 'NodePort' }));
    const { clusterIP, ports } = spec as { clusterIP: string; ports: { nodePort: number }[] };
    expect(clusterIP).toMatch(/^10\.\d+\.\d+\.\d+$/);
    expect(ports[0]!.nodePort).toBeGreaterThanOrEqual(30000);

    const same = await api.call('POST', url, { body: service('b', { clusterIP }) });
    expect(same).toMatchObject({ code: 422 });
    expect(same.body.message).toContain('provided IP is already allocated');

    await api.call('DELETE', `${url}/a`);
    expect(await post(url, service('b', { clusterIP }))).toMatchObject({ spec: { clusterIP } });
  });

  test('keeps its address when it is replaced without one', async () => {
    const url = `${inDefault}/services`;
    const { spec } = await post(url, service('a', {}));
    const answer = await api.call('PUT', `${url}/a`, {
      body: service('a', { ports: [{ port: 81 }] }),
    });
    expect(answer).toMatchObject({ code: 200, body: { spec: { clusterIP: spec['clusterIP'] } } });
  });
});

test('a Namespace ends when its content is gone', async () => {
  await post('/api/v1/namespaces', { metadata: { name: 'a' } });
  const url = '/api/v1/namespaces/a';
  const { body: ending } = await api.call('DELETE', url);
  expect(ending).toMatchObject({ status: { phase: 'Terminating' } });
  expect((await api.call('GET', url)).code).toBe(200);
  const done = await api.call('PUT', `${url}/finalize`, { body: { ...ending, spec: {} } });
  expect(done.code).toBe(200);
  expect((await api.call('GET', url)).code).toBe(404);
  expect((await api.call('DELETE', inDefault)).code).toBe(403);
});

test('a Node registers with its status and is cordoned', async () => {
  const status = { capacity: { cpu: '4' } };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node1' }, status };
  expect(await post('/api/v1/nodes', node)).toMatchObject({
    status: { ...status, allocatable: status.capacity },
  });
  const cordoned = await api.call('PATCH', '/api/v1/nodes/node1', {
    body: { spec: { unschedulable: true } },
    type: 'application/strategic-merge-patch+json',
  });
  expect(cordoned).toMatchObject({ code: 200, body: { spec: { unschedulable: true }, status } });
});

test('a Lease is renewed by name and only against what was read', async () => {
  const url = '/apis/coordination.k8s.io/v1/namespaces/default/leases/l';
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' } };
  expect((await api.call('PUT', url, { body: lease })).code).toBe(201);
  const blind = await api.call('PUT', url, { body: lease });
  expect(blind).toMatchObject({ code: 422 });
  expect(blind.body.message).toContain('metadata.resourceVersion: Invalid value: 0');
});

test('a generated name that is taken costs a Service only another try', async () => {
  const url = `${inDefault}/services`;
  const taken = 'b'.repeat(5);
  await post(url, { metadata: { name: `web-${taken}` }, spec: { ports: [{ port: 80 }] } });
  // The first suffix is the one that is taken; the address drawn with it is given back.
  const draw = api.random.below.bind(api.random);
  let suffixDraws = 0;
  vi.spyOn(api.random, 'below').mockImplementation((bound, reason) =>
    reason === 'name suffix' && suffixDraws++ < 5 ? 0 : draw(bound, reason),
  );
  const body = { metadata: { generateName: 'web-' }, spec: { ports: [{ port: 80 }] } };
  const made = await post(url, body);
  expect(suffixDraws).toBe(10);
  const { body: held } = await api.call('GET', '/apis/networking.k8s.io/v1/ipaddresses');
  const owners = (held.items as IPAddress[]).map(({ spec }) => spec.parentRef?.name);
  expect(owners.sort()).toEqual([`web-${taken}`, made.metadata.name].sort());
});
