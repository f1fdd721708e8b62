/** Ephemeral containers of hollow pods. */
import { afterEach, describe, expect, it } from 'vitest';
import { events, pods } from '../api/resources.ts';
import type { Pod } from '../api/types/core-v1.ts';
import type { RestClient } from '../client/rest.ts';
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

const ref = { namespace: 'default', name: 'web' };

async function withPod(annotations: Record<string, string> = {}) {
  const { client } = await startEmbeddedApi(parts);
  const clock = new FakeClock();
  const begin = async () => {
    const node = { name: 'node1' };
    const options = { client, clock, random, logger, node, freeze: true };
    const running = await parts.start(() => startKubelet(options));
    await running.ready();
    return running;
  };
  const kubelet = await begin();
  await client.create(pods, {
    metadata: { ...ref, annotations },
    spec: {
      ...{ nodeName: 'node1', restartPolicy: 'Never' },
      containers: [{ name: 'c', image: 'nginx' }],
    },
  });
  await eventually(client, pods, ([pod]) => pod?.status?.phase === 'Running');
  return { client, clock, kubelet, begin };
}

async function debug(client: RestClient, name: string): Promise<void> {
  const pod = await client.get(pods, ref);
  const ephemeralContainers = [
    ...(pod.spec.ephemeralContainers ?? []),
    { name, image: 'busybox', targetContainerName: 'c' },
  ];
  const spec = { ...pod.spec, ephemeralContainers };
  await client.update(pods, { ...pod, spec }, { subresource: 'ephemeralcontainers' });
}

const states = (pod: Pod | undefined) =>
  Object.fromEntries(
    (pod?.status?.ephemeralContainerStatuses ?? []).map(({ name, state }) => [name, state]),
  );

describe('an ephemeral container', () => {
  it('runs beside the others, and does not count for readiness', async () => {
    const { client } = await withPod();
    await debug(client, 'one');
    await debug(client, 'two');
    const [pod] = await eventually(client, pods, ([each]) => states(each)['two'] !== undefined);
    const [status] = pod!.status!.ephemeralContainerStatuses!;
    expect(status).toMatchObject({ name: 'one', ready: false, restartCount: 0 });
    expect(status!.started).toBeUndefined();
    expect(status!.state?.running?.startedAt).toBeDefined();
    expect(pod!.status!.containerStatuses).toHaveLength(1);
    const ready = pod!.status!.conditions!.find(({ type }) => type === 'Ready');
    expect(ready?.status).toBe('True');
    const heard = await eventually(client, events, (items) =>
      items.some(({ message }) => message === 'Started container two'),
    );
    const started = heard.find(({ message }) => message === 'Started container two');
    expect(started?.involvedObject.fieldPath).toBe('spec.ephemeralContainers{two}');
  });

  it('ends for good, and the pod with its own code', async () => {
    const { client, clock } = await withPod({
      'one.wherry.io/exit-code': '3',
      'wherry.io/run-seconds': '60',
    });
    await debug(client, 'one');
    await debug(client, 'two');
    const [pod] = await eventually(
      client,
      pods,
      ([each]) =>
        states(each)['one']?.terminated !== undefined && states(each)['two'] !== undefined,
    );
    expect(states(pod)['one']?.terminated?.exitCode).toBe(3);
    await clock.advance(60_000);
    // What still runs is stopped.
    await clock.advance(1000);
    const [over] = await eventually(client, pods, ([each]) => each?.status?.phase === 'Succeeded');
    expect(states(over)['two']?.terminated).toBeDefined();
  });

  it('is taken over by the next agent', async () => {
    const { client, kubelet, begin } = await withPod();
    await debug(client, 'one');
    const [before] = await eventually(client, pods, ([pod]) => states(pod)['one'] !== undefined);
    await kubelet.stop();
    await begin();
    await debug(client, 'two');
    const [pod] = await eventually(client, pods, ([each]) => states(each)['two'] !== undefined);
    expect(states(pod)['one']).toEqual(states(before)['one']);
  });
});
