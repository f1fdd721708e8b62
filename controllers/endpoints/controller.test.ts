/** Endpoints that somebody wrote by hand, against a real API server. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { endpoints, pods, services } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { RestClient } from '../../client/rest.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { type FakeClock, settle } from '../../test/support/fake-clock.ts';
import { startSteppedControllers } from '../../test/support/stepped-controllers.ts';

const parts = new Lifecycle();
const namespace = 'default';
let clock: FakeClock;
let client: RestClient;

beforeEach(async () => {
  ({ clock, client } = await startSteppedControllers(parts, {
    controllers: ['endpoints-controller'],
    resourceTypes: [pods, services, endpoints],
  }));
});

afterEach(() => parts.stop());

const metadata = { namespace, name: 'web' };
const subsets = [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }];

async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await clock.advance(50);
    await settle();
  }
}

const isThere = () =>
  client.get(endpoints, metadata).then(
    () => true,
    (error: unknown) => {
      if (!isStatus(error, 'NotFound')) throw error;
      return false;
    },
  );

it('go with their service', async () => {
  await client.create(services, { metadata, spec: { ports: [{ port: 80 }] } });
  await client.create(endpoints, { metadata, subsets });
  await settled();
  expect(await isThere()).toBe(true);
  await client.delete(services, metadata);
  await settled();
  expect(await isThere()).toBe(false);
});

it('stay while they wait for one', async () => {
  await client.create(endpoints, { metadata, subsets });
  await settled();
  expect(await isThere()).toBe(true);
  await client.create(services, { metadata, spec: { ports: [{ port: 80 }] } });
  await settled();
  expect(await isThere()).toBe(true);
});
