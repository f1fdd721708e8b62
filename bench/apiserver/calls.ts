import { contest, type Sides } from '../contest.ts';
import { type HttpClient, openHttp } from '../http-load.ts';
import { openHttp2 } from '../http2-load.ts';
import { closedLoop } from '../load.ts';
import { durationMs } from '../suite.ts';
import type { ApiSide } from './peer.ts';

export const URL = '/api/v1/namespaces/default/configmaps';
const payload = 'x'.repeat(1024);
/** The design's. */
const goal = '≥ 2×';

export const configMap = (name: string, labels = {}): string =>
  JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'ConfigMap' },
    ...{ metadata: { name, namespace: 'default', labels }, data: { payload } },
  });

export async function withClients<T>(
  side: Pick<ApiSide, 'kubeconfig'>,
  count: number,
  use: (clients: readonly HttpClient[]) => Promise<T>,
): Promise<T> {
  const opened = Array.from({ length: count }, () => openHttp(side.kubeconfig));
  const clients = await Promise.all(opened);
  try {
    return await use(clients);
  } finally {
    for (const client of clients) client.close();
  }
}

let made = 0;

async function createsAndGets(side: ApiSide, clients: number): Promise<number[]> {
  const first = made;
  return withClients(side, clients, async (connections) => {
    const create = (client: number): Promise<number> =>
      connections[client]!.request('POST', URL, configMap(`c-${made++}`));
    const get = (client: number, n: number): Promise<number> =>
      connections[client]!.request('GET', `${URL}/c-${first + (n % (made - first))}`);
    const created = await closedLoop({ clients, durationMs, call: create });
    const got = await closedLoop({ clients, durationMs, call: get });
    return [created.perSecond, got.perSecond];
  });
}

/** Creates and gets in closed loops, one connection per client. */
export async function benchCalls(sides: Sides<ApiSide>): Promise<void> {
  // Uncounted: a server just started runs code that is not compiled yet.
  for (const side of sides.sides) await createsAndGets(side, 32);
  for (const clients of [1, 32, 128]) {
    const row = (work: string) =>
      ({ work: `${work}, ${clients} clients`, unit: 'per s', goal }) as const;
    const shown = [row('create ConfigMap 1 KB'), row('get ConfigMap')];
    await contest(shown, sides, (side) => createsAndGets(side, clients));
  }
}

const writes = {
  'merge patch': {
    type: 'application/merge-patch+json',
    query: '',
    body: (n: number) => ({ data: { n: `${n}` } }),
  },
  'server-side apply': {
    type: 'application/apply-patch+yaml',
    query: '?fieldManager=bench&force=true',
    body: (n: number, name: string) => ({
      ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } },
      data: { n: `${n}` },
    }),
  },
} as const;

const CHANGERS = 32;

/** Changes of one object per client. */
async function changes(side: ApiSide, verb: keyof typeof writes): Promise<number[]> {
  const { type, query, body } = writes[verb];
  const names = Array.from({ length: CHANGERS }, () => `changed-${made++}`);
  return withClients(side, CHANGERS, async (connections) => {
    await Promise.all(
      connections.map((each, i) => each.request('POST', URL, configMap(names[i]!))),
    );
    const call = (client: number, n: number): Promise<number> => {
      const name = names[client]!;
      const text = JSON.stringify(body(n, name));
      return connections[client]!.request('PATCH', `${URL}/${name}${query}`, { type, text });
    };
    return [(await closedLoop({ clients: CHANGERS, durationMs, call })).perSecond];
  });
}

export async function benchPatches(sides: Sides<ApiSide>): Promise<void> {
  for (const verb of Object.keys(writes) as (keyof typeof writes)[]) {
    const work = `${verb} of a ConfigMap, ${CHANGERS} clients`;
    await contest([{ work, unit: 'per s' }], sides, (side) => changes(side, verb));
  }
}

async function overHttp2(side: ApiSide): Promise<number[]> {
  const client = await openHttp2(side.kubeconfig);
  const of = { clients: 32, durationMs };
  const name = `h2-${made++}`;
  const create = (_: number, n: number): Promise<number> =>
    client.request('POST', URL, configMap(`${name}-${n}`));
  const created = await closedLoop({ ...of, call: create });
  const get = (): Promise<number> => client.request('GET', `${URL}/${name}-0`);
  const got = await closedLoop({ ...of, call: get });
  client.close();
  return [created.perSecond, got.perSecond];
}

/** The same over one HTTP/2 connection, as client-go has it, with 32 streams at a time. */
export async function benchHttp2(sides: Sides<ApiSide>): Promise<void> {
  const over = '32 at a time over one HTTP/2 connection';
  const shown = [
    { work: `create ConfigMap 1 KB, ${over}`, unit: 'per s' },
    { work: `get ConfigMap, ${over}`, unit: 'per s' },
  ] as const;
  await contest(shown, sides, overHttp2);
}
