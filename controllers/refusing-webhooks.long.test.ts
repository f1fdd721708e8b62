/**
 * Webhooks that refuse what controllers create, and that never answer, under a virtual clock: what
 * the controllers say of it, how often they ask, and that others go on.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../api/meta.ts';
import type { ResourceType } from '../api/resource.ts';
import {
  deployments,
  endpointSlices,
  jobs,
  pods,
  replicaSets,
  replicationControllers,
} from '../api/resources.ts';
import type { RestClient } from '../client/rest.ts';
import {
  CONTROLLERS,
  ControllersInVirtualTime,
  makeCronJob,
  makeService,
  MINUTE_MS,
  workloads,
} from '../test/support/controllers-in-virtual-time.ts';
import { FakeWebhooks, type Hook } from '../test/support/webhooks.ts';

const HOST = 'guard.example.org';
const HANG_SECONDS = 10;
/** Doubled backoffs from 5 ms to 11 minutes are 18 tries, some by two controllers. */
const MOST_WRITES = 100;

const world = new ControllersInVirtualTime();
let admin: RestClient;

const configurations: ResourceType<KubernetesObject & { readonly webhooks: readonly object[] }> = {
  ...{ group: 'admissionregistration.k8s.io', version: 'v1', namespaced: false },
  ...{ resource: 'validatingwebhookconfigurations', kind: 'ValidatingWebhookConfiguration' },
};

/** Guarded kinds whose controllers make something of them. */
const guarded = [
  'pods',
  'jobs',
  'replicasets',
  'endpoints',
  'endpointslices',
  'persistentvolumeclaims',
];

const guard = (client: RestClient): Promise<unknown> =>
  client.create(configurations, {
    metadata: { name: 'guard' },
    webhooks: [
      {
        name: HOST,
        clientConfig: { url: `https://${HOST}/` },
        rules: [
          { operations: ['CREATE'], apiGroups: ['*'], apiVersions: ['*'], resources: guarded },
        ],
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        timeoutSeconds: HANG_SECONDS,
      },
    ],
  });

/** What controllers create in `shut-…` is refused, and in `hang-…` nobody answers. */
const judge: Hook = ({ request }) => {
  const { namespace, userInfo } = request as unknown as {
    readonly namespace: string;
    readonly userInfo: { readonly username: string };
  };
  if (userInfo.username !== CONTROLLERS) return { allowed: true };
  if (namespace.startsWith('hang-')) return new Promise(() => {});
  if (!namespace.startsWith('shut-')) return { allowed: true };
  return { allowed: false, status: { code: 403, message: 'not today' } };
};

const refused = { ...workloads, cronjob: makeCronJob, service: makeService };
const places = ['shut', 'hang'].flatMap((how) =>
  Object.keys(refused).map((kind) => `${how}-${kind}`),
);

beforeAll(async () => {
  const webhooks = new FakeWebhooks();
  webhooks.hooks.set(HOST, judge);
  await world.start(guard, webhooks);
  ({ admin } = world);
  for (const place of places) {
    await world.played(world.makePlace(place));
    const kind = place.slice('shut-'.length) as keyof typeof refused;
    await world.played(refused[kind](admin, place));
  }
  await world.pass(20 * MINUTE_MS);
}, 120_000);

describe('a controller whose creates a webhook refuses, or leaves waiting,', () => {
  it.each(places)('asks ever more rarely in %s, and does not give up', (namespace) => {
    const perSpan = [
      [0, 1],
      [1, 5],
      [5, 20],
    ].map(([from, to]) => world.writesIn(namespace, from! * MINUTE_MS, to! * MINUTE_MS).length);
    expect(perSpan[0]! + perSpan[1]! + perSpan[2]!).toBeLessThan(MOST_WRITES);
    // Tries that hang take ten seconds each: more of them are left for later.
    expect(perSpan[1]).toBeLessThan(namespace.startsWith('shut') ? 20 : 50);
    // A Job's controller asks once a minute at the least, and tells of it.
    expect(perSpan[2]).toBeLessThan(namespace.endsWith('-job') ? 35 : 20);
    expect(perSpan[2]).toBeGreaterThan(0);
  });

  const answers = {
    shut: `admission webhook "${HOST}" denied the request: not today`,
    hang:
      `Internal error occurred: failed calling webhook "${HOST}": failed to call webhook: ` +
      `Post "https://${HOST}/\\?timeout=${HANG_SECONDS}s": context deadline exceeded`,
  };
  const told = (kind: string, how: 'shut' | 'hang'): readonly RegExp[] => {
    const why = answers[how];
    const slice = 'Service NS/web: failed to create EndpointSlice for Service NS/web'.replaceAll(
      'NS',
      `${how}-service`,
    );
    switch (kind) {
      case 'deployment':
        return [
          new RegExp(
            `^ReplicaSetCreateError: Failed to create new replica set "web-\\w+": ${why}$`,
          ),
        ];
      case 'statefulset':
        return [
          new RegExp(`^FailedCreate: create Pod web-0 in StatefulSet web failed error: ${why}$`),
        ];
      case 'cronjob':
        return [new RegExp(`^FailedCreate: Error creating job: ${why}$`)];
      case 'service':
        return [
          new RegExp(
            `^FailedToCreateEndpoint: Failed to create endpoint for service ${how}-service/web: ${why}$`,
          ),
          new RegExp(
            `^FailedToUpdateEndpointSlices: Error updating Endpoint Slices for ${slice}: ${why}$`,
          ),
        ];
      default:
        return [new RegExp(`^FailedCreate: Error creating: ${why}$`)];
    }
  };
  it.each(places)('says why in events in %s', async (namespace) => {
    const how = namespace.startsWith('shut') ? 'shut' : 'hang';
    const reasons = await world.reasons(namespace);
    for (const wanted of told(namespace.slice(5), how))
      expect(reasons).toContainEqual(expect.stringMatching(wanted));
  });

  it.each([
    ['deployment', deployments, ['Progressing', 'False', 'ReplicaSetCreateError']],
    ['replicaset', replicaSets, ['ReplicaFailure', 'True', 'FailedCreate']],
    ['replicationcontroller', replicationControllers, ['ReplicaFailure', 'True', 'FailedCreate']],
  ])('says so in a condition of the %s', async (kind, type, condition) => {
    for (const how of ['shut', 'hang']) {
      const ref = { namespace: `${how}-${kind}`, name: 'web' };
      const { status } = await world.played(admin.get(type as typeof deployments, ref));
      const conditions = status?.conditions?.map((each) => [each.type, each.status, each.reason]);
      expect(conditions).toContainEqual(condition);
    }
  });

  it('leaves others alone', async () => {
    await world.played(world.makePlace('open'));
    for (const make of Object.values({ ...workloads, service: makeService }))
      if (make !== workloads['replicaset']) await world.played(make(admin, 'open'));
    await world.pass(MINUTE_MS);
    const { items } = await world.played(admin.list(pods, { namespace: 'open' }));
    const owners = new Set(items.map(({ metadata }) => metadata.ownerReferences?.[0]?.kind));
    expect([...owners].sort()).toEqual([
      'DaemonSet',
      'Job',
      'ReplicaSet',
      'ReplicationController',
      'StatefulSet',
    ]);
    const slices = await world.played(admin.list(endpointSlices, { namespace: 'open' }));
    expect(slices.items).toHaveLength(1);
  });

  it('goes on once it may', async () => {
    await world.played(admin.delete(configurations, { name: 'guard' }));
    await world.pass(17 * MINUTE_MS);
    for (const place of places.filter((each) => !/service|cronjob|daemonset/.test(each))) {
      const { items } = await world.played(admin.list(pods, { namespace: place }));
      expect([place, items.length]).toEqual([place, place.endsWith('statefulset') ? 1 : 3]);
    }
    for (const how of ['shut', 'hang']) {
      const { items } = await world.played(admin.list(jobs, { namespace: `${how}-cronjob` }));
      expect(items).not.toHaveLength(0);
    }
  });
});
