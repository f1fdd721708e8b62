import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestApi } from '../../../../test/support/api-core.ts';
import type { NodeSummary } from '../../../../api/stats-summary.ts';
import { HOLLOW_RUNTIME } from '../../../../api/hollow-usage.ts';
import type { Node } from '../../../../api/types/core-v1.ts';
import { kinds } from '../index.ts';

let api: TestApi;
/** What the agents of nodes that measure say, by node. */
let told: Map<string, NodeSummary>;
beforeEach(async () => {
  told = new Map();
  const stats = { of: async ({ metadata }: Node) => told.get(metadata.name ?? '') };
  api = new TestApi(kinds, undefined, { stats });
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'd' } } });
  await addNode('n1', 'True', { 'wherry.io/cpu-usage': '5%', 'wherry.io/memory-usage': '1Gi' });
  await addNode('n2', 'Unknown');
});
afterEach(() => api.stop());

async function addNode(name: string, ready: string, annotations = {}): Promise<void> {
  const conditions = [{ type: 'Ready', status: ready }];
  const status = { conditions, capacity: { cpu: '4', memory: '8Gi' } };
  await api.call('POST', '/api/v1/nodes', { body: { metadata: { name, annotations }, status } });
}

async function addPod(name: string, nodeName: string, annotations = {}): Promise<void> {
  const requests = { cpu: '200m', memory: '100Mi' };
  const containers = ['a', 'b'].map((each) => ({
    name: each,
    image: 'i',
    resources: { requests },
  }));
  const url = '/api/v1/namespaces/d/pods';
  const labels = { app: name };
  const body = { metadata: { name, annotations, labels }, spec: { nodeName, containers } };
  await api.call('POST', url, { body });
  const containerStatuses = [
    { name: 'a', state: { running: {} }, image: 'i', imageID: '', ready: true, restartCount: 0 },
    {
      ...{ name: 'b', image: 'i', imageID: '', ready: false, restartCount: 0 },
      state: { terminated: { exitCode: 0 } },
    },
  ];
  await api.call('PATCH', `${url}/${name}/status`, {
    body: { status: { phase: 'Running', containerStatuses } },
    type: 'application/merge-patch+json',
  });
}

const metrics = '/apis/metrics.k8s.io/v1beta1';
const pods = `${metrics}/namespaces/d/pods`;

interface Metrics {
  readonly metadata: { readonly name: string };
  readonly usage: object;
}

describe('the usage of pods', () => {
  it.each([
    ['nothing said', {}, { cpu: '0', memory: '0Ki' }],
    ['quantities', { 'wherry.io/cpu-usage': '1500m' }, { cpu: '1500m', memory: '0Ki' }],
    [
      'shares of the requests',
      { 'wherry.io/cpu-usage': '50%', 'wherry.io/memory-usage': '10%' },
      { cpu: '100m', memory: '10240Ki' },
    ],
    [
      'one container’s own',
      { 'wherry.io/cpu-usage': '1', 'a.wherry.io/cpu-usage': '2' },
      { cpu: '2', memory: '0Ki' },
    ],
    [
      'nonsense',
      { 'wherry.io/cpu-usage': 'much', 'wherry.io/memory-usage': '-1' },
      { cpu: '0', memory: '0Ki' },
    ],
  ])('%s', async (_, annotations, usage) => {
    await addPod('p', 'n1', annotations);
    const { code, body } = await api.call('GET', `${pods}/p`);
    expect(code).toBe(200);
    expect(body).toMatchObject({
      kind: 'PodMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: { name: 'p', namespace: 'd', labels: { app: 'p' } },
      window: '15s',
      containers: [{ name: 'a', usage }],
    });
  });

  it('is not known of pods that do not run, or on nodes nobody hears of', async () => {
    await addPod('p', 'n1');
    await addPod('silent', 'n2');
    const spec = { containers: [{ name: 'a', image: 'i' }] };
    await api.call('POST', '/api/v1/namespaces/d/pods', {
      body: { metadata: { name: 'q' }, spec },
    });
    const { body } = await api.call('GET', pods);
    expect(body.items.map(({ metadata }) => metadata.name)).toEqual(['p']);
    expect((await api.call('GET', `${pods}/silent`)).code).toBe(404);
  });

  it('can be selected by the labels of the pods', async () => {
    await addPod('p', 'n1');
    await addPod('q', 'n1');
    const { body } = await api.call('GET', `${pods}?labelSelector=app%3Dq`);
    expect(body.items.map(({ metadata }) => metadata.name)).toEqual(['q']);
  });

  it('can only be read', async () => {
    expect((await api.call('POST', pods, { body: {} })).code).toBe(405);
    expect((await api.call('GET', `${pods}?watch=true`)).code).toBe(405);
  });
});

it('a node uses what its pods use and its own', async () => {
  await addPod('p', 'n1', { 'wherry.io/cpu-usage': '300m' });
  await addPod('q', 'n1', { 'wherry.io/memory-usage': '1Mi' });
  const { body } = await api.call('GET', `${metrics}/nodes`);
  const items = body.items as unknown as readonly Metrics[];
  expect(items.map(({ metadata, usage }) => [metadata.name, usage])).toEqual([
    ['n1', { cpu: '500m', memory: '1049600Ki' }],
  ]);
  expect((await api.call('GET', `${metrics}/nodes/n2`)).code).toBe(404);
});

describe('where agents measure', () => {
  const amounts = (cores: number) => ({
    cpu: { time: '2023-11-14T22:13:10Z', usageNanoCores: cores * 1e9, usageCoreNanoSeconds: 0 },
    memory: { time: '', usageBytes: 0, workingSetBytes: 3 * 1024 * 1024, rssBytes: 0 },
  });

  beforeEach(async () => {
    const conditions = [{ type: 'Ready', status: 'True' }];
    const nodeInfo = { containerRuntimeVersion: 'process://0.1.0' };
    const body = { metadata: { name: 'real' }, status: { conditions, nodeInfo } };
    await api.call('POST', '/api/v1/nodes', { body });
    await addPod('p', 'real', { 'wherry.io/cpu-usage': '2' });
  });

  async function measure(container: string): Promise<void> {
    const pod = (await api.call('GET', '/api/v1/namespaces/d/pods/p')).body;
    const podRef = { name: 'p', namespace: 'd', uid: pod.metadata.uid ?? '' };
    const containers = [{ name: container, startTime: null, ...amounts(0.25) }];
    told.set('real', {
      node: { nodeName: 'real', startTime: null, ...amounts(1.5) },
      pods: [{ podRef, startTime: null, containers, ...amounts(0.25) }],
    });
  }

  it('they are asked, and declarations do not count', async () => {
    await measure('a');
    expect((await api.call('GET', `${pods}/p`)).body).toMatchObject({
      timestamp: '2023-11-14T22:13:10Z',
      window: '10s',
      containers: [{ name: 'a', usage: { cpu: '250000000n', memory: '3072Ki' } }],
    });
    expect((await api.call('GET', `${metrics}/nodes/real`)).body).toMatchObject({
      timestamp: '2023-11-14T22:13:10Z',
      usage: { cpu: '1500000000n', memory: '3072Ki' },
    });
  });

  it('nothing is told of pods of which a container was not measured yet', async () => {
    await measure('b');
    expect((await api.call('GET', `${pods}/p`)).code).toBe(404);
    expect((await api.call('GET', pods)).body.items).toEqual([]);
  });

  it('one that does not answer holds nobody else up', async () => {
    await addPod('q', 'n1');
    const names = async (path: string) =>
      (await api.call('GET', path)).body.items.map(({ metadata }) => metadata.name);
    expect(await names(pods)).toEqual(['q']);
    expect(await names(`${metrics}/nodes`)).toEqual(['n1']);
  });
});

it('asks agents of hollow nodes for processes alone: what is declared holds at once', async () => {
  const nodeInfo = { containerRuntimeVersion: `${HOLLOW_RUNTIME}0.1.0` };
  const status = { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo };
  await api.call('POST', '/api/v1/nodes', { body: { metadata: { name: 'hollow' }, status } });
  await addPod('p', 'hollow', { 'wherry.io/cpu-usage': '2' });
  expect((await api.call('GET', `${pods}/p`)).body).toMatchObject({
    containers: [{ usage: { cpu: '2' } }],
  });
  expect((await api.call('GET', `${metrics}/nodes/hollow`)).body).toMatchObject({
    usage: { cpu: '2' },
  });
});

it('is answered in JSON to clients that would rather have protobuf', async () => {
  await addPod('p', 'n1');
  const accept = 'application/vnd.kubernetes.protobuf,application/json';
  const { headers, body } = await api.call('GET', pods, { accept });
  expect(headers['content-type']).toBe('application/json');
  expect(body['kind']).toBe('PodMetricsList');
});
