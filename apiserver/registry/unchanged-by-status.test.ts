/** What a write through /status leaves alone is nobody's by being applied there: no conflict. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { CRDS } from '../../test/support/cron-tab.ts';
import { type RawApi, startRawApi } from '../../test/support/raw-api.ts';

const parts = new Lifecycle();
let api: RawApi;
const LOOSE = '/apis/loose.example.com/v1/namespaces/default/things';

beforeAll(async () => {
  api = await startRawApi(parts);
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const version = {
    ...{ name: 'v1', served: true, storage: true },
    ...{ schema: { openAPIV3Schema: schema }, subresources: { status: {} } },
  };
  const body = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.loose.example.com' },
    spec: {
      ...{ group: 'loose.example.com', scope: 'Namespaced', versions: [version] },
      names: { plural: 'things', kind: 'Thing' },
    },
  };
  expect((await api.call('POST', CRDS, { body })).code).toBe(201);
  await api.until(LOOSE, ({ code }) => code === 200);
});
afterAll(() => parts.stop());

const scaler = { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler' };
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const pod = { apiVersion: 'v1', kind: 'Pod' };
const ending = { name: 'x', deletionTimestamp: '2020-01-01T00:00:00Z' };

it.each([
  [
    'a custom resource whose schema says nothing',
    LOOSE,
    {
      whole: { apiVersion: 'loose.example.com/v1', kind: 'Thing', spec: { replicas: 1 } },
      changed: { spec: { replicas: 2 }, status: { ready: true } },
    },
  ],
  [
    'autoscaling/v1',
    '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers',
    {
      whole: { ...scaler, spec: { maxReplicas: 3, scaleTargetRef } },
      changed: { spec: { maxReplicas: 4, scaleTargetRef }, status: { currentReplicas: 2 } },
    },
  ],
  [
    'a Pod, its end',
    '/api/v1/namespaces/default/pods',
    {
      whole: { ...pod, spec: { containers: [{ name: 'c', image: 'a' }] } },
      changed: { metadata: ending, status: { message: 'here' } },
    },
  ],
])('%s', async (_what, list, { whole, changed }) => {
  const apply = (url: string, manager: string, body: object) =>
    api.call('PATCH', `${url}?fieldManager=${manager}`, {
      type: 'application/apply-patch+yaml',
      body,
    });
  const metadata = { name: 'x' };
  const first = await apply(`${list}/x`, 'one', { ...whole, metadata });
  expect(first.code).toBe(201);
  const second = await apply(`${list}/x/status`, 'two', { ...whole, metadata, ...changed });
  expect(second.body).toMatchObject({ status: changed.status, spec: first.body.spec });
  expect(second.body.metadata).not.toHaveProperty('deletionTimestamp');
});
