import { describe, expect, it } from 'vitest';
import { Lifecycle } from '../../../platform/lifecycle.ts';
import { startFlaggedApi } from '../../../test/support/flagged-api.ts';
import type { KubernetesObject, Mutable } from '../../../api/meta.ts';
import type { ResourceType } from '../../../api/resource.ts';
import { StatusError } from '../../../api/status.ts';
import type { Node, Pod } from '../../../api/types/core-v1.ts';
import type { AdmissionAttributes, Operation } from '../admission.ts';
import type { Lookup } from '../lookups.ts';
import { NodeRestriction } from './node-restriction.ts';

const self: Node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', uid: 'u1' } } as Node;

const pod = (nodeName: string, more: object = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', uid: 'up', ...more },
  spec: { nodeName, containers: [] },
});

const lookup = <T extends KubernetesObject>(...objects: T[]): Lookup<T> => ({
  served: true,
  known: () => objects,
  named: (_namespace, name) => objects.find(({ metadata }) => metadata.name === name),
});

const plugin = new NodeRestriction({
  nodes: lookup(self),
  pods: lookup(pod('n1'), { ...pod('n2'), metadata: { name: 'foreign', uid: 'uf' } }),
  ...{ claims: lookup(), volumes: lookup(), csiDrivers: lookup() },
  mayAccess: (_user, { resource }) => Promise.resolve(resource === 'vault'),
});

const n1 = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };

interface Asked {
  readonly object?: object;
  readonly old?: object;
  readonly user?: { name: string; groups: string[] };
  readonly name?: string;
  readonly namespace?: string;
}

/** "CREATE pods/eviction": what is asked. The refusal, or undefined. */
async function refusal(line: string, asked: Asked = {}): Promise<string | undefined> {
  const [operation, path = ''] = line.split(' ');
  const [full = '', subresource = ''] = path.split('/');
  const dot = full.indexOf('.');
  const resource = dot < 0 ? full : full.slice(0, dot);
  const type: ResourceType = {
    group: dot < 0 ? '' : full.slice(dot + 1),
    version: 'v1',
    resource,
    kind: 'Any',
    namespaced: true,
  };
  const attributes: AdmissionAttributes = {
    operation: operation as Operation,
    ...{ type, kind: type, subresource },
    namespace: asked.namespace ?? 'default',
    name: asked.name ?? 'p',
    object: asked.object as Mutable<KubernetesObject> | undefined,
    oldObject: asked.old as KubernetesObject | undefined,
    user: asked.user ?? n1,
    dryRun: false,
    options: {},
  };
  if (!plugin.handles(attributes)) return undefined;
  try {
    await plugin.mutate(attributes);
    return undefined;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return error.message.replace(/^.* is forbidden: /, '');
  }
}

const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'u1', controller: true };
const mirror = { annotations: { 'kubernetes.io/config.mirror': 'x' }, ownerReferences: [owner] };
const withSpec = (spec: object): Pod => {
  const base = pod('n1', mirror);
  return { ...base, spec: { ...base.spec, ...spec } };
};

describe('a node', () => {
  it.each<[string, Asked, string | undefined]>([
    ['CREATE pods', { object: pod('n1', mirror) }, undefined],
    [
      'CREATE pods',
      { object: pod('n1') },
      'pod does not have "kubernetes.io/config.mirror" annotation, ' +
        'node "n1" can only create mirror pods',
    ],
    [
      'CREATE pods',
      { object: pod('n2', mirror) },
      'node "n1" can only create pods with spec.nodeName set to itself',
    ],
    [
      'CREATE pods',
      { object: pod('n1', { ...mirror, ownerReferences: [] }) },
      'node "n1" can only create pods with an owner reference set to itself',
    ],
    [
      'CREATE pods',
      { object: pod('n1', { ...mirror, ownerReferences: [{ ...owner, controller: false }] }) },
      'node "n1" can only create pods with a controller owner reference set to itself',
    ],
    [
      'CREATE pods',
      { object: pod('n1', { ...mirror, ownerReferences: [{ ...owner, uid: 'other' }] }) },
      'node n1 UID mismatch: expected other got u1',
    ],
    [
      'CREATE pods',
      { object: withSpec({ serviceAccountName: 'default' }) },
      'node "n1" can not create pods that reference serviceaccounts',
    ],
    [
      'CREATE pods',
      { object: withSpec({ volumes: [{ name: 'v', secret: { secretName: 's' } }] }) },
      'node "n1" can not create pods that reference secrets',
    ],
    [
      'CREATE pods',
      { object: withSpec({ volumes: [{ name: 'v', configMap: { name: 's' } }] }) },
      'node "n1" can not create pods that reference configmaps',
    ],
    [
      'CREATE pods',
      {
        object: withSpec({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 's' } }] }),
      },
      'node "n1" can not create pods that reference persistentvolumeclaims',
    ],
    ['DELETE pods', { old: pod('n1') }, undefined],
    [
      'DELETE pods',
      { old: pod('n2') },
      'node "n1" can only delete pods with spec.nodeName set to itself',
    ],
    [
      'UPDATE pods',
      { object: pod('n1'), old: pod('n1') },
      'unexpected operation "UPDATE", node "n1" can only create and delete mirror pods',
    ],
    ['UPDATE pods/status', { object: pod('n1'), old: pod('n1') }, undefined],
    [
      'UPDATE pods/status',
      { object: pod('n2'), old: pod('n2') },
      'node "n1" can only update pod status for pods with spec.nodeName set to itself',
    ],
    [
      'UPDATE pods/status',
      { object: pod('n1', { labels: { a: 'b' } }), old: pod('n1') },
      'node "n1" cannot update labels through pod status',
    ],
    ['CREATE pods/eviction', { object: pod('') }, undefined],
    [
      'CREATE pods/eviction',
      { object: pod(''), name: 'foreign' },
      'node n1 can only evict pods with spec.nodeName set to itself',
    ],
    [
      'UPDATE pods/ephemeralcontainers',
      { object: pod('n1'), old: pod('n1') },
      "unexpected pod subresource \"ephemeralcontainers\", only 'status' and 'eviction' " +
        'are allowed',
    ],
  ])('%s %j', async (line, asked, expected) => {
    expect(await refusal(line, asked)).toBe(expected);
  });

  const node = (metadata: object, spec?: object) => ({
    metadata: { name: 'n1', ...metadata },
    spec,
  });
  it.each<[string, object, object | undefined, string | undefined]>([
    ['CREATE nodes', node({ labels: { 'kubernetes.io/os': 'linux' } }), undefined, undefined],
    [
      'CREATE nodes',
      node({ labels: { 'node-restriction.kubernetes.io/a': 'b', 'k8s.io/x': 'y', own: 'c' } }),
      undefined,
      'node "n1" is not allowed to set the following labels: ' +
        'k8s.io/x, node-restriction.kubernetes.io/a',
    ],
    ['UPDATE nodes', node({ labels: { 'x.kubelet.kubernetes.io/a': 'b' } }), node({}), undefined],
    [
      'UPDATE nodes',
      node({}),
      node({ labels: { 'kubernetes.io/role': 'b' } }),
      'is not allowed to modify labels: kubernetes.io/role',
    ],
    [
      'UPDATE nodes',
      node({}, { taints: [] }),
      node({}, { taints: [{ key: 'a', effect: 'NoSchedule' }] }),
      'node "n1" is not allowed to modify taints',
    ],
    [
      'UPDATE nodes',
      node({ ownerReferences: [owner] }),
      node({}),
      'node "n1" is not allowed to modify ownerReferences',
    ],
    [
      'UPDATE nodes',
      node({}, { configSource: {} }),
      node({}),
      'node "n1" is not allowed to update configSource to a new non-nil configSource',
    ],
  ])('%s %j from %j', async (...[line, object, old, expected]) => {
    expect(await refusal(line, { object, ...(old && { old }), name: 'n1' })).toBe(expected);
  });

  it.each<[string, Asked, string | undefined]>([
    [
      'UPDATE nodes',
      { name: 'n2', object: {}, old: {} },
      'node "n1" is not allowed to modify node "n2"',
    ],
    [
      'UPDATE leases.coordination.k8s.io',
      { name: 'n1' },
      'can only access leases in the "kube-node-lease" system namespace',
    ],
    [
      'UPDATE leases.coordination.k8s.io',
      { name: 'n2', namespace: 'kube-node-lease' },
      'can only access node lease with the same name as the requesting node',
    ],
    ['UPDATE leases.coordination.k8s.io', { name: 'n1', namespace: 'kube-node-lease' }, undefined],
    [
      'CREATE csinodes.storage.k8s.io',
      { name: '', object: { metadata: { name: 'n2' } } },
      'can only access CSINode with the same name as the requesting node',
    ],
    ['UPDATE persistentvolumeclaims', {}, 'may only update PVC status'],
    [
      'UPDATE persistentvolumeclaims/status',
      { object: { metadata: {}, status: { phase: 'Lost' } }, old: { metadata: {} } },
      'node "n1" is not allowed to update fields other than ' +
        'status.quantity and status.conditions:\n  claim.status.phase: unset → "Lost"',
    ],
    [
      'UPDATE persistentvolumeclaims/status',
      { object: { metadata: {}, status: { capacity: {} } }, old: { metadata: {} } },
      undefined,
    ],
    [
      'CREATE serviceaccounts/token',
      { object: { spec: {} } },
      'node requested token not bound to a pod',
    ],
    [
      'CREATE serviceaccounts/token',
      {
        object: {
          spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'foreign', uid: 'uf' } },
        },
      },
      'node requested token bound to a pod scheduled on a different node',
    ],
    [
      'CREATE serviceaccounts/token',
      {
        object: {
          spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'up' } },
        },
      },
      'audience "" not found in pod spec volume, ' +
        'system:node:n1 is not authorized to request tokens for this audience',
    ],
    [
      'CREATE serviceaccounts/token',
      {
        object: {
          spec: {
            audiences: ['vault'],
            boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'up' },
          },
        },
      },
      undefined,
    ],
    [
      'CREATE resourceslices.resource.k8s.io',
      { object: { spec: { nodeName: 'n2' } } },
      'can only create ResourceSlice with the same NodeName as the requesting node',
    ],
  ])('%s %j', async (line, asked, expected) => {
    expect(await refusal(line, asked)).toBe(expected);
  });

  it('without a name does nothing', async () => {
    const user = { name: 'system:node:', groups: ['system:nodes'] };
    expect(await refusal('UPDATE nodes', { user })).toBe(
      'could not determine node from user "system:node:"',
    );
  });
});

it('others are not restricted', async () => {
  const user = { name: 'system:node:n2', groups: ['system:authenticated'] };
  expect(await refusal('CREATE pods', { user, object: pod('n1') })).toBeUndefined();
});

it('a node that may not ask for a token hears so even of an account that is not there', async () => {
  const parts = new Lifecycle();
  try {
    const api = await startFlaggedApi(parts, [
      '--authorization-mode=AlwaysAllow',
      '--enable-admission-plugins=NodeRestriction',
    ]);
    const ask = async (boundObjectRef?: object) => {
      const path = '/api/v1/namespaces/default/serviceaccounts/nobody/token';
      const { code, body } = await api.call(`POST ${path}`, {
        peer: { certificate: { commonName: 'system:node:n1', organizations: ['system:nodes'] } },
        body: {
          ...{ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest' },
          spec: { audiences: ['a'], boundObjectRef },
        },
      });
      return { code, message: body.message };
    };
    expect(await ask()).toEqual({
      code: 403,
      message: 'serviceaccounts "nobody" is forbidden: node requested token not bound to a pod',
    });
    expect(await ask({ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' })).toEqual({
      code: 404,
      message: 'pod "p" not found',
    });
  } finally {
    await parts.stop();
  }
});
