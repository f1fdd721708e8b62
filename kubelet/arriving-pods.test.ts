import { afterEach, beforeEach, expect, it } from 'vitest';
import { pods } from '../api/resources.ts';
import type { Pod } from '../api/types/core-v1.ts';
import type { RestClient } from '../client/rest.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { silentLogger as logger } from '../platform/logger.ts';
import { realRandom as random } from '../platform/node/random.ts';
import { eventually, startEmbeddedApi } from '../test/support/embedded-api.ts';
import { FakeClock } from '../test/support/fake-clock.ts';
import { until } from '../test/support/until.ts';
import { startKubelet } from './kubelet.ts';

/** A thread that has no time until it is told so. */
class BusyThread {
  readonly #waiting: (() => void)[] = [];

  readonly spare = { run: (task: () => void): void => void this.#waiting.push(task) };

  get waiting(): number {
    return this.#waiting.length;
  }

  hasTime(): void {
    for (const task of this.#waiting.splice(0)) task();
  }
}

let parts: Lifecycle;
let client: RestClient;
let thread: BusyThread;
beforeEach(async () => {
  parts = new Lifecycle();
  ({ client } = await startEmbeddedApi(parts));
  thread = new BusyThread();
  const { spare } = thread;
  const kubelet = await parts.start(() =>
    startKubelet({
      client,
      clock: new FakeClock(),
      random,
      logger,
      node: { name: 'node1' },
      spare,
    }),
  );
  await kubelet.ready();
});
afterEach(() => parts.stop());

const ref = { namespace: 'default', name: 'web' };

async function arrives(): Promise<Pod> {
  const spec = { nodeName: 'node1', containers: [{ name: 'c', image: 'nginx' }] };
  const created = await client.create(pods, { metadata: ref, spec });
  await until('the node hears of the pod', () => thread.waiting === 1);
  return created;
}

it('begins a new pod when the thread has time, as it is by then', async () => {
  const pod = await arrives();
  expect((await client.get(pods, ref)).status).toEqual(pod.status);
  const metadata = { ...pod.metadata, labels: { changed: 'meanwhile' } };
  const { metadata: changed } = await client.update(pods, { ...pod, metadata });
  thread.hasTime();
  const [running] = await eventually(client, pods, ([first]) => first?.status?.phase === 'Running');
  expect(running!.metadata.labels).toEqual(changed.labels);
  expect(thread.waiting).toBe(0);
});

it('lets go at once of a new pod that is deleted', async () => {
  await arrives();
  await client.delete(pods, ref);
  await eventually(client, pods, (items) => items.length === 0);
  thread.hasTime();
  expect((await client.list(pods)).items).toEqual([]);
});
