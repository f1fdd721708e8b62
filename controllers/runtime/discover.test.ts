import { expect, it } from 'vitest';
import type { KubernetesList, KubernetesObject } from '../../api/meta.ts';
import type { APIService } from '../../api/types/apiregistration-v1.ts';
import { statusError } from '../../api/status.ts';
import type { RestClient } from '../../client/rest.ts';
import { silentLogger } from '../../platform/logger.ts';
import { discoverResourceTypes } from './discover.ts';

const verbs = ['get', 'list', 'watch', 'delete'];

const documents: Readonly<Record<string, unknown>> = {
  '/apis': {
    groups: ['apps/v1', 'metrics.k8s.io/v1beta1', 'example.com/v1'].map((groupVersion) => ({
      preferredVersion: { groupVersion },
    })),
  },
  '/api/v1': {
    groupVersion: 'v1',
    resources: [
      { name: 'pods', kind: 'Pod', namespaced: true, verbs },
      { name: 'pods/status', kind: 'Pod', namespaced: true, verbs },
      { name: 'bindings', kind: 'Binding', namespaced: true, verbs: ['create'] },
    ],
  },
  '/apis/apps/v1': {
    groupVersion: 'apps/v1',
    resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true, verbs }],
  },
  '/apis/example.com/v1': {
    groupVersion: 'example.com/v1',
    resources: [{ name: 'things', kind: 'Thing', namespaced: false, verbs }],
  },
};

const apiService = (group: string, version: string, service?: object): APIService =>
  ({ metadata: { name: `${version}.${group}` }, spec: { group, version, service } }) as APIService;

/** A server on which everything is there but the paths that do not answer. */
function clientWithout(...silent: readonly string[]): RestClient {
  const items = [
    apiService('apps', 'v1'),
    apiService('metrics.k8s.io', 'v1beta1', { name: 'metrics', namespace: 'kube-system' }),
    apiService('example.com', 'v1', { name: 'example', namespace: 'default' }),
  ];
  return {
    getPath: async (path: string) => {
      const found = silent.includes(path) ? undefined : documents[path];
      if (found === undefined) throw statusError('ServiceUnavailable', 'service unavailable', {});
      return found;
    },
    list: async () => ({ items }) as unknown as KubernetesList<KubernetesObject>,
  } as unknown as RestClient;
}

const resourcesOf = async (client: RestClient): Promise<string[]> =>
  (await discoverResourceTypes(client, silentLogger)).map(
    ({ group, version, resource }) => `${group}/${version}/${resource}`,
  );

it('finds what can be listed, watched and deleted; extension servers that are away are left out', async () => {
  expect(await resourcesOf(clientWithout())).toEqual([
    '/v1/pods',
    'apps/v1/deployments',
    'example.com/v1/things',
  ]);
  expect(await resourcesOf(clientWithout('/apis/example.com/v1'))).toEqual([
    '/v1/pods',
    'apps/v1/deployments',
  ]);
});

it('fails if a group of the API server itself cannot be asked', async () => {
  await expect(resourcesOf(clientWithout('/apis/apps/v1'))).rejects.toThrow('service unavailable');
});
