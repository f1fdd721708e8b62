import { type HttpClient, openHttp } from '../http-load.ts';
import { openHttp2 } from '../http2-load.ts';
import { closedLoop } from '../load.ts';
import { durationMs, rows, runs, say } from '../suite.ts';
import type { BenchCluster } from '../wherry.ts';

export const URL = '/api/v1/namespaces/default/configmaps';
const payload = 'x'.repeat(1024);
/** kube-apiserver 1.32 with etcd on another machine of two cores, by clients: the design's. */
const PEERS = { 1: [699, 1269], 32: [2243, 3830], 128: [2308, 3928] } as const;

export const configMap = (name: string, labels = {}): string =>
  JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'ConfigMap' },
    ...{ metadata: { name, namespace: 'default', labels }, data: { payload } },
  });

export async function withClients<T>(
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
export async function benchCalls(cluster: BenchCluster): Promise<void> {
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

const writes = {
  'merge patch': [
    'application/merge-patch+json',
    (n: number) => JSON.stringify({ data: { n: `${n}` } }),
  ],
  'server-side apply': [
    'application/apply-patch+yaml',
    (n: number, name: string) =>
      JSON.stringify({
        ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } },
        data: { n: `${n}` },
      }),
  ],
} as const;

/** Changes of one object per client, 32 clients. */
export async function benchPatches(cluster: BenchCluster): Promise<void> {
  const clients = 32;
  for (const [verb, [type, body]] of Object.entries(writes)) {
    say(verb);
    const rates: number[] = [];
    await withClients(cluster, clients, async (connections) => {
      const name = (client: number): string => `${verb.replace(' ', '-')}-${client}`;
      await Promise.all(
        connections.map((each, i) => each.request('POST', URL, configMap(name(i)))),
      );
      const path = (client: number): string =>
        `${URL}/${name(client)}?fieldManager=bench&force=true`;
      const call = (client: number, n: number): Promise<number> =>
        connections[client]!.request(
          'PATCH',
          verb === 'merge patch' ? `${URL}/${name(client)}` : path(client),
          {
            type,
            text: body(n, name(client)),
          },
        );
      for (let run = 0; run < runs; run++)
        rates.push((await closedLoop({ clients, durationMs, call })).perSecond);
    });
    rows.push({ work: `${verb} of a ConfigMap, ${clients} clients`, unit: 'per s', ours: rates });
  }
}

/** The same over one HTTP/2 connection, as client-go has it, with 32 streams at a time. */
export async function benchHttp2(cluster: BenchCluster): Promise<void> {
  say('HTTP/2');
  const client = await openHttp2(cluster.kubeconfig);
  const creates: number[] = [];
  const gets: number[] = [];
  const of = { clients: 32, durationMs };
  for (let run = 0; run < runs; run++) {
    const create = (_: number, n: number): Promise<number> =>
      client.request('POST', URL, configMap(`h2-${run}-${n}`));
    creates.push((await closedLoop({ ...of, call: create })).perSecond);
    const get = (): Promise<number> => client.request('GET', `${URL}/h2-${run}-0`);
    gets.push((await closedLoop({ ...of, call: get })).perSecond);
  }
  client.close();
  const over = '32 at a time over one HTTP/2 connection';
  rows.push({ work: `create ConfigMap 1 KB, ${over}`, unit: 'per s', ours: creates });
  rows.push({ work: `get ConfigMap, ${over}`, unit: 'per s', ours: gets });
}
