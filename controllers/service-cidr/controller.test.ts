import { afterAll, beforeAll, expect, it } from 'vitest';
import { serviceCidrs, services } from '../../api/resources.ts';
import type { Service } from '../../api/types/core-v1.ts';
import type { ServiceCIDR } from '../../api/types/networking-v1.ts';
import type { RestClient } from '../../client/rest.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { eventually, startEmbeddedApi } from '../../test/support/embedded-api.ts';
import { startControllers } from '../manager.ts';
import { FINALIZER } from './plan.ts';

const parts = new Lifecycle();
let client: RestClient;

beforeAll(async () => {
  ({ client } = await startEmbeddedApi(parts));
  const controllers = ['service-cidr-controller'];
  const running = await parts.start(() =>
    startControllers({ client, clock, random, logger, controllers, freeze: true }),
  );
  await running.ready();
});
afterAll(() => parts.stop());

const become = async (name: string, is: (range: ServiceCIDR) => boolean): Promise<ServiceCIDR> => {
  const found = (range: ServiceCIDR): boolean => range.metadata.name === name && is(range);
  const all = await eventually(client, serviceCidrs, (items) => items.some(found));
  return all.find(found)!;
};

const isReady = ({ metadata, status }: ServiceCIDR): boolean =>
  metadata.finalizers?.includes(FINALIZER) === true &&
  status?.conditions?.[0]?.message === 'Kubernetes Service CIDR is ready';

async function add(name: string, ...cidrs: string[]): Promise<void> {
  const range = { metadata: { name }, spec: { cidrs } };
  await client.create(serviceCidrs, range as object as ServiceCIDR);
  await become(name, isReady);
}

it('protects the range of the cluster and any other, as long as it is used', async () => {
  await become('kubernetes', isReady);
  await add('more', '10.200.0.0/28');
  const metadata = { name: 'web', namespace: 'default' };
  const web = { metadata, spec: { clusterIP: '10.200.0.3', ports: [{ port: 80 }] } };
  await client.create(services, web as object as Service);
  await client.delete(serviceCidrs, { name: 'more' });
  const waiting = await become('more', ({ status }) => status?.conditions?.[0]?.status === 'False');
  expect(waiting.status?.conditions?.[0]).toMatchObject({ reason: 'Terminating' });
  await add('outer', '10.200.0.0/24');
});
