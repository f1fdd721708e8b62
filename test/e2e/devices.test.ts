/** Dynamic resource allocation, on a whole cluster in this process, without a driver's hardware. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  deviceClasses,
  events,
  pods,
  resourceClaims,
  resourceClaimTemplates,
  resourceSlices,
} from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { type Cluster, startCluster } from '../../index.ts';
import { DRIVER, exactly, selecting } from '../support/devices.ts';
import { until } from '../support/until.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2 });
  const { client } = cluster;
  await client.create(deviceClasses, {
    metadata: { name: 'gpu' },
    spec: selecting(`device.driver == "${DRIVER}"`),
  });
  for (const nodeName of ['node1', 'node2'])
    await client.create(resourceSlices, {
      metadata: { name: `${nodeName}-gpus` },
      spec: {
        ...{ driver: DRIVER, nodeName },
        pool: { name: nodeName, generation: 1, resourceSliceCount: 1 },
        devices: [{ name: 'gpu-0', attributes: { model: { string: nodeName } } }],
      },
    });
  await client.create(resourceClaimTemplates, {
    metadata: { namespace, name: 'one-gpu' },
    spec: { spec: { devices: { requests: [exactly()] } } },
  });
});
afterAll(() => cluster.stop());

const namespace = 'default';
const at = (name: string) => ({ namespace, name });

const podOf = (name: string): Promise<Pod> => cluster.client.get(pods, at(name));
const runs = (name: string): Promise<true> =>
  until(`${name} runs`, async () => (await podOf(name)).status?.phase === 'Running');
const gone = (what: string, get: () => Promise<unknown>): Promise<true> =>
  until(`${what} is gone`, () =>
    get().then(
      () => false,
      (error: unknown) => isStatus(error, 'NotFound'),
    ),
  );

async function create(name: string, claim: object): Promise<void> {
  const containers = [{ name: 'c', image: 'i', resources: { claims: [{ name: 'gpu' }] } }];
  const resourceClaims = [{ name: 'gpu', ...claim }];
  await cluster.client.create(pods, {
    metadata: at(name),
    spec: { containers, resourceClaims, terminationGracePeriodSeconds: 0 },
  });
}

it('gives every pod a claim of its own, and no device twice', async () => {
  const { client } = cluster;
  for (const name of ['a', 'b', 'c']) await create(name, { resourceClaimTemplateName: 'one-gpu' });
  const running = async (): Promise<Pod[]> =>
    (await client.list(pods, { namespace })).items.filter(
      ({ status }) => status?.phase === 'Running',
    );
  await until('two of them run', async () => (await running()).length === 2);
  const nodes = (await running()).map(({ spec }) => spec.nodeName);
  expect(new Set(nodes)).toEqual(new Set(['node1', 'node2']));
  const { items } = await client.list(resourceClaims, { namespace });
  const given = items.filter(({ status }) => status?.allocation !== undefined);
  expect(given.map(({ status }) => status!.allocation!.devices!.results![0]!.pool).sort()).toEqual([
    'node1',
    'node2',
  ]);
  for (const { metadata, status } of given) {
    expect(metadata.finalizers).toEqual(['resource.kubernetes.io/delete-protection']);
    expect(status!.reservedFor).toEqual([
      {
        resource: 'pods',
        name: metadata.ownerReferences![0]!.name,
        uid: expect.any(String) as string,
      },
    ]);
  }
  await until('the third is told why it waits', async () => {
    const said = (await client.list(events, { namespace })).items.filter(
      ({ reason, message }) =>
        reason === 'FailedScheduling' && message?.includes('2 cannot allocate all claims.'),
    );
    return said.length > 0;
  });
});

it('gives the device of a deleted pod to the next', async () => {
  const { client } = cluster;
  const [first] = (await client.list(pods, { namespace })).items.filter(
    ({ spec }) => spec.nodeName,
  );
  const made = first!.status!.resourceClaimStatuses![0]!.resourceClaimName!;
  await client.delete(pods, at(first!.metadata.name!));
  await gone('its claim', () => client.get(resourceClaims, at(made)));
  for (const name of ['a', 'b', 'c']) if (name !== first!.metadata.name) await runs(name);
  for (const { metadata } of (await client.list(pods, { namespace })).items)
    await client.delete(pods, at(metadata.name!));
  await until(
    'all claims are gone',
    async () => (await client.list(resourceClaims, { namespace })).items.length === 0,
  );
});

it('shares a claim, follows its selectors, and gives its device back after the last user', async () => {
  const { client } = cluster;
  const request = exactly(selecting(`device.attributes["${DRIVER}"].model == "node2"`));
  await create('early', { resourceClaimName: 'shared' });
  await client.create(resourceClaims, {
    metadata: at('shared'),
    spec: { devices: { requests: [request] } },
  });
  await runs('early');
  await create('late', { resourceClaimName: 'shared' });
  await runs('late');
  expect((await podOf('late')).spec.nodeName).toBe('node2');
  const claim = () => client.get(resourceClaims, at('shared'));
  expect((await claim()).status!.reservedFor!.map(({ name }) => name).sort()).toEqual([
    'early',
    'late',
  ]);
  await client.delete(resourceClaims, at('shared'));
  expect((await claim()).metadata.deletionTimestamp).toBeDefined();
  await client.delete(pods, at('early'));
  await until('one is left', async () => (await claim()).status!.reservedFor!.length === 1);
  expect((await claim()).status!.allocation).toBeDefined();
  await client.delete(pods, at('late'));
  await gone('the claim', claim);
});

it('says what is wrong with a template that is not there', async () => {
  await create('lost', { resourceClaimTemplateName: 'none' });
  const said = async (reason: string): Promise<string | undefined> =>
    (await cluster.client.list(events, { namespace })).items.find(
      (event) => event.reason === reason,
    )?.message;
  await until('it is told', async () => (await said('FailedResourceClaimCreation')) !== undefined);
  expect(await said('FailedResourceClaimCreation')).toBe(
    'PodResourceClaim gpu: resource claim template "none": resourceclaimtemplate.resource.k8s.io "none" not found',
  );
});
