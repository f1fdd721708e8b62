/**
 * Custom resources: many definitions of realistic size, the way from a definition to its first
 * object, and creates of a custom resource beside those of a ConfigMap of the same size.
 */
import { join } from 'node:path';
import { largeDefinition } from '../../test/support/large-definition.ts';
import { type HttpClient, openHttp } from '../http-load.ts';
import { closedLoop } from '../load.ts';
import { durationMs, folder, rows, runs, say } from '../suite.ts';
import { type BenchCluster, startWherry } from '../wherry.ts';
import { benchAuthorization } from './authorization.ts';
import { benchWebhooks } from './webhooks.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const DEFINITIONS = 500;
/** The median of what cert-manager, Istio, Crossplane and Prometheus' operator install. */
const LINES = 900;
const CLIENTS = 32;

const definition = (i: number, lines = LINES, properties = {}): string =>
  JSON.stringify(
    largeDefinition({ plural: `things${i}s`, group: `g${i % 50}.example.com`, lines, properties }),
  );
const collection = (i: number): string =>
  `/apis/g${i % 50}.example.com/v1/namespaces/default/things${i}s`;
const thing = (i: number, name: string, spec: object): string =>
  JSON.stringify({
    ...{ apiVersion: `g${i % 50}.example.com/v1`, kind: `Things${i}`, metadata: { name }, spec },
  });

async function untilServed(client: HttpClient, url: string): Promise<void> {
  for (;;) {
    const served = await client.request('GET', url).then(
      () => true,
      () => false,
    );
    if (served) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** What 500 definitions cost: memory, and the start on data that has them. */
async function benchMany(): Promise<void> {
  say(`${DEFINITIONS} definitions`);
  const dataDir = join(folder, 'extensions');
  let cluster = await startWherry(dataDir);
  const before = cluster.residentMiB();
  const client = await openHttp(cluster.kubeconfig);
  const started = performance.now();
  for (let i = 0; i < DEFINITIONS; i++) await client.request('POST', CRDS, definition(i));
  await untilServed(client, collection(DEFINITIONS - 1));
  const installed = (performance.now() - started) / DEFINITIONS;
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const grown = (cluster.residentMiB() - before) / DEFINITIONS;
  client.close();
  await cluster.stop();
  const times: number[] = [];
  const memory: number[] = [];
  for (let run = 0; run < runs; run++) {
    cluster = await startWherry(dataDir);
    times.push(cluster.readyMs);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    memory.push((cluster.residentMiB() - before) / DEFINITIONS);
    await cluster.stop();
  }
  const size = Math.round(definition(0).length / 1024);
  const each = `CRD of ${LINES} lines (${size} KiB), one of ${DEFINITIONS}`;
  rows.push({ work: `install a ${each}`, unit: 'ms', ours: [installed] });
  rows.push({ work: `memory per ${each}`, unit: 'MiB', ours: [grown], goal: '≤ 1 MiB' });
  rows.push({ work: `the same after a restart`, unit: 'MiB', ours: memory, goal: '≤ 1 MiB' });
  rows.push({ work: `restart with ${DEFINITIONS} CRDs → ready`, unit: 'ms', ours: times });
}

/** From sending a definition to the answer that its first object was created. */
async function benchFirstObject(cluster: BenchCluster): Promise<void> {
  for (const lines of [100, 5_000]) {
    say(`definition of ${lines} lines to first object`);
    const times: number[] = [];
    const client = await openHttp(cluster.kubeconfig);
    for (let run = 0; run < Math.max(runs, 5); run++) {
      const i = 1_000 + lines + run;
      const body = definition(i, lines);
      const started = performance.now();
      await client.request('POST', CRDS, body);
      await untilServed(client, collection(i));
      await client.request('POST', collection(i), thing(i, 'first', {}));
      times.push(performance.now() - started);
    }
    client.close();
    const work = `CRD of ${lines.toLocaleString('en')} lines sent → its first object created`;
    rows.push({ work, unit: 'ms', ours: times, goal: 'Established ≤ 100 ms' });
  }
}

const RULES = Array.from({ length: 10 }, (_, i) => ({
  rule: `self.number < ${i + 1}000000 && (!has(self.payload) || self.payload.size() > ${i})`,
}));
const payload = 'x'.repeat(1024);
const fields = {
  number: { type: 'integer', minimum: 0 },
  payload: { type: 'string', maxLength: 2_048 },
};

async function benchCreates(cluster: BenchCluster): Promise<void> {
  const opened = await Promise.all(
    Array.from({ length: CLIENTS }, () => openHttp(cluster.kubeconfig)),
  );
  let made = 0;
  const nested = { body: { type: 'object', properties: fields } };
  const rules = { 'x-kubernetes-validations': RULES };
  const ruled = { body: { ...nested.body, ...rules } };
  await opened[0]!.request('POST', CRDS, definition(9_000, 100, nested));
  await opened[0]!.request('POST', CRDS, definition(9_001, 100, ruled));
  await untilServed(opened[0]!, collection(9_001));
  const sorts = [
    {
      work: 'ConfigMap 1 KB',
      url: '/api/v1/namespaces/default/configmaps',
      body: (name: string) => JSON.stringify({ metadata: { name }, data: { payload } }),
    },
    {
      work: 'custom resource 1 KB',
      url: collection(9_000),
      body: (name: string) => thing(9_000, name, { body: { number: 1, payload } }),
    },
    {
      work: 'custom resource 1 KB with ten CEL rules',
      url: collection(9_001),
      body: (name: string) => thing(9_001, name, { body: { number: 1, payload } }),
    },
  ];
  const rates = sorts.map(() => [] as number[]);
  const costs = sorts.map(() => [] as number[]);
  for (let run = -1; run < runs; run++)
    for (const [i, { work, url, body }] of sorts.entries()) {
      if (run < 0) say(`create ${work}`);
      const call = (client: number): Promise<number> =>
        opened[client]!.request('POST', url, body(`b-${made++}`));
      const before = { made, seconds: cluster.cpuSeconds() };
      const { perSecond } = await closedLoop({ clients: CLIENTS, durationMs, call });
      if (run < 0) continue;
      rates[i]!.push(perSecond);
      costs[i]!.push(((cluster.cpuSeconds() - before.seconds) * 1e6) / (made - before.made));
    }
  for (const client of opened) client.close();
  for (const [i, { work }] of sorts.entries()) {
    rows.push({ work: `create ${work}, ${CLIENTS} clients`, unit: 'per s', ours: rates[i]! });
    rows.push({ work: 'the same, CPU of the cluster per create', unit: 'µs', ours: costs[i]! });
  }
}

export async function benchExtensions(): Promise<void> {
  const cluster = await startWherry(join(folder, 'extensions-few'));
  await benchFirstObject(cluster);
  await benchCreates(cluster);
  await benchWebhooks(cluster);
  await cluster.stop();
  benchAuthorization();
  await benchMany();
}
