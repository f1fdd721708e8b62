import { expect, it } from 'vitest';
import { connectName, type Operand, operationName } from './operation-names.ts';

const of = (group: string, kind: string, more: Partial<Operand> = {}): Operand => ({
  ...{ of: { group, version: 'v1', kind }, namespaced: true, custom: false, watched: true },
  ...more,
});

// Beside kube-apiserver, every operation: openapi.long.test.ts.
it.each([
  [
    operationName('get', of('', 'Pod', { subresource: 'status' })),
    ['readCoreV1NamespacedPodStatus', 'core_v1', 'read status of the specified Pod'],
  ],
  [
    operationName('list', of('apps', 'Deployment', { suffix: 'ForAllNamespaces' })),
    ['listAppsV1DeploymentForAllNamespaces', 'apps_v1', 'list or watch objects of kind Deployment'],
  ],
  [
    operationName('list', of('cert-manager.io', 'Issuer', { custom: true, watched: false })),
    ['listCertManagerIoV1NamespacedIssuer', 'certManagerIo_v1', 'list objects of kind Issuer'],
  ],
  [
    operationName(
      'deletecollection',
      of('rbac.authorization.k8s.io', 'ClusterRole', { namespaced: false }),
    ),
    [
      'deleteRbacAuthorizationV1CollectionClusterRole',
      'rbacAuthorization_v1',
      'delete collection of ClusterRole',
    ],
  ],
  [
    operationName('post', of('networking.k8s.io', 'Ingress')),
    ['createNetworkingV1NamespacedIngress', 'networking_v1', 'create an Ingress'],
  ],
  [
    operationName('delete', of('', 'Endpoints')),
    ['deleteCoreV1NamespacedEndpoints', 'core_v1', 'delete Endpoints'],
  ],
  [
    operationName('patch', of('apps', 'Deployment', { subresource: 'scale' })),
    [
      'patchAppsV1NamespacedDeploymentScale',
      'apps_v1',
      'partially update scale of the specified Deployment',
    ],
  ],
  [
    connectName('get', of('', 'Pod', { subresource: 'proxy', suffix: 'WithPath' })),
    [
      'connectCoreV1GetNamespacedPodProxyWithPath',
      'core_v1',
      'connect GET requests to proxy of Pod',
    ],
  ],
])('%j', ({ operationId, tags, description }, expected) => {
  expect([operationId, ...tags, description]).toEqual(expected);
});
