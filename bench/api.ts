import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { configMaps } from '../api/resources.ts';
import { type HttpClient, openHttp } from './http-load.ts';
import { closedLoop } from './load.ts';
import { clientOf, durationMs, folder, rows, runs, say } from './suite.ts';
import { percentile } from './statistics.ts';
import { type BenchCluster, startWherry } from './wherry.ts';

const URL = '/api/v1/namespaces/default/configmaps';
const payload = 'x'.repeat(1024);
/** kube-apiserver 1.32 with etcd on another machine of two cores, by clients: the design's. */
const PEERS = { 1: [699, 1269], 32: [2243, 3830], 128: [2308, 3928] } as const;

const configMap = (name: string): string =>
  JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'ConfigMap' },
    ...{ metadata: { name, namespace: 'default' }, data: { payload } },
  });

async function withClients<T>(
  cluster: BenchCluster,
  count: number,
  use: (clients: readonly HttpClient[]) => Promise<T>,
): Promise<T> {
  const opened = Array.from({ length: count }, () => openHttp(cluster.kubeconfig));
  const clients = await Promise.all(opened);
  try {
    return await use(clients);
  } finally {
    for (const client of clients) client.close();
  }
}

/** Creates and gets in closed loops, one connection per client. */
async function benchCalls(cluster: BenchCluster): Promise<void> {
  let made = 0;
  for (const clients of [1, 32, 128] as const) {
    say(`create and get, ${clients} clients`);
    const creates: number[] = [];
    const gets: number[] = [];
    await withClients(cluster, clients, async (connections) => {
      const create = (client: number): Promise<number> =>
        connections[client]!.request('POST', URL, configMap(`c-${made++}`));
      const get = (client: number, n: number): Promise<number> =>
        connections[client]!.request('GET', `${URL}/c-${n % made}`);
      // Once uncounted: a server just started runs code that is not compiled yet.
      for (let run = -1; run < runs; run++) {
        const created = await closedLoop({ clients, durationMs, call: create });
        const got = await closedLoop({ clients, durationMs, call: get });
        if (run < 0) continue;
        creates.push(created.perSecond);
        gets.push(got.perSecond);
      }
    });
    const goal = (perSecond: number): string => `≥ 2× kube-apiserver's ${perSecond}`;
    const [createPeer, getPeer] = PEERS[clients];
    const work = `create ConfigMap 1 KB, ${clients} clients`;
    rows.push({ work, unit: 'per s', ours: creates, goal: goal(createPeer) });
    const getWork = `get ConfigMap, ${clients} clients`;
    rows.push({ work: getWork, unit: 'per s', ours: gets, goal: goal(getPeer) });
  }
}

async function benchList(cluster: BenchCluster): Promise<void> {
  say('list');
  const times: number[] = [];
  await withClients(cluster, 1, async ([client]) => {
    await client!.request('DELETE', URL);
    for (let i = 0; i < 5000; i++) await client!.request('POST', URL, configMap(`l-${i}`));
    for (let i = 0; i < 20; i++) {
      const started = performance.now();
      await client!.request('GET', URL);
      times.push(performance.now() - started);
    }
  });
  const work = 'list 5,000 ConfigMaps of 1 KB';
  rows.push({ work, unit: 'ms', ours: times, goal: '≤ 20 ms' });
}

/** Milliseconds from sending a write to its answer, and to the event at the last watcher. */
async function benchWatch(cluster: BenchCluster): Promise<void> {
  say('watch latency');
  const watchers = 100;
  const { client, close } = await clientOf(cluster);
  const abort = new AbortController();
  setMaxListeners(watchers, abort.signal);
  let seen = 0;
  let done: () => void = () => {};
  const following = Array.from({ length: watchers }, async () => {
    const { signal } = abort;
    const fieldSelector = 'metadata.name=watched';
    const options = { namespace: 'default', fieldSelector, resourceVersion: '0', signal };
    try {
      for await (const _event of await client.watch(configMaps, options)) {
        if (++seen % watchers === 0) done();
      }
    } catch {
      // The watch ends with the measurement.
    }
  });
  const all = (): Promise<void> => {
    seen = 0;
    return new Promise((resolve) => (done = resolve));
  };
  const arrived = all();
  const metadata = { name: 'watched', namespace: 'default' };
  await client.create(configMaps, { metadata });
  await arrived;
  const answers: number[] = [];
  const events: number[] = [];
  for (let i = 0; i < 200; i++) {
    const last = all();
    const sent = performance.now();
    const at = { namespace: 'default', name: 'watched' };
    const body = { data: { i: String(i) } };
    await client.patch(configMaps, at, { type: 'application/merge-patch+json', body });
    answers.push(performance.now() - sent);
    await last;
    events.push(performance.now() - sent);
  }
  abort.abort();
  await Promise.all(following);
  await close();
  const p99 = (times: readonly number[]): number[] => [percentile(times, 99)];
  const last = `its event at the last of ${watchers} watchers`;
  rows.push({ work: 'patch sent → answered', unit: 'ms', ours: answers });
  rows.push({ work: `patch sent → ${last}`, unit: 'ms', ours: events });
  const after = events.map((time, i) => Math.max(0, time - answers[i]!));
  rows.push({ work: `answer → ${last}, p50`, unit: 'ms', ours: after, goal: '≤ 1.5 ms' });
  rows.push({ work: 'the same, p99', unit: 'ms', ours: p99(after), goal: '≤ 5 ms' });
}

export async function benchApi(): Promise<void> {
  const cluster = await startWherry(join(folder, 'api'));
  await benchCalls(cluster);
  await benchList(cluster);
  await benchWatch(cluster);
  await cluster.stop();
}
