/**
 * Two API servers on three store members, and a client that follows what it writes: one server
 * and one member are killed during 10,000 writes (issue 4, must show 5).
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { configMaps } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { ConfigMap } from '../../api/types/core-v1.ts';
import { createInformer } from '../../client/informer.ts';
import type { Client, WatchEvent } from '../../client/interface.ts';
import { connectionOf, loadKubeconfig } from '../../client/kubeconfig-connection.ts';
import { createClient } from '../../client/rest.ts';
import { silentLogger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { connectHttp, type HttpConnection } from '../../platform/node/net/http-client.ts';
import { realRandom } from '../../platform/node/random.ts';
import { eventually, temporaryFolder, TestCluster } from './harness.ts';

const WRITES = 10_000;
const WRITERS = 32;
const namespace = 'default';
const labelSelector = 'written=here';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: TestCluster;
const connections: HttpConnection[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
  const args = ['--store-members', '3', '--apiservers', '2', '--nodes', '1'];
  cluster = await TestCluster.up(`${folder.path}/data`, args);
});
afterAll(async () => {
  await Promise.all(connections.map((connection) => connection.close()));
  await cluster.stop();
  await folder.remove();
});

/** A client with connections of its own, through the balancer. */
async function connect(): Promise<Client> {
  const config = await loadKubeconfig(realDisk, [cluster.kubeconfig]);
  const connection = connectHttp(await connectionOf(realDisk, config));
  connections.push(connection);
  const { handler } = connection;
  return createClient({ handler, userAgent: 'test', clock: realClock });
}

/** A connection that broke, or a server that has yet to find the store again. */
const isOutage = (error: unknown): boolean =>
  !isStatus(error, 'Conflict') && !isStatus(error, 'AlreadyExists') && !isStatus(error, 'NotFound');

/** By resourceVersion, what the object held then. */
type History = Map<string, string>;

/**
 * Counts one object up. Each step is conditional on the version before, so that it happens once
 * even where its answer was lost; a step found done counts only if it was acknowledged.
 */
async function countUp(client: Client, name: string, steps: number): Promise<History> {
  const acknowledged: History = new Map();
  const ref = { namespace, name };
  const read = (): Promise<ConfigMap> =>
    eventually('a read', () => client.get(configMaps, ref), 60_000);
  const metadata = { ...ref, labels: { written: 'here' } };
  let current = await client.create(configMaps, { metadata, data: { count: '0' } });
  acknowledged.set(current.metadata.resourceVersion!, '0');
  for (let count = 1; count <= steps; count++) {
    const next = { ...current, data: { count: String(count) } };
    for (;;) {
      try {
        current = await client.update(configMaps, next);
        acknowledged.set(current.metadata.resourceVersion!, String(count));
        break;
      } catch (error) {
        if (isOutage(error)) await new Promise((resolve) => setTimeout(resolve, 50));
        current = await read();
        if (current.data?.['count'] === String(count)) break;
        expect(current.data?.['count']).toBe(String(count - 1));
        next.metadata = current.metadata;
      }
    }
  }
  return acknowledged;
}

/** Collects every event, over as many watches as it takes; never lists again. */
class Follower {
  readonly seen: WatchEvent<ConfigMap>[] = [];
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;

  constructor(client: Client, from: string) {
    this.#running = this.#follow(client, from);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #follow(client: Client, from: string): Promise<void> {
    const { signal } = this.#stopped;
    let resourceVersion = from;
    while (!signal.aborted) {
      try {
        const options = { namespace, labelSelector, resourceVersion, allowWatchBookmarks: true };
        for await (const event of await client.watch(configMaps, { ...options, signal })) {
          resourceVersion = event.object.metadata.resourceVersion!;
          if (event.type !== 'BOOKMARK') this.seen.push(event);
        }
      } catch (error) {
        if (isStatus(error, 'Expired') || isStatus(error, 'Gone')) throw error;
        if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}

it('loses no acknowledged write, and no watcher misses or repeats one', async () => {
  const watcher = await connect();
  const informer = createInformer(configMaps, {
    ...{ client: await connect(), clock: realClock, random: realRandom, logger: silentLogger },
    ...{ namespace, labelSelector },
  });
  let newest = 0;
  informer.addHandler({
    updated(old, { data, metadata }) {
      expect(Number(metadata.resourceVersion)).toBeGreaterThan(
        Number(old.metadata.resourceVersion),
      );
      expect(Number(data?.['count'])).toBeGreaterThan(Number(old.data?.['count']));
      newest++;
    },
  });
  informer.start();
  await informer.whenSynced();
  const { metadata } = await watcher.list(configMaps, { namespace, labelSelector });
  const follower = new Follower(await connect(), metadata.resourceVersion!);

  const steps = Math.ceil(WRITES / WRITERS) - 1;
  const writing = Promise.all(
    Array.from({ length: WRITERS }, async (_, i) => countUp(await connect(), `object-${i}`, steps)),
  );
  for (const [name, after] of [
    ['apiserver1', WRITES / 4],
    ['store1', WRITES / 2],
  ] as const) {
    await eventually('writes', async () => newest > after, 240_000);
    const { pid } = cluster.component(name);
    process.kill(pid, 'SIGKILL');
  }
  const acknowledged = new Map((await writing).flatMap((history) => [...history]));
  expect(acknowledged.size).toBeGreaterThan(WRITES * 0.95);

  const final = await watcher.list(configMaps, { namespace, labelSelector });
  const last = (items: readonly ConfigMap[]): string[] =>
    items
      .map(
        ({ metadata: { name, resourceVersion }, data }) =>
          `${name} ${resourceVersion} ${data!['count']}`,
      )
      .sort();
  expect(final.items.map(({ data }) => data!['count'])).toEqual(Array(WRITERS).fill(String(steps)));
  await eventually('the informer to be level', async () => {
    expect(last(informer.lister.list())).toEqual(last(final.items));
    return true;
  });
  // One more write that every watcher must see last.
  const end = await eventually('a last write', () =>
    watcher.create(configMaps, {
      metadata: { name: 'end', namespace, labels: { written: 'here' } },
    }),
  );
  await eventually('the last event', async () => {
    const isLast = ({ object }: WatchEvent<ConfigMap>): boolean => object.metadata.name === 'end';
    return follower.seen.some(isLast) && informer.lister.get(`${namespace}/end`) !== undefined;
  });
  await follower.stop();
  await informer.stop();

  const events = follower.seen;
  const versions = events.map(({ object }) => Number(object.metadata.resourceVersion));
  for (let i = 1; i < versions.length; i++) expect(versions[i]).toBeGreaterThan(versions[i - 1]!);
  expect(versions.at(-1)).toBe(Number(end.metadata.resourceVersion));
  expect(events).toHaveLength(WRITERS * (steps + 1) + 1);
  const seen = new Map(
    events.map(({ object }) => [object.metadata.resourceVersion!, object.data?.['count']]),
  );
  for (const [version, count] of acknowledged) expect(seen.get(version)).toBe(count);
}, 600_000);
