/**
 * Extension servers that come while the controllers run, and go: what they have is collected and
 * goes with its namespace, and a namespace waits for one that does not answer.
 */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { KubernetesObject } from '../api/meta.ts';
import type { ResourceType } from '../api/resource.ts';
import { apiServices, configMaps, namespaces } from '../api/resources.ts';
import type { Namespace } from '../api/types/core-v1.ts';
import type { RestClient } from '../client/rest.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import type { HttpHandler } from '../platform/net/http.ts';
import { realClock as clock } from '../platform/node/clock.ts';
import { realRandom as random } from '../platform/node/random.ts';
import { cronTab, cronTabCrd } from '../test/support/cron-tab.ts';
import { eventually, startEmbeddedApi } from '../test/support/embedded-api.ts';
import { startControllers } from './manager.ts';
import { customResourceDefinitions } from './runtime/custom-types.ts';

const cronTabs: ResourceType = {
  ...{ group: 'stable.example.com', version: 'v1' },
  ...{ resource: 'crontabs', kind: 'CronTab', namespaced: true },
};
const parts = new Lifecycle();
/** Of the cluster, and of the extension server alone. */
let client: RestClient;
let beyond: RestClient;
let answers = true;

beforeAll(async () => {
  // The extension server is another API server, which has the group as a definition.
  const extension = await startEmbeddedApi(parts);
  beyond = extension.client;
  let ask!: HttpHandler;
  extension.through((handler) => (ask = handler));
  const api = await startEmbeddedApi(parts);
  const aggregated = (handler: HttpHandler): HttpHandler => {
    return async (request) => {
      if (!request.path.startsWith(`/apis/${cronTabs.group}/`)) return handler(request);
      return answers ? ask(request) : { status: 503, headers: {}, body: Buffer.from('away\n') };
    };
  };
  client = api.through(aggregated);
  const controllers = ['garbage-collector-controller', 'namespace-controller'];
  const running = await parts.start(() =>
    startControllers({ client, clock, random, logger, controllers, freeze: true }),
  );
  await running.ready();
  await beyond.create(customResourceDefinitions, cronTabCrd);
  await vi.waitFor(() => beyond.list(cronTabs), { timeout: 20_000 });
  const { group, version } = cronTabs;
  await client.create(apiServices, {
    metadata: { name: `${version}.${group}` },
    spec: {
      ...{ group, version, groupPriorityMinimum: 1000, versionPriority: 10 },
      ...{ insecureSkipTLSVerify: true, service: { namespace: 'default', name: 'beyond' } },
    },
  });
});
afterAll(() => parts.stop());

const create = (metadata: KubernetesObject['metadata']): Promise<KubernetesObject> =>
  beyond.create(cronTabs, { ...cronTab(metadata.name!), metadata });

async function newNamespace(name: string): Promise<void> {
  for (const each of [client, beyond])
    await each.create(namespaces, { metadata: { name }, spec: {} });
}

const named = (name: string) => (items: readonly KubernetesObject[]) =>
  items.some(({ metadata }) => metadata.name === name);
const lacks = (name: string) => (items: readonly KubernetesObject[]) => !named(name)(items);

it('what an extension server has goes with its owner', async () => {
  const owner = await client.create(configMaps, { metadata: { namespace: 'default', name: 'o' } });
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: owner.metadata.uid! };
  await create({ namespace: 'default', name: 'owned', ownerReferences: [reference] });
  await client.delete(configMaps, { namespace: 'default', name: 'o' });
  await eventually(beyond, cronTabs, lacks('owned'));
});

it('a namespace waits for one that is away, and says so; then it is emptied and goes', async () => {
  await newNamespace('short');
  await create({ namespace: 'short', name: 'left' });
  answers = false;
  await client.delete(namespaces, { name: 'short' });
  const failed = 'NamespaceDeletionDiscoveryFailure';
  const conditionOf = ({ status }: Namespace) =>
    status?.conditions?.find(({ type, status: is }) => type === failed && is === 'True');
  const items = await eventually(client, namespaces, (all) => all.some((one) => conditionOf(one)));
  expect(items.map(conditionOf).find(Boolean)).toMatchObject({
    reason: 'DiscoveryFailed',
    message:
      'Discovery failed for some groups, 1 failing: unable to retrieve the complete list of ' +
      'server APIs: stable.example.com/v1: stale GroupVersion discovery: stable.example.com/v1',
  });
  expect(named('left')((await beyond.list(cronTabs)).items)).toBe(true);
  answers = true;
  await eventually(client, namespaces, lacks('short'));
  await eventually(beyond, cronTabs, lacks('left'));
});

it('nobody waits for one whose APIService is gone', async () => {
  await newNamespace('free');
  answers = false;
  await client.delete(apiServices, { name: `${cronTabs.version}.${cronTabs.group}` });
  await client.delete(namespaces, { name: 'free' });
  await eventually(client, namespaces, lacks('free'));
});
