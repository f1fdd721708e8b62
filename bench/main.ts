/**
 * `npm run bench`: today's figures beside the peer's, from one run on one machine, as a Markdown
 * table. Each figure is the median of several runs; ours and the peer's take turns. The load
 * generator shares the machine with what it measures.
 */
import { setMaxListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { configMaps, deployments, pods } from '../api/resources.ts';
import { connectionOf, loadKubeconfig } from '../client/kubeconfig-connection.ts';
import { createClient, type RestClient } from '../client/rest.ts';
import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/disk.ts';
import { connectHttp } from '../platform/node/http-client.ts';
import { connectTo, etcdName, startEtcd } from './etcd.ts';
import { closedLoop } from './load.ts';
import { report, type Row } from './report.ts';
import { percentile } from './statistics.ts';
import { type BenchCluster, startWherry } from './wherry.ts';

const runs = Number(process.env['WHERRY_BENCH_RUNS'] ?? 3);
const durationMs = Number(process.env['WHERRY_BENCH_MS'] ?? 2000);
const folder = mkdtempSync(join(tmpdir(), 'wherry-bench-'));
const rows: Row[] = [];
const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function clientOf(
  cluster: BenchCluster,
): Promise<{ client: RestClient; close: () => Promise<void> }> {
  const config = await loadKubeconfig(realDisk, [cluster.kubeconfig]);
  const connection = connectHttp(await connectionOf(realDisk, config));
  const client = createClient({
    handler: connection.handler,
    userAgent: 'wherry-bench',
    clock: realClock,
  });
  return { client, close: () => connection.close() };
}

async function benchStart(): Promise<void> {
  say('start to ready');
  const fresh: number[] = [];
  const again: number[] = [];
  const memory: number[] = [];
  for (let run = 0; run < runs; run++) {
    const dataDir = join(folder, `start-${run}`);
    let cluster = await startWherry(dataDir);
    fresh.push(cluster.readyMs);
    await cluster.stop();
    cluster = await startWherry(dataDir);
    again.push(cluster.readyMs);
    memory.push(cluster.residentMiB());
    await cluster.stop();
  }
  rows.push({
    work: 'empty directory → whole cluster ready',
    unit: 'ms',
    ours: fresh,
    goal: '≤ 500 ms',
  });
  rows.push({ work: 'restart on its data → ready', unit: 'ms', ours: again, goal: '≤ 500 ms' });
  rows.push({ work: 'memory when ready', unit: 'MiB', ours: memory, goal: '≤ 150 MiB' });
}

async function benchApi(): Promise<void> {
  const cluster = await startWherry(join(folder, 'api'));
  const { client, close } = await clientOf(cluster);
  const data = { payload: 'x'.repeat(1024) };
  let n = 0;
  const create = () =>
    client.create(configMaps, { metadata: { name: `c-${n++}`, namespace: 'default' }, data });
  for (const clients of [1, 32, 128]) {
    say(`create and get, ${clients} clients`);
    const creates: number[] = [];
    const gets: number[] = [];
    for (let run = 0; run < runs; run++) {
      creates.push((await closedLoop({ clients, durationMs, call: create })).perSecond);
      const call = (_c: number, i: number) =>
        client.get(configMaps, { namespace: 'default', name: `c-${i % n}` });
      gets.push((await closedLoop({ clients, durationMs, call })).perSecond);
    }
    const goal = (perSecond: number): string => `≥ 2× kube-apiserver's ${perSecond}`;
    const peers = { 1: [699, 1269], 32: [2243, 3830], 128: [2308, 3928] }[clients]!;
    rows.push({
      work: `create ConfigMap 1 KB, ${clients} clients`,
      unit: 'per s',
      ours: creates,
      goal: goal(peers[0]!),
    });
    rows.push({
      work: `get ConfigMap, ${clients} clients`,
      unit: 'per s',
      ours: gets,
      goal: goal(peers[1]!),
    });
  }
  say('list');
  await client.deleteCollection(configMaps, { namespace: 'default' });
  n = 0;
  for (let i = 0; i < 50; i++) await Promise.all(Array.from({ length: 100 }, create));
  const lists: number[] = [];
  for (let i = 0; i < 20; i++) {
    const started = performance.now();
    await client.list(configMaps, { namespace: 'default' });
    lists.push(performance.now() - started);
  }
  rows.push({
    work: 'list 5,000 ConfigMaps, parsed by the client',
    unit: 'ms',
    ours: lists,
    goal: '≤ 20 ms (server alone)',
  });
  await benchWatch(client);
  await close();
  await cluster.stop();
}

/** From a create's answer to the event at the last of 100 watchers, all in this process. */
async function benchWatch(client: RestClient): Promise<void> {
  say('watch latency');
  const watchers = 100;
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
  const object = await client.create(configMaps, {
    metadata: { name: 'watched', namespace: 'default' },
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  const latencies: number[] = [];
  for (let i = 0; i < 100; i++) {
    seen = 0;
    const all = new Promise<void>((resolve) => (done = resolve));
    const { resourceVersion: _stale, ...metadata } = object.metadata;
    await client.update(configMaps, { ...object, metadata, data: { i: String(i) } });
    const answered = performance.now();
    await all;
    latencies.push(Math.max(0, performance.now() - answered));
  }
  abort.abort();
  await Promise.all(following);
  rows.push({
    work: `event at the last of ${watchers} watchers after the answer, p50`,
    unit: 'ms',
    ours: latencies,
    goal: '≤ 1.5 ms',
  });
  rows.push({
    work: 'the same, p99',
    unit: 'ms',
    ours: [percentile(latencies, 99)],
    goal: '≤ 5 ms',
  });
}

async function benchDeployment(): Promise<void> {
  say('Deployment of 1,000 replicas on 50 nodes');
  const bound: number[] = [];
  for (let run = 0; run < runs; run++) {
    const cluster = await startWherry(join(folder, `deployment-${run}`), ['--nodes', '50']);
    const { client, close } = await clientOf(cluster);
    const labels = { app: 'many' };
    const container = { name: 'c', image: 'nginx', resources: { requests: { cpu: '10m' } } };
    const template = { metadata: { labels }, spec: { containers: [container] } };
    const started = performance.now();
    await client.create(deployments, {
      metadata: { name: 'many', namespace: 'default' },
      spec: { replicas: 1000, selector: { matchLabels: labels }, template },
    });
    for (;;) {
      const fieldSelector = 'spec.nodeName!=';
      const { items } = await client.list(pods, { namespace: 'default', fieldSelector });
      if (items.length === 1000) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    bound.push((performance.now() - started) / 1000);
    await close();
    await cluster.stop();
  }
  rows.push({
    work: 'Deployment of 1,000 on 50 nodes → all bound',
    unit: 's',
    ours: bound,
    goal: '≤ 1 s',
  });
}

async function benchStore(): Promise<void> {
  const peerName = etcdName();
  const cluster = await startWherry(join(folder, 'store'), ['--nodes', '0']);
  const etcd = peerName === undefined ? undefined : await startEtcd(join(folder, 'etcd'));
  const value = Buffer.alloc(256, 'v');
  const measure = async (endpoint: string, clients: number): Promise<[number, number]> => {
    const kv = connectTo(endpoint);
    const put = (client: number) => {
      const request = { key: `bench/${client}`, value };
      return kv.txn({ compare: [], success: [{ type: 'put', request }], failure: [] });
    };
    const get = (client: number) => kv.range({ key: `bench/${client}` });
    const puts = await closedLoop({ clients, durationMs, call: put });
    const gets = await closedLoop({ clients, durationMs, call: get });
    await kv.close();
    return [puts.perSecond, gets.perSecond];
  };
  for (const clients of [1, 64, 256]) {
    say(`store, ${clients} clients`);
    const ours: [number, number][] = [];
    const theirs: [number, number][] = [];
    for (let run = 0; run < runs; run++) {
      ours.push(await measure(cluster.store, clients));
      if (etcd !== undefined) theirs.push(await measure(etcd.endpoint, clients));
    }
    for (const [index, work] of ['put 256 B', 'get'].entries()) {
      const peer = theirs.map((pair) => pair[index]!);
      rows.push({
        work: `store ${work} over gRPC, ${clients} clients`,
        unit: 'per s',
        ours: ours.map((pair) => pair[index]!),
        ...(etcd === undefined ? {} : { peer, peerName: peerName! }),
        goal: index === 0 ? '≥ 1.3×' : '≥ 1.2×',
      });
    }
  }
  await etcd?.stop();
  await cluster.stop();
}

const suites = { start: benchStart, api: benchApi, deployment: benchDeployment, store: benchStore };
const asked = process.argv.slice(2);
try {
  for (const [name, suite] of Object.entries(suites)) {
    if (asked.length === 0 || asked.includes(name)) await suite();
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`;
  process.stdout.write(`${machine}; ${runs} runs of ${durationMs} ms each\n\n${report(rows)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
