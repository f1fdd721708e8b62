import { afterAll, beforeAll, expect, it } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { CRDS } from '../../test/support/cron-tab.ts';
import { type RawApi, startRawApi } from '../../test/support/raw-api.ts';

const parts = new Lifecycle();
let api: RawApi;
beforeAll(async () => {
  api = await startRawApi(parts);
});
afterAll(() => parts.stop());

it('what a definition adds to a built-in group is served but in the versions that it has', async () => {
  const schema = { openAPIV3Schema: { type: 'object' } };
  const name = 'foos.networking.k8s.io';
  const annotations = { 'api-approved.kubernetes.io': 'unapproved, of a test' };
  const body = {
    ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
    metadata: { name, annotations },
    spec: {
      ...{ group: 'networking.k8s.io', scope: 'Cluster', names: { plural: 'foos', kind: 'Foo' } },
      versions: [
        { name: 'v1', served: true, storage: true, schema },
        { name: 'v7', served: true, storage: false, schema },
      ],
    },
  };
  expect((await api.call('POST', CRDS, { body })).code).toBe(201);
  await api.until('/apis/networking.k8s.io/v7/foos', ({ code }) => code === 200);
  const { status } = (await api.call('GET', `${CRDS}/${name}`)).body;
  expect(status.conditions!.map(({ type, status: is }) => [type, is])).toContainEqual([
    'Established',
    'True',
  ]);
  expect((await api.call('GET', '/apis/networking.k8s.io/v1/foos')).code).toBe(404);
  const { body: v1 } = await api.call('GET', '/apis/networking.k8s.io/v1');
  const resources = v1.resources.map((each) => each.name);
  expect(resources).toContain('networkpolicies');
  expect(resources).not.toContain('foos');
});
