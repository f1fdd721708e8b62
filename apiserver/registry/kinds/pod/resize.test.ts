/** `kubectl patch --subresource resize`: what it changes, and what it refuses in which words. */
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { Pod } from '../../../../api/types/core-v1.ts';
import { type Answer, TestApi } from '../../../../test/support/api-core.ts';
import { kinds } from '../index.ts';

const strategic = 'application/strategic-merge-patch+json';
const pods = '/api/v1/namespaces/d/pods';

type Sent = Record<string, unknown>;
const two = { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '200m', memory: '64Mi' } };
const unlimited = { requests: two.requests, limits: { cpu: '200m' } };
const sidecar = { name: 's', image: 'i', restartPolicy: 'Always', resources: unlimited };
const once = { name: 'o', image: 'i', resources: two };

let api: TestApi;

beforeEach(async () => {
  api = new TestApi(kinds);
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'd' } } });
});
afterEach(() => api.stop());

async function create(spec: Sent = {}, metadata: Sent = {}): Promise<Pod> {
  const container = { name: 'c', image: 'i', resources: two };
  const body = { metadata: { name: 'x', ...metadata }, spec: { containers: [container], ...spec } };
  return (await api.call('POST', pods, { body })).body as unknown as Pod;
}

const patch = (spec: Sent, more: Sent = {}): Promise<Answer> =>
  api.call('PATCH', `${pods}/x/resize`, { body: { spec, ...more }, type: strategic });

const resources = (change: Sent, name = 'c'): Sent => ({ name, resources: change });

describe('resize', () => {
  it('changes cpu and memory, and nothing else', async () => {
    const before = await create();
    const answer = await patch(
      {
        containers: [{ ...resources({ limits: { cpu: '300m' } }), image: 'other' }],
        activeDeadlineSeconds: 5,
      },
      { metadata: { labels: { a: 'b' } }, status: { phase: 'Running' } },
    );
    expect(answer.code).toBe(200);
    const pod = answer.body as unknown as Pod;
    expect(pod.spec).toEqual({
      ...before.spec,
      containers: [
        {
          ...before.spec.containers[0],
          resources: { ...two, limits: { cpu: '300m', memory: '64Mi' } },
        },
      ],
    });
    expect(pod.metadata).toMatchObject({ generation: 2, name: 'x' });
    expect(pod.metadata.labels).toBeUndefined();
    expect(pod.status).toEqual(before.status);
  });

  it('is read, replaced and applied too, and resizes sidecars', async () => {
    await create({ initContainers: [sidecar] });
    const url = `${pods}/x/resize`;
    const { body } = await api.call('GET', url);
    const pod = structuredClone(body) as unknown as { spec: { initContainers: Sent[] } };
    pod.spec.initContainers[0]!['resources'] = {
      ...unlimited,
      requests: { cpu: '150m', memory: '64Mi' },
    };
    expect((await api.call('PUT', url, { body: pod })).code).toBe(200);
    const apply = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'x' },
      spec: { containers: [resources({ requests: { cpu: '120m' } })] },
    };
    const applied = await api.call('PATCH', `${url}?fieldManager=me&force=true`, {
      body: apply,
      type: 'application/apply-patch+yaml',
    });
    expect(applied.body.message).toBeUndefined();
    const { spec } = (await api.call('GET', `${pods}/x`)).body as unknown as Pod;
    expect(spec.initContainers![0]!.resources!.requests).toEqual({ cpu: '150m', memory: '64Mi' });
    expect(spec.containers[0]!.resources!.requests).toEqual({ cpu: '120m', memory: '64Mi' });
    const stale = await api.call('PUT', url, { body: pod });
    expect(stale.code).toBe(409);
  });

  const only = 'spec: Forbidden: only cpu and memory resources are mutable';
  const quantity =
    'spec.containers[0].resources.requests: Invalid value: "300m": must be less than or equal to cpu limit of 200m';
  const qos = (was: string): string =>
    `spec: Invalid value: "${was}": Pod QOS Class may not change as a result of resizing`;

  const refused: [string, Sent, Sent, string][] = [
    ['requests above limits', {}, resources({ requests: { cpu: '300m' } }), quantity],
    ['another class', {}, resources({ requests: { cpu: '200m' } }), qos('Burstable')],
    [
      'a request taken away',
      { containers: [{ name: 'c', image: 'i', resources: unlimited }] },
      resources({ requests: { memory: null } }),
      'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
    ],
    [
      'limits taken away',
      {},
      resources({ limits: null }),
      'spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed',
    ],
    ['storage', {}, resources({ limits: { 'ephemeral-storage': '1Gi' } }), only],
    [
      'a policy',
      {},
      { name: 'c', resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }] },
      only,
    ],
    [
      'a container more',
      {},
      { name: 'd', image: 'i' },
      'spec.containers: Forbidden: containers may not be added or removed on resize',
    ],
  ];

  test.each(refused.map(([what, ...rest]) => [what, rest] as const))(
    'refuses %s',
    async (...of) => {
      const [, [spec, container, message]] = of;
      await create(spec);
      const { code, body } = await patch({ containers: [container] });
      expect([code, body.message]).toEqual([422, `Pod "x" is invalid: ${message}`]);
    },
  );

  test.each<[string, Sent, string]>([
    [
      'an init container',
      resources({ requests: { cpu: '50m' } }, 'o'),
      'spec: Forbidden: resources for non-sidecar init containers are immutable',
    ],
    [
      'a sidecar without its request',
      resources({ requests: { memory: null } }, 's'),
      'spec.initContainers[1].resources.requests: Forbidden: resource requests cannot be removed',
    ],
    [
      'storage of a sidecar',
      resources({ limits: { 'ephemeral-storage': '1Gi' } }, 's'),
      'spec: Forbidden: only cpu and memory resources for sidecar containers are mutable',
    ],
  ])('refuses %s', async (_what, container, message) => {
    await create({ initContainers: [once, sidecar] });
    const { body } = await patch({ initContainers: [container] });
    expect(body.message).toBe(`Pod "x" is invalid: ${message}`);
  });

  it('refuses containers in another order', async () => {
    const other = { name: 'd', image: 'i' };
    const { spec } = await create({ containers: [{ name: 'c', image: 'i' }, other] });
    const body = {
      metadata: { name: 'x' },
      spec: { ...spec, containers: spec.containers.toReversed() },
    };
    const { body: answer } = await api.call('PUT', `${pods}/x/resize`, { body });
    const field = (i: number): string =>
      `spec.containers[${i}].name: Forbidden: containers may not be renamed or reordered on resize`;
    expect(answer.message).toBe(`Pod "x" is invalid: [${field(0)}, ${field(1)}]`);
  });

  test.each([
    ['static pods', {}, { annotations: { 'kubernetes.io/config.mirror': 'a' } }],
    ['windows pods', { os: { name: 'windows' } }, {}],
    ['pods with pod-level resources', { resources: two }, {}],
  ])('refuses %s', async (what, spec, metadata) => {
    await create(spec, metadata);
    const { body } = await patch({ containers: [resources({ limits: { cpu: '300m' } })] });
    const message = `Pod "x" is invalid: []: Forbidden: ${what} cannot be resized`;
    expect(body.message).toBe(message);
  });

  it('needs a node that says what running containers have', async () => {
    await create();
    const running = { name: 'c', image: 'i', imageID: '', ready: true, restartCount: 0 };
    const state = { running: { startedAt: '2026-01-01T00:00:00Z' } };
    const status = (more: Sent): Promise<Answer> =>
      api.call('PATCH', `${pods}/x/status`, {
        body: { status: { containerStatuses: [{ ...running, state, ...more }] } },
        type: strategic,
      });
    await status({});
    const change = { containers: [resources({ limits: { cpu: '300m' } })] };
    const { body } = await patch(change);
    expect(body.message).toBe(
      'Pod "x" is invalid: spec: Forbidden: Pod running on node without support for resize',
    );
    await status({ resources: two });
    expect((await patch(change)).code).toBe(200);
  });
});
