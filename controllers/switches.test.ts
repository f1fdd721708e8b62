/** Controllers switched off and on while they run, by a ConfigMap. */
import { afterEach, expect, it } from 'vitest';
import {
  configMaps,
  events,
  pods,
  replicaSets,
  replicationControllers,
  serviceAccounts,
} from '../api/resources.ts';
import type { RestClient } from '../client/rest.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { realClock as clock } from '../platform/node/clock.ts';
import { realRandom as random } from '../platform/node/random.ts';
import { startEmbeddedApi } from '../test/support/embedded-api.ts';
import { startControllers } from './manager.ts';
import { SWITCHES } from './switches.ts';
import { until } from '../test/support/until.ts';

let parts = new Lifecycle();
afterEach(async () => {
  await parts.stop();
  parts = new Lifecycle();
});

const namespace = 'default';
const off = '*,-replicaset-controller';
const template = (app: string) => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'c', image: 'i' }] },
});

async function start(...controllers: string[]): Promise<RestClient> {
  const { client } = await startEmbeddedApi(parts);
  await client.create(serviceAccounts, { metadata: { namespace, name: 'default' } });
  const running = await parts.start(() =>
    startControllers({ client, clock, random, logger, controllers, freeze: true }),
  );
  await running.ready();
  return client;
}

const addSet = (client: RestClient, replicas: number) =>
  client.create(replicaSets, {
    metadata: { namespace, name: 'web' },
    spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template('web') },
  });

/** Shows that the others work: what is done after it was asked for is not done by them. */
async function proveWork(client: RestClient, name: string): Promise<void> {
  await client.create(replicationControllers, {
    metadata: { namespace, name },
    spec: { replicas: 1, selector: { app: name }, template: template(name) },
  });
  await until('its pod', async () => (await podsOf(client, name)) === 1);
}

const podsOf = async (client: RestClient, app: string): Promise<number> =>
  (await client.list(pods, { namespace, labelSelector: `app=${app}` })).items.length;

/** What the map's events say. */
const told = (client: RestClient, start: string): Promise<true> =>
  until('the event', async () => {
    const { items } = await client.list(events, { namespace: SWITCHES.namespace });
    return items
      .filter(({ involvedObject }) => involvedObject.name === SWITCHES.name)
      .some(({ reason, message }) => `${reason}: ${message}`.startsWith(start));
  });

const ask = (client: RestClient, list: string) =>
  client.patch(configMaps, SWITCHES, {
    type: 'application/merge-patch+json',
    body: { data: { controllers: list } },
  });

it('one that was off from the start works when it is switched on', async () => {
  const client = await start('*', '-replicaset');
  await addSet(client, 2);
  await proveWork(client, 'first');
  expect(await podsOf(client, 'web')).toBe(0);
  await client.create(configMaps, { metadata: { ...SWITCHES }, data: { controllers: '*' } });
  await until('two pods', async () => (await podsOf(client, 'web')) === 2);
  // Without the map, what the flag says holds again.
  await client.delete(configMaps, SWITCHES);
  await told(client, 'ControllersSwitched: Off: replicaset-controller');
  const scale = { type: 'application/merge-patch+json', body: { spec: { replicas: 3 } } } as const;
  await client.patch(replicaSets, { namespace, name: 'web' }, scale);
  await proveWork(client, 'third');
  expect(await podsOf(client, 'web')).toBe(2);
});

it('one that is switched off stops, and goes on with what has gathered', async () => {
  const client = await start('*');
  await client.create(configMaps, { metadata: { ...SWITCHES }, data: { controllers: off } });
  await told(client, 'ControllersSwitched: Off: replicaset-controller');
  await addSet(client, 2);
  await proveWork(client, 'first');
  expect(await podsOf(client, 'web')).toBe(0);
  await ask(client, 'job,nobody');
  await told(client, 'UnknownController: "nobody" is not');
  await proveWork(client, 'second');
  expect(await podsOf(client, 'web')).toBe(0);
  await ask(client, '*');
  await until('two pods', async () => (await podsOf(client, 'web')) === 2);
});

it('a manager that starts finds the map', async () => {
  const { client } = await startEmbeddedApi(parts);
  await client.create(serviceAccounts, { metadata: { namespace, name: 'default' } });
  await client.create(configMaps, { metadata: { ...SWITCHES }, data: { controllers: off } });
  await addSet(client, 1);
  const running = await parts.start(() => startControllers({ client, clock, random, logger }));
  await running.ready();
  await proveWork(client, 'first');
  expect(await podsOf(client, 'web')).toBe(0);
});
