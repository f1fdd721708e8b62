/** Selectors that match everything or nothing, and negative sizes, under a virtual clock. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../api/meta.ts';
import type { ResourceType } from '../api/resource.ts';
import {
  deployments,
  endpointSlices,
  jobs,
  podDisruptionBudgets,
  pods,
  replicaSets,
  replicationControllers,
  services,
  statefulSets,
} from '../api/resources.ts';
import type { RestClient } from '../client/rest.ts';
import {
  ControllersInVirtualTime,
  MINUTE_MS,
  template,
  workloads,
} from '../test/support/controllers-in-virtual-time.ts';

const world = new ControllersInVirtualTime();
let admin: RestClient;

beforeAll(async () => {
  await world.start(() => Promise.resolve());
  ({ admin } = world);
});

const scaled: Readonly<Record<string, ResourceType<KubernetesObject>>> = {
  deployment: deployments,
  replicaset: replicaSets,
  replicationcontroller: replicationControllers,
  statefulset: statefulSets,
  job: jobs,
};

describe('a selector', () => {
  const own = { app: 'web' };

  it.each<[string, string, RegExp]>([
    ['deployment', 'deployments', /^SelectingAll: This deployment is selecting all pods\./],
    ['daemonset', 'daemonsets', /^SelectingAll: This daemon set is selecting all pods\./],
    ['statefulset', 'statefulsets', /^SelectingAll: This stateful set is selecting all pods\./],
  ])(
    'of a %s that matches everything is told of, and nothing more is done',
    async (kind, ...rest) => {
      const [resource, told] = rest;
      const namespace = `all-${kind}`;
      await world.played(world.makePlace(namespace));
      const made = await world.played(workloads[kind]!(admin, namespace));
      const { spec, ...object } = made as KubernetesObject & { readonly spec: object };
      const key = `/registry/${resource}/${namespace}/web`;
      await world.store(key, { ...object, spec: { ...spec, selector: {} } });
      await world.pass(MINUTE_MS);
      expect(await world.reasons(namespace)).toContainEqual(expect.stringMatching(told));
      const { nowMs } = world;
      await world.pass(5 * MINUTE_MS);
      expect(world.writesIn(namespace, nowMs)).toEqual([]);
    },
  );

  it('of a Service that matches nothing has no endpoints, and of a budget none may go', async () => {
    const namespace = 'nothing';
    await world.played(world.makePlace(namespace));
    await world.played(workloads['deployment']!(admin, namespace));
    const selector = { app: 'nobody' };
    await world.played(
      admin.create(services, {
        metadata: { namespace, name: 'web' },
        spec: { selector, ports: [{ port: 80 }] },
      }),
    );
    await world.played(
      admin.create(podDisruptionBudgets, {
        metadata: { namespace, name: 'none' },
        spec: { minAvailable: 1, selector: { matchLabels: selector } },
      }),
    );
    await world.pass(MINUTE_MS);
    const slices = await world.played(admin.list(endpointSlices, { namespace }));
    expect(slices.items.map(({ endpoints }) => endpoints ?? [])).toEqual([[]]);
    const budget = await world.played(admin.get(podDisruptionBudgets, { namespace, name: 'none' }));
    expect(budget.status).toMatchObject({ expectedPods: 0, disruptionsAllowed: 0 });
    const told = budget.status?.conditions?.map(({ type, status, reason }) => [
      type,
      status,
      reason,
    ]);
    expect(told).toEqual([['DisruptionAllowed', 'False', 'InsufficientPods']]);
    const { nowMs } = world;
    await world.pass(5 * MINUTE_MS);
    expect(world.writesIn(namespace, nowMs)).toEqual([]);
  });

  it('of a ReplicaSet that matches the pods of others leaves them alone', async () => {
    const namespace = 'others';
    await world.played(world.makePlace(namespace));
    await world.played(workloads['job']!(admin, namespace));
    await world.pass(MINUTE_MS);
    const matchExpressions = [{ key: 'job-name', operator: 'Exists' }];
    const labels = { ...own, 'job-name': 'web' };
    await world.played(
      admin.create(replicaSets, {
        metadata: { namespace, name: 'greedy' },
        spec: {
          replicas: 1,
          selector: { matchExpressions },
          template: { ...template, metadata: { labels } },
        },
      }),
    );
    await world.pass(MINUTE_MS);
    const { items } = await world.played(admin.list(pods, { namespace }));
    const owners = items.map(({ metadata }) => metadata.ownerReferences?.map(({ kind }) => kind));
    expect(owners.sort()).toEqual([['Job'], ['Job'], ['Job'], ['ReplicaSet']]);
  });
});

it.each(Object.keys(workloads).filter((kind) => kind !== 'daemonset'))(
  'negative replicas of a %s are refused, and those there are stay',
  async (kind) => {
    const namespace = `negative-${kind}`;
    await world.played(world.makePlace(namespace));
    await world.played(workloads[kind]!(admin, namespace));
    await world.pass(MINUTE_MS);
    const before = (await world.played(admin.list(pods, { namespace }))).items.length;
    const type = 'application/merge-patch+json' as const;
    const body = { spec: { [kind === 'job' ? 'parallelism' : 'replicas']: -1 } };
    const patched = admin.patch(scaled[kind]!, { namespace, name: 'web' }, { type, body });
    await expect(world.played(patched)).rejects.toThrow(
      'Invalid value: -1: must be greater than or equal to 0',
    );
    await world.pass(MINUTE_MS);
    const after = (await world.played(admin.list(pods, { namespace }))).items.length;
    expect([before, after]).toEqual(kind === 'statefulset' ? [1, 1] : [3, 3]);
  },
);
