/**
 * Controllers whose writes are refused, under a virtual clock: how often they ask, what they say
 * of it, and that others go on.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../api/meta.ts';
import type { ResourceType } from '../api/resource.ts';
import {
  configMaps,
  deployments,
  jobs,
  pods,
  replicaSets,
  replicationControllers,
  resourceQuotas,
  statefulSets,
  validatingAdmissionPolicies,
} from '../api/resources.ts';
import type { RestClient } from '../client/rest.ts';
import {
  CONTROLLERS,
  ControllersInVirtualTime,
  jobSpec,
  makeCronJob,
  makeService,
  MINUTE_MS,
  selector,
  template,
  workloads,
} from '../test/support/controllers-in-virtual-time.ts';

/**
 * Doubled backoffs from 5 ms to 11 minutes are 18 tries. Two controllers may work for one object,
 * and tell of each try; and every place is refused its CA.
 */
const MOST_WRITES = 100;

/** Of a Job's controller, which asks at least once a minute: what it tries, and what it tells. */
const MOST_WRITES_OF_JOBS = 35;

const world = new ControllersInVirtualTime();
let admin: RestClient;

const claimSpec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
const countless = 2 ** 31 - 1;
/** More than anybody can have. */
const hugeOnes: typeof workloads = {
  deployment: (client, namespace) =>
    client.create(deployments, {
      metadata: { namespace, name: 'web' },
      spec: { replicas: countless, selector, template },
    }),
  statefulset: (client, namespace) =>
    client.create(statefulSets, {
      metadata: { namespace, name: 'web' },
      spec: {
        replicas: countless,
        selector,
        template,
        serviceName: 'web',
        podManagementPolicy: 'Parallel',
      },
    }),
  job: (client, namespace) =>
    client.create(jobs, {
      metadata: { namespace, name: 'web' },
      spec: { parallelism: countless, ...jobSpec },
    }),
};
const ENOUGH_PODS = 5;
/** Refused by a policy, and not by a quota of pods. */
const others: typeof workloads = {
  account: () => Promise.resolve(),
  cronjob: makeCronJob,
  claims: (client, namespace) =>
    client.create(statefulSets, {
      metadata: { namespace, name: 'web' },
      spec: {
        ...{ replicas: 2, selector, template, serviceName: 'web' },
        volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claimSpec } as never],
      },
    }),
  service: makeService,
};

/** Refuses what controllers create in `shut-…`, and what they say of its state in `still-…`. */
async function refuse(client: RestClient): Promise<void> {
  const rule = (operation: string, resource: string): object => ({
    ...{ apiGroups: ['*'], apiVersions: ['*'] },
    ...{ operations: [operation], resources: [resource] },
  });
  const policy = {
    matchConstraints: { resourceRules: [rule('CREATE', '*'), rule('UPDATE', '*/status')] },
    matchConditions: [
      {
        name: 'controllers',
        expression:
          `request.userInfo.username == '${CONTROLLERS}' && has(request.namespace) && ` +
          "(request.operation == 'CREATE' ? request.namespace.startsWith('shut-') && " +
          "!(request.resource.resource in ['events', 'controllerrevisions']) : request.namespace.startsWith('still-'))",
      },
    ],
    validations: [{ expression: 'false', message: 'closed', reason: 'Forbidden' }],
  };
  await client.create(validatingAdmissionPolicies, {
    metadata: { name: 'closed' },
    spec: policy,
  });
  const bindings: ResourceType<KubernetesObject & { readonly spec: object }> = {
    ...validatingAdmissionPolicies,
    ...{ resource: 'validatingadmissionpolicybindings', kind: 'ValidatingAdmissionPolicyBinding' },
  };
  await client.create(bindings, {
    metadata: { name: 'closed' },
    spec: { policyName: 'closed', validationActions: ['Deny'] },
  });
}

const limitPods = (namespace: string, count: number): Promise<unknown> =>
  admin.create(resourceQuotas, {
    metadata: { namespace, name: 'none' },
    spec: { hard: { pods: String(count) } },
  });

const policed = { ...workloads, ...others };

beforeAll(async () => {
  await world.start(refuse);
  ({ admin } = world);
  for (const [kind, make] of Object.entries(policed)) {
    const withAccount = kind !== 'account';
    await world.played(world.makePlace(`shut-${kind}`, { withAccount }));
    await world.played(make(admin, `shut-${kind}`));
  }
  for (const [kind, make] of Object.entries(workloads)) {
    for (const what of ['poor', 'still']) await world.played(world.makePlace(`${what}-${kind}`));
    await world.played(limitPods(`poor-${kind}`, 0));
    await world.played(make(admin, `poor-${kind}`));
    await world.played(make(admin, `still-${kind}`));
  }
  for (const [kind, make] of Object.entries(hugeOnes)) {
    await world.played(world.makePlace(`huge-${kind}`));
    await world.played(limitPods(`huge-${kind}`, ENOUGH_PODS));
    await world.played(make(admin, `huge-${kind}`));
  }
  await world.played(makeRing());
  await world.pass(20 * MINUTE_MS);
}, 120_000);

/** Three that own each other in turn, of which one is deleted in the foreground; and two more. */
async function makeRing(): Promise<void> {
  const namespace = 'ring';
  await world.makePlace(namespace);
  const uids = new Map<string, string>();
  for (const name of ['a', 'b', 'c', 'x', 'y']) {
    const { metadata } = await admin.create(configMaps, { metadata: { namespace, name } });
    uids.set(name, metadata.uid!);
  }
  for (const [name, owner] of ['ac', 'ba', 'cb', 'xy', 'yx'].map((pair) => [...pair])) {
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid: uids.get(owner!) };
    await admin.patch(
      configMaps,
      { namespace, name: name! },
      {
        type: 'application/merge-patch+json',
        body: { metadata: { ownerReferences: [{ ...reference, blockOwnerDeletion: true }] } },
      },
    );
  }
  await admin.delete(configMaps, { namespace, name: 'a' }, { propagationPolicy: 'Foreground' });
}

const places = [
  ...Object.keys(policed).map((kind) => `shut-${kind}`),
  ...Object.keys(workloads).flatMap((kind) => [`poor-${kind}`, `still-${kind}`]),
  ...Object.keys(hugeOnes).map((kind) => `huge-${kind}`),
];

describe('a controller that is refused', () => {
  it.each(places)('in %s asks ever more rarely, and does not give up', (namespace) => {
    const perSpan = [
      [0, 1],
      [1, 5],
      [5, 20],
    ].map(([from, to]) => world.writesIn(namespace, from! * MINUTE_MS, to! * MINUTE_MS).length);
    expect(perSpan[0]! + perSpan[1]! + perSpan[2]!).toBeLessThan(MOST_WRITES);
    expect(perSpan[1]).toBeLessThan(15);
    expect(perSpan[2]).toBeLessThan(namespace.endsWith('-job') ? MOST_WRITES_OF_JOBS : 15);
    expect(perSpan[2]).toBeGreaterThan(0);
  });

  const denied =
    "is forbidden: ValidatingAdmissionPolicy 'closed' with binding 'closed' denied request: closed";
  const pod = new RegExp(`^FailedCreate: Error creating: pods "web-\\w+" ${denied}$`);
  const quota =
    /^FailedCreate: .*pods "web-\S+" is forbidden: exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0$/;
  it.each<[string, RegExp]>([
    ['shut-replicaset', pod],
    ['shut-replicationcontroller', pod],
    ['shut-daemonset', pod],
    ['shut-job', pod],
    [
      'shut-deployment',
      new RegExp(
        `^ReplicaSetCreateError: Failed to create new replica set "web-\\w+": replicasets.apps "web-\\w+" ${denied}$`,
      ),
    ],
    [
      'shut-statefulset',
      new RegExp(
        `^FailedCreate: create Pod web-0 in StatefulSet web failed error: pods "web-0" ${denied}$`,
      ),
    ],
    [
      'shut-claims',
      new RegExp(
        `^FailedCreate: create Claim data-web-0 for Pod web-0 in StatefulSet web failed error: persistentvolumeclaims "data-web-0" ${denied}$`,
      ),
    ],
    [
      'shut-cronjob',
      new RegExp(`^FailedCreate: Error creating job: jobs.batch "web-\\d+" ${denied}$`),
    ],
    [
      'shut-service',
      new RegExp(
        `^FailedToCreateEndpoint: Failed to create endpoint for service shut-service/web: endpoints "web" ${denied}$`,
      ),
    ],
    [
      'shut-service',
      new RegExp(
        `^FailedToUpdateEndpointSlices: Error updating Endpoint Slices for Service shut-service/web: failed to create EndpointSlice for Service shut-service/web: endpointslices.discovery.k8s.io "web-\\w+" ${denied}$`,
      ),
    ],
    ...Object.keys(workloads).map((kind): [string, RegExp] => [`poor-${kind}`, quota]),
  ])('in %s says why in an event', async (namespace, told) => {
    expect(await world.reasons(namespace)).toContainEqual(expect.stringMatching(told));
  });

  it.each([
    ['shut-deployment', deployments, ['Progressing', 'False', 'ReplicaSetCreateError']],
    ['poor-deployment', deployments, ['ReplicaFailure', 'True', 'FailedCreate']],
    ['poor-replicaset', replicaSets, ['ReplicaFailure', 'True', 'FailedCreate']],
    [
      'poor-replicationcontroller',
      replicationControllers,
      ['ReplicaFailure', 'True', 'FailedCreate'],
    ],
  ])('in %s says so in a condition', async (namespace, type, condition) => {
    const { status } = await world.played(
      admin.get(type as typeof deployments, { namespace, name: 'web' }),
    );
    const told = status?.conditions?.map((each) => [each.type, each.status, each.reason]);
    expect(told).toContainEqual(condition);
  });

  it.each(Object.keys(hugeOnes))('for a huge %s gets what its quota allows', async (kind) => {
    const namespace = `huge-${kind}`;
    expect((await world.played(admin.list(pods, { namespace }))).items).toHaveLength(ENOUGH_PODS);
    const told = /^FailedCreate: .*exceeded quota: none, requested: pods=1, used: pods=5/;
    expect(await world.reasons(namespace)).toContainEqual(expect.stringMatching(told));
  });

  it('leaves others alone', async () => {
    await world.played(world.makePlace('open'));
    await world.played(workloads['deployment']!(admin, 'open'));
    await world.pass(2000);
    expect((await world.played(admin.list(pods, { namespace: 'open' }))).items).toHaveLength(3);
  });
});

it('owners in a ring: they go when one is deleted, stay when none is, and nobody spins', async () => {
  const { items } = await world.played(admin.list(configMaps, { namespace: 'ring' }));
  expect(items.map(({ metadata }) => metadata.name)).toEqual(['kube-root-ca.crt', 'x', 'y']);
  expect(world.writesIn('ring').length).toBeLessThan(20);
});
