/** Custom resources that come while the controllers run: collected, and emptied with a namespace. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { KubernetesObject } from '../api/meta.ts';
import type { ResourceType } from '../api/resource.ts';
import {
  configMaps,
  horizontalPodAutoscalers,
  namespaces,
  podDisruptionBudgets,
  pods,
  resourceQuotas,
  serviceAccounts,
} from '../api/resources.ts';
import type { RestClient } from '../client/rest.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { realClock as clock } from '../platform/node/clock.ts';
import { realRandom as random } from '../platform/node/random.ts';
import { cronTab, cronTabCrd } from '../test/support/cron-tab.ts';
import { eventually, startEmbeddedApi } from '../test/support/embedded-api.ts';
import { startControllers } from './manager.ts';
import { customResourceDefinitions } from './runtime/custom-types.ts';

const cronTabs: ResourceType = {
  group: 'stable.example.com',
  version: 'v1',
  resource: 'crontabs',
  kind: 'CronTab',
  namespaced: true,
};
const parts = new Lifecycle();
let client: RestClient;

async function untilServed(): Promise<void> {
  await vi.waitFor(() => client.list(cronTabs), { timeout: 10_000 });
}

beforeAll(async () => {
  ({ client } = await startEmbeddedApi(parts));
  const controllers = [
    ...['garbage-collector-controller', 'namespace-controller', 'resourcequota-controller'],
    ...['disruption-controller', 'horizontal-pod-autoscaler-controller'],
  ];
  const running = await parts.start(() =>
    startControllers({ client, clock, random, logger, controllers, freeze: true }),
  );
  await running.ready();
  await client.create(customResourceDefinitions, cronTabCrd);
  await untilServed();
});
afterAll(() => parts.stop());

const create = (name: string, metadata: object): Promise<KubernetesObject> =>
  client.create(cronTabs, {
    ...cronTab(name),
    metadata: { name, namespace: 'default', ...metadata },
  });

const has = (name: string) => (items: readonly KubernetesObject[]) =>
  items.some(({ metadata }) => metadata.name === name);
const lacks = (name: string) => (items: readonly KubernetesObject[]) => !has(name)(items);

describe('a custom resource', () => {
  it('goes with its owner, and takes what it owns along', async () => {
    const owner = await create('owner', {});
    const { apiVersion, kind, metadata } = owner;
    const reference = { apiVersion, kind, name: metadata.name!, uid: metadata.uid! };
    await create('owned', { ownerReferences: [reference] });
    const config = { name: 'owned', namespace: 'default', ownerReferences: [reference] };
    await client.create(configMaps, { metadata: config });
    await client.delete(cronTabs, { namespace: 'default', name: 'owner' });
    await eventually(client, cronTabs, lacks('owned'));
    await eventually(client, configMaps, lacks('owned'));
  });

  it('goes with its namespace', async () => {
    await client.create(namespaces, { metadata: { name: 'short' }, spec: {} });
    await create('in-short', { namespace: 'short' });
    await client.delete(namespaces, { name: 'short' });
    await eventually(client, namespaces, lacks('short'));
    expect(
      (await client.list(cronTabs)).items.some(({ metadata }) => metadata.namespace === 'short'),
    ).toBe(false);
  });

  it('is counted by quotas, is scaled, and is a scale for budgets', async () => {
    await client.create(namespaces, { metadata: { name: 'sized' }, spec: {} });
    const metadata = { namespace: 'sized', name: 'sized' };
    const count = 'count/crontabs.stable.example.com';
    const hard = { [count]: '3' };
    await client.create(resourceQuotas, { metadata, spec: { hard } });
    await eventually(client, resourceQuotas, ([quota]) => quota?.status?.used?.[count] === '0');
    const body = { ...cronTab('sized', { replicas: 4 }), metadata };
    const owner = await client.create(cronTabs, body);
    await eventually(client, resourceQuotas, ([quota]) => quota?.status?.used?.[count] === '1');

    const [apiVersion, kind] = ['stable.example.com/v1', 'CronTab'];
    const labels = { app: 'sized' };
    const reference = {
      apiVersion,
      kind,
      name: 'sized',
      uid: owner.metadata.uid!,
      controller: true,
    };
    await client.create(serviceAccounts, { metadata: { ...metadata, name: 'default' } });
    await client.create(pods, {
      metadata: { ...metadata, labels, ownerReferences: [reference] },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    });
    await client.create(podDisruptionBudgets, {
      metadata,
      spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
    });
    await eventually(
      client,
      podDisruptionBudgets,
      ([budget]) => budget?.status?.expectedPods === 4 && budget.status.desiredHealthy === 3,
    );

    await client.create(horizontalPodAutoscalers, {
      metadata,
      spec: { scaleTargetRef: { apiVersion, kind, name: 'sized' }, maxReplicas: 2 },
    });
    await eventually(client, cronTabs, (items) =>
      items.some((one) => (one as { spec?: { replicas?: number } }).spec?.replicas === 2),
    );
  });

  it('may go with its definition and come again', async () => {
    await create('last', {});
    await client.delete(customResourceDefinitions, { name: 'crontabs.stable.example.com' });
    await eventually(client, customResourceDefinitions, (items) => items.length === 0);
    await client.create(customResourceDefinitions, cronTabCrd);
    await untilServed();
    expect((await client.list(cronTabs)).items).toEqual([]);
    const owner = await client.create(configMaps, {
      metadata: { name: 'o', namespace: 'default' },
    });
    const { name, uid } = owner.metadata;
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: name!, uid: uid! };
    await create('again', { ownerReferences: [reference] });
    await client.delete(configMaps, { namespace: 'default', name: 'o' });
    await eventually(client, cronTabs, lacks('again'));
  });
});
