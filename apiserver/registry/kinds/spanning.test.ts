/** What concerns more than one object: budgets of evictions, classes of pods, views of autoscalers. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TestApi } from '../../../test/support/api-core.ts';
import { manifests } from '../../../test/support/manifests.ts';
import { kinds } from './index.ts';

type Json = Record<string, unknown>;

const merge = 'application/merge-patch+json';
const inDefault = '/api/v1/namespaces/default';
let api: TestApi;

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

async function patch(url: string, body: unknown) {
  const answer = await api.call('PATCH', url, { body, type: merge });
  if (answer.code >= 300) throw new Error(answer.body.message);
  return answer.body;
}

function pod(name: string, spec: Json = {}): Json {
  const containers = [{ name: 'c', image: 'nginx:1' }];
  return {
    metadata: { name, labels: { app: 'web' } },
    spec: { containers, nodeName: 'node1', ...spec },
  };
}

describe('eviction', () => {
  const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
  const ready = [{ type: 'Ready', status: 'True' }];

  async function running(name: string, status: Json = {}) {
    await post(`${inDefault}/pods`, pod(name));
    await patch(`${inDefault}/pods/${name}/status`, {
      status: { phase: 'Running', conditions: ready, ...status },
    });
  }

  async function budget(status: Json, spec: Json = {}, name = 'web') {
    const selector = { matchLabels: { app: 'web' } };
    await post(budgets, { metadata: { name }, spec: { minAvailable: 1, selector, ...spec } });
    await patch(`${budgets}/${name}/status`, { status: { observedGeneration: 1, ...status } });
  }

  function evict(name: string, query = '', apiVersion = 'policy/v1') {
    const body = { apiVersion, kind: 'Eviction', metadata: { name } };
    return api.call('POST', `${inDefault}/pods/${name}/eviction${query}`, { body });
  }

  test('takes the version that older clients send, and no other', async () => {
    await running('old');
    expect(await evict('old', '', 'policy/v2')).toMatchObject({
      code: 400,
      body: {
        message:
          'Eviction in version "v2" cannot be handled as a Eviction: no kind "Eviction" is ' +
          'registered for version "policy/v2" in scheme "pkg/runtime/scheme.go:110"',
      },
    });
    expect(await evict('old', '', 'policy/v1beta1')).toMatchObject({ code: 201 });
  });

  test('spends what the budget allows, and no more', async () => {
    await running('a');
    await running('b');
    await budget({ disruptionsAllowed: 1, desiredHealthy: 1, currentHealthy: 2 });
    expect(await evict('a')).toMatchObject({ code: 201, body: { status: 'Success' } });
    const { body: spent } = await api.call('GET', `${budgets}/web`);
    expect(spent).toMatchObject({
      status: {
        disruptionsAllowed: 0,
        disruptedPods: { a: expect.any(String) as string },
        conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }],
      },
    });
    expect(await evict('b')).toMatchObject({
      code: 429,
      body: {
        reason: 'TooManyRequests',
        message: "Cannot evict pod as it would violate the pod's disruption budget.",
        details: {
          causes: [
            {
              reason: 'DisruptionBudget',
              message: 'The disruption budget web needs 1 healthy pods and has 2 currently',
            },
          ],
        },
      },
    });
    const { body: left } = await api.call('GET', `${inDefault}/pods/b`);
    expect(left.metadata.deletionTimestamp).toBeUndefined();
  });

  test('waits for a budget that nobody has computed yet', async () => {
    await running('a');
    await budget({ observedGeneration: 0, disruptionsAllowed: 1 });
    expect(await evict('a')).toMatchObject({
      code: 429,
      body: { details: { retryAfterSeconds: 10 } },
    });
  });

  test('a dry run spends nothing', async () => {
    await running('a');
    await budget({ disruptionsAllowed: 1 });
    expect(await evict('a', '?dryRun=All')).toMatchObject({ code: 201 });
    const { body } = await api.call('GET', `${budgets}/web`);
    expect(body).toMatchObject({ status: { disruptionsAllowed: 1 } });
  });

  test('pods that do not run yet, or no more, need no permission', async () => {
    await budget({ disruptionsAllowed: 0 });
    await post(`${inDefault}/pods`, pod('new'));
    await running('over', { phase: 'Failed' });
    expect(await evict('new')).toMatchObject({ code: 201 });
    expect(await evict('over')).toMatchObject({ code: 201 });
  });

  test('unready pods go while the budget is met without them, or always if it says so', async () => {
    const unready = { conditions: [{ type: 'Ready', status: 'False' }] };
    await budget({ disruptionsAllowed: 0, desiredHealthy: 1, currentHealthy: 1 });
    await running('a', unready);
    expect(await evict('a')).toMatchObject({ code: 201 });
    await patch(`${budgets}/web/status`, { status: { currentHealthy: 0 } });
    await running('b', unready);
    expect(await evict('b')).toMatchObject({ code: 429 });
    await api.call('DELETE', `${budgets}/web`);
    await budget({ disruptionsAllowed: 0 }, { unhealthyPodEvictionPolicy: 'AlwaysAllow' });
    expect(await evict('b')).toMatchObject({ code: 201 });
  });

  test('two budgets for one pod are one too many', async () => {
    await running('a');
    await budget({ disruptionsAllowed: 1 });
    await budget({ disruptionsAllowed: 1 }, {}, 'also');
    expect(await evict('a')).toMatchObject({
      code: 500,
      body: {
        message:
          'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      },
    });
  });
});

describe('priority', () => {
  const classes = '/apis/scheduling.k8s.io/v1/priorityclasses';
  const high = { metadata: { name: 'high' }, value: 1000 };

  const specOf = async (body: Json) => (await post(`${inDefault}/pods`, body)).spec;

  test('is that of the class, or none', async () => {
    await post(classes, { ...high, preemptionPolicy: 'Never' });
    expect(await specOf(pod('a', { priorityClassName: 'high' }))).toMatchObject({
      priority: 1000,
      preemptionPolicy: 'Never',
    });
    expect(await specOf(pod('b'))).toMatchObject({
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
    });
  });

  test('without a class there is the default one, of which there is one', async () => {
    await post(classes, { ...high, globalDefault: true });
    expect(await specOf(pod('a'))).toMatchObject({ priorityClassName: 'high', priority: 1000 });
    const second = { metadata: { name: 'low' }, value: 1, globalDefault: true };
    expect(await api.call('POST', classes, { body: second })).toMatchObject({
      code: 403,
      body: {
        message:
          'priorityclasses.scheduling.k8s.io "low" is forbidden: PriorityClass high is already marked as default. Only one default can exist',
      },
    });
  });

  test.each<[string, Json, string]>([
    [
      'an unknown class',
      { priorityClassName: 'none' },
      'pods "a" is forbidden: no PriorityClass with name none was found',
    ],
    [
      'a number of its own',
      { priority: 7 },
      'pods "a" is forbidden: the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
    ],
    [
      'a policy of its own',
      { preemptionPolicy: 'Never' },
      'pods "a" is forbidden: the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name',
    ],
  ])('refuses %s', async (_title, spec, message) => {
    const answer = await api.call('POST', `${inDefault}/pods`, { body: pod('a', spec) });
    expect(answer).toMatchObject({ code: 403, body: { message } });
  });

  test.each<[string, Json, string]>([
    [
      'a name of the system',
      { metadata: { name: 'system-mine' }, value: 1 },
      "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
    ],
    [
      'more than the system',
      { metadata: { name: 'max' }, value: 1_000_000_001 },
      'value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
    ],
  ])('a class may not have %s', async (_title, body, message) => {
    const answer = await api.call('POST', classes, { body });
    expect(answer.code).toBe(422);
    expect(answer.body.message).toContain(message);
  });

  test('the value of a class stays', async () => {
    await post(classes, high);
    const answer = await api.call('PATCH', `${classes}/high`, { body: { value: 2 }, type: merge });
    expect(answer.body.message).toBe(
      'PriorityClass.scheduling.k8s.io "high" is invalid: value: Forbidden: may not be changed in an update.',
    );
  });
});

describe('one autoscaler, two versions', () => {
  const at = (version: string) =>
    `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`;
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
  const v1 = {
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web' },
    spec: { scaleTargetRef, maxReplicas: 4, targetCPUUtilizationPercentage: 70 },
  };

  test('is created in one, read and changed in both', async () => {
    expect(await post(at('v1'), v1)).toMatchObject({
      apiVersion: 'autoscaling/v1',
      spec: { minReplicas: 1, targetCPUUtilizationPercentage: 70 },
      status: { currentReplicas: 0, desiredReplicas: 0 },
    });
    const { body } = await api.call('GET', `${at('v2')}/web`);
    expect(body).toMatchObject({
      apiVersion: 'autoscaling/v2',
      spec: { metrics: [{ resource: { target: { averageUtilization: 70 } } }] },
    });
    await patch(`${at('v1')}/web`, { spec: { maxReplicas: 9 } });
    await patch(`${at('v2')}/web`, { spec: { behavior: { scaleUp: { selectPolicy: 'Min' } } } });
    const after = await patch(`${at('v1')}/web`, { spec: { minReplicas: 2 } });
    expect(after.spec).toMatchObject({ minReplicas: 2, maxReplicas: 9 });
    const { body: whole } = await api.call('GET', `${at('v2')}/web`);
    expect(whole.spec).toMatchObject({ behavior: { scaleUp: { selectPolicy: 'Min' } } });
    expect(whole.metadata.annotations).toBeUndefined();
  });

  test('its status is written through both', async () => {
    await post(at('v1'), v1);
    const status = { currentReplicas: 1, desiredReplicas: 2, currentCPUUtilizationPercentage: 90 };
    await patch(`${at('v1')}/web/status`, { status });
    const { body } = await api.call('GET', `${at('v2')}/web`);
    expect(body).toMatchObject({
      status: {
        desiredReplicas: 2,
        currentMetrics: [{ resource: { current: { averageUtilization: 90 } } }],
      },
    });
  });

  test('is listed, printed, watched and deleted in both', async () => {
    await post(at('v1'), v1);
    const { body: list } = await api.call('GET', `${at('v1')}?fieldSelector=metadata.name%3Dweb`);
    expect(list).toMatchObject({
      kind: 'HorizontalPodAutoscalerList',
      apiVersion: 'autoscaling/v1',
    });
    expect(list.items).toHaveLength(1);
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const tables = await Promise.all(['v1', 'v2'].map((v) => api.call('GET', at(v), { accept })));
    expect(tables[0]!.body.rows).toMatchObject([
      { cells: ['web', 'Deployment/web', 'cpu: <unknown>/70%', '1', 4, 0, expect.any(String)] },
    ]);
    expect(tables[1]!.body.rows).toMatchObject([
      { cells: ['web', 'Deployment/web', 'cpu: <unknown>/70%', '1', 4, 0, expect.any(String)] },
    ]);
    expect(await api.call('DELETE', `${at('v1')}/web`)).toMatchObject({ code: 200 });
    expect(await api.call('GET', `${at('v2')}/web`)).toMatchObject({ code: 404 });
  });

  test('what is refused is refused in the words of both', async () => {
    const body = { ...v1, spec: { scaleTargetRef, maxReplicas: 0 } };
    const answer = await api.call('POST', at('v1'), { body });
    expect(answer.code).toBe(422);
    expect(answer.body.message).toBe(
      'HorizontalPodAutoscaler.autoscaling "web" is invalid: [spec.maxReplicas: Invalid value: 0: must be greater than 0, spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`]',
    );
  });
});

describe('a certificate signing request', () => {
  const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  const condition = { type: 'Approved', status: 'True', reason: 'Checked' };
  const manifest = manifests.find(({ kind }) => kind === 'CertificateSigningRequest')!;

  const pem = (body: string): string => {
    const text = `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
    return Buffer.from(text).toString('base64');
  };

  const change = (path: string, body: unknown) =>
    api.call('PATCH', `${requests}/ann/${path}`, { body, type: merge });

  beforeEach(() => post(requests, manifest));

  test('says who asked, and is approved, then issued, once', async () => {
    const { body } = await api.call('GET', `${requests}/ann`);
    expect(body.spec).toMatchObject({ username: 'tester', groups: ['system:authenticated'] });
    const approved = await change('approval', { status: { conditions: [condition] } });
    expect(approved.body).toMatchObject({
      status: { conditions: [{ ...condition, lastUpdateTime: expect.any(String) as string }] },
    });
    const certificate = pem('MAA=');
    expect(await change('status', { status: { certificate } })).toMatchObject({ code: 200 });
    const again = await change('status', { status: { certificate: pem('MAEA') } });
    expect(again.code).toBe(422);
    const { body: rows } = await api.call('GET', `${requests}/ann`, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    });
    expect(rows.rows).toMatchObject([
      {
        cells: [
          'ann',
          expect.any(String),
          'kubernetes.io/kube-apiserver-client',
          'tester',
          '60m',
          'Approved,Issued',
        ],
      },
    ]);
  });

  test('is decided by approval alone, and what is decided stays', async () => {
    const refused = await change('status', { status: { conditions: [condition] } });
    expect(refused.body.message).toContain('updates may not add a condition of type "Approved"');
    await change('approval', { status: { conditions: [condition] } });
    const undone = await change('approval', { status: { conditions: [] } });
    expect(undone.body.message).toContain('updates may not remove a condition of type "Approved"');
    const both = [condition, { ...condition, type: 'Denied' }];
    const torn = await change('approval', { status: { conditions: both } });
    expect(torn.body.message).toContain('Approved and Denied conditions are mutually exclusive');
  });
});
