import { afterEach, expect, it, vi } from 'vitest';
import { pods, resourceQuotas, secrets } from '../../api/resources.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { RestClient } from '../../client/rest.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { startEmbeddedApi } from '../../test/support/embedded-api.ts';
import { startControllers } from '../manager.ts';

let parts = new Lifecycle();
afterEach(async () => {
  await parts.stop();
  parts = new Lifecycle();
});

const namespace = 'default';

async function start(): Promise<RestClient> {
  const { client } = await startEmbeddedApi(parts);
  const controllers = await parts.start(() =>
    startControllers({
      ...{ client, clock, random, logger },
      controllers: ['resourcequota-controller'],
      resourceTypes: [pods, secrets, resourceQuotas],
      freeze: true,
    }),
  );
  await controllers.ready();
  return client;
}

const pod = (name: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name },
  spec: { containers: [{ name: 'a', image: 'i' }], terminationGracePeriodSeconds: 0 },
});

it('counts what is there, gives back what goes, and what has ended', async () => {
  const client = await start();
  await client.create(pods, pod('before'));
  await client.create(resourceQuotas, {
    metadata: { namespace, name: 'q' },
    spec: { hard: { pods: '2', 'count/pods': '5' } },
  });
  const used = (expected: Record<string, string>) =>
    vi.waitFor(async () => {
      const quota = await client.get(resourceQuotas, { namespace, name: 'q' });
      expect(quota.status?.used).toEqual(expected);
    });
  await used({ pods: '1', 'count/pods': '1' });
  await client.create(pods, pod('second'));
  await expect(client.create(pods, pod('third'))).rejects.toThrow(
    'exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2',
  );
  await client.delete(pods, { namespace, name: 'before' });
  await used({ pods: '1', 'count/pods': '1' });
  await client.create(pods, pod('third'));
  await used({ pods: '2', 'count/pods': '2' });
  const done = await client.get(pods, { namespace, name: 'third' });
  await client.update(pods, { ...done, status: { phase: 'Succeeded' } }, { subresource: 'status' });
  await used({ pods: '1', 'count/pods': '2' });
  await client.create(pods, pod('fourth'));
});
