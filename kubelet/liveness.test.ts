/** What probes mean for a pod's status, with a simulated container whose probe fails. */
import { afterEach, expect, it } from 'vitest';
import { events, pods } from '../api/resources.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { realRandom as random } from '../platform/node/random.ts';
import { eventually, startEmbeddedApi } from '../test/support/embedded-api.ts';
import { FakeClock } from '../test/support/fake-clock.ts';
import { startKubelet } from './kubelet.ts';

let parts = new Lifecycle();
afterEach(async () => {
  await parts.stop();
  parts = new Lifecycle();
});

async function run(restartPolicy: string) {
  const { client } = await startEmbeddedApi(parts);
  const clock = new FakeClock();
  const node = { name: 'node1' };
  const kubelet = await parts.start(() =>
    startKubelet({ client, clock, random, logger, node, freeze: true }),
  );
  await kubelet.ready();
  const annotations = { 'wherry.io/unhealthy-after-seconds': '30', 'wherry.io/stop-seconds': '60' };
  const livenessProbe = { tcpSocket: { port: 80 }, terminationGracePeriodSeconds: 2 };
  await client.create(pods, {
    metadata: { namespace: 'default', name: 'web', annotations },
    spec: {
      ...{ nodeName: 'node1', restartPolicy },
      containers: [{ name: 'c', image: 'nginx', livenessProbe }],
    },
  });
  await eventually(client, pods, ([pod]) => pod?.status?.phase === 'Running');
  await clock.advance(33_000);
  const told = await eventually(client, events, (items) =>
    items.some(({ reason }) => reason === 'Killing'),
  );
  return { client, messages: told.map(({ reason, message }) => `${reason}: ${message}`) };
}

it('restarts a container whose liveness probe fails, within the grace of the probe', async () => {
  const { client, messages } = await run('Always');
  const [pod] = await eventually(
    client,
    pods,
    ([pod]) => pod?.status?.containerStatuses?.[0]?.restartCount === 1,
  );
  expect(pod?.status?.containerStatuses?.[0]).toMatchObject({
    ...{ ready: true, started: true },
    lastState: { terminated: { exitCode: 137, reason: 'Error' } },
  });
  expect(messages).toContain('Killing: Container c failed liveness probe, will be restarted');
  expect(messages).toContainEqual(expect.stringMatching(/^Unhealthy: Liveness probe failed: /));
});

it('ends a pod that is not to restart', async () => {
  const { client, messages } = await run('Never');
  await eventually(client, pods, ([pod]) => pod?.status?.phase === 'Failed');
  expect(messages).toContain('Killing: Container c failed liveness probe');
});
