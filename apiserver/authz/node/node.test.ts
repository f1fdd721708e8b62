import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../api/meta.ts';
import type { PersistentVolume, Pod } from '../../../api/types/core-v1.ts';
import type { VolumeAttachment } from '../../../api/types/storage-v1.ts';
import type { Attributes } from '../authorizer.ts';
import type { ObjectSource } from '../object-source.ts';
import { NodeAuthorizer } from './node-authorizer.ts';
import { NodeGraph } from './node-graph.ts';

function source<T extends KubernetesObject>(objects: readonly T[]): ObjectSource<T> {
  return {
    get: (namespace, name) =>
      objects.find(
        ({ metadata }) => metadata.name === name && (metadata.namespace ?? '') === namespace,
      ),
    list: () => objects,
    follow: (follower) => follower.reset(objects),
    synced: () => undefined,
  };
}

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'a', name: 'web' },
  spec: {
    nodeName: 'n1',
    serviceAccountName: 'bot',
    imagePullSecrets: [{ name: 'pull' }],
    containers: [
      {
        name: 'c',
        env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 'env', key: 'k' } } }],
        envFrom: [{ configMapRef: { name: 'settings' } }],
      },
    ],
    volumes: [
      { name: 'v', secret: { secretName: 'mounted' } },
      { name: 'p', projected: { sources: [{ configMap: { name: 'projected' } }] } },
      { name: 'd', persistentVolumeClaim: { claimName: 'disk' } },
    ],
  },
};
const mirror: Pod = {
  ...pod,
  metadata: { namespace: 'b', name: 'm', annotations: { 'kubernetes.io/config.mirror': 'x' } },
};
const volume = {
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: 'pv1' },
  spec: {
    claimRef: { namespace: 'a', name: 'disk' },
    csi: { driver: 'd', volumeHandle: 'h', nodeStageSecretRef: { namespace: 'x', name: 'stage' } },
  },
} as PersistentVolume;
const attachment = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'VolumeAttachment',
  metadata: { name: 'va' },
  spec: { nodeName: 'n1' },
} as VolumeAttachment;

const authorizer = new NodeAuthorizer(
  new NodeGraph({
    pods: source([pod, mirror]),
    persistentVolumes: source([volume]),
    volumeAttachments: source([attachment]),
    resourceSlices: source([]),
  }),
);

const node = (name: string) => ({ name: `system:node:${name}`, groups: ['system:nodes'] });

/** "get a/secrets/env", "get /persistentvolumes/pv1". */
function asked(text: string, fieldSelector?: string): Attributes {
  const [verb = '', path = ''] = text.split(' ');
  const [namespace = '', dotted = '', name = '', subresource = ''] = path.split('/');
  const [resource = '', ...rest] = dotted.split('.');
  const group = rest.join('.');
  const selector = fieldSelector === undefined ? {} : { fieldSelector };
  return { type: 'resource', verb, group, resource, subresource, namespace, name, ...selector };
}

const unrelated = "no relationship found between node 'n2' and this object";

describe('the node authorizer', () => {
  it.each([
    'get a/secrets/env',
    'watch a/secrets/mounted',
    'list a/secrets/pull',
    'get a/configmaps/settings',
    'get a/configmaps/projected',
    'get a/persistentvolumeclaims/disk',
    'patch a/persistentvolumeclaims/disk/status',
    'get /persistentvolumes/pv1',
    'get x/secrets/stage',
    'get /volumeattachments.storage.k8s.io/va',
    'create a/serviceaccounts/bot/token',
    'get a/serviceaccounts/bot',
    'get a/pods/web',
  ])('%s: for the node of the pod only', (question) => {
    expect(authorizer.authorize(node('n1'), asked(question))).toEqual({ allowed: true });
    expect(authorizer.authorize(node('n2'), asked(question))).toEqual({
      allowed: false,
      reason: unrelated,
    });
  });

  it.each([
    ['get b/secrets/env', "no relationship found between node 'n1' and this object"],
    ['list a/secrets/', 'No Object name found'],
    ['update a/secrets/env', 'can only read resources of this type'],
    ['get /secrets/env', 'can only read namespaced object of this type'],
    ['list /persistentvolumes/', 'can only get individual resources of this type'],
    ['list /pods/', 'can only list/watch pods with spec.nodeName field selector'],
    ['list /nodes/', "node 'n1' cannot read all nodes, only its own Node object"],
    ['get /nodes/n2', "node 'n1' cannot read 'n2', only its own Node object"],
    [
      'get a/leases.coordination.k8s.io/n1',
      'can only access leases in the "kube-node-lease" system namespace',
    ],
    [
      'update kube-node-lease/leases.coordination.k8s.io/n2',
      'can only access node lease with the same name as the requesting node',
    ],
    ['create a/serviceaccounts/bot', 'can only create token subresource of serviceaccount'],
    ['list /csinodes.storage.k8s.io/', 'can only get, create, update, patch, or delete a CSINode'],
  ])('%s: %s', (question, reason) => {
    expect(authorizer.authorize(node('n1'), asked(question))).toEqual({ allowed: false, reason });
  });

  it.each([
    asked('list /pods/', 'spec.nodeName=n1'),
    asked('watch /pods/', 'spec.nodeName=n1,status.phase=Running'),
    asked('get /nodes/n1'),
    asked('create /nodes/'),
    asked('patch /nodes/n1/status'),
    asked('update kube-node-lease/leases.coordination.k8s.io/n1'),
    asked('create kube-node-lease/leases.coordination.k8s.io/'),
    asked('list /services/'),
    asked('create a/events/'),
    asked('patch a/pods/web/status'),
    asked('list /resourceslices.resource.k8s.io/', 'spec.nodeName=n1'),
  ])('allows %j', (question) => {
    expect(authorizer.authorize(node('n1'), question)).toEqual({ allowed: true });
  });

  it('has no opinion on others, and refuses a node without a name', () => {
    const question = asked('get a/secrets/env');
    expect(authorizer.authorize({ name: 'system:node:n1', groups: [] }, question)).toEqual({
      allowed: false,
    });
    expect(authorizer.authorize(node(''), question)).toEqual({
      allowed: false,
      reason: 'unknown node for user "system:node:"',
    });
    expect(authorizer.authorize(node('n1'), asked('delete /nodes/n1'))).toEqual({ allowed: false });
  });
});
