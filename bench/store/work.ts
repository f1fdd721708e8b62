/** What else clients do: transactions, leases, large ranges, watches. */
import { encodeMessage, decodeMessage } from '../../store/grpc/schema/codec.ts';
import { openGrpc, type GrpcClient } from '../grpc-load.ts';
import { closedLoop } from '../load.ts';
import { percentile } from '../statistics.ts';
import { durationMs } from '../suite.ts';
import { contenders, contest, start } from './contest.ts';
import { fill } from './fill.ts';
import type { Members } from './members.ts';

const CLIENTS = 64;
const CONNECTIONS = 4;
const RANGE_KEYS = 10_000;
const WATCHERS = 1000;
const WATCH_STREAMS = 10;

const connect = ({ endpoints }: Members, count: number): GrpcClient[] =>
  Array.from({ length: count }, (_, i) => openGrpc(endpoints[i % endpoints.length]!));
const close = (connections: readonly GrpcClient[]): void =>
  connections.forEach((each) => each.close());

/** What kube-apiserver writes with: put if the key is as it was read. */
async function txns(members: Members): Promise<number[]> {
  const connections = connect(members, CONNECTIONS);
  const messages = Array.from({ length: CLIENTS }, (_, client) => {
    const key = Buffer.from(`txn/${client}`);
    const put = { request_put: { key, value: Buffer.alloc(256, 'v') } };
    const get = { request_range: { key } };
    const compare = { result: 1, target: 0, key, version: -1 };
    return encodeMessage('TxnRequest', { compare: [compare], success: [put], failure: [get] });
  });
  const call = (client: number): Promise<void> =>
    connections[client % CONNECTIONS]!.call('/etcdserverpb.KV/Txn', messages[client]!);
  const { perSecond } = await closedLoop({ clients: CLIENTS, durationMs, call });
  close(connections);
  return [perSecond];
}

let nextLease = 1000;

async function keepAlives(members: Members): Promise<number[]> {
  const connections = connect(members, CONNECTIONS);
  const first = nextLease;
  nextLease += CLIENTS;
  const answered: (() => void)[] = [];
  const streams = Array.from({ length: CLIENTS }, (_, client) =>
    connections[client % CONNECTIONS]!.converse('/etcdserverpb.Lease/LeaseKeepAlive', () =>
      answered[client]!(),
    ),
  );
  for (let client = 0; client < CLIENTS; client++) {
    const grant = encodeMessage('LeaseGrantRequest', { ID: first + client, TTL: 3600 });
    await connections[0]!.call('/etcdserverpb.Lease/LeaseGrant', grant);
  }
  const messages = streams.map((_, client) =>
    encodeMessage('LeaseKeepAliveRequest', { ID: first + client }),
  );
  const call = (client: number): Promise<void> =>
    new Promise((resolve) => {
      answered[client] = resolve;
      streams[client]!.send(messages[client]!);
    });
  const { perSecond } = await closedLoop({ clients: CLIENTS, durationMs, call });
  close(connections);
  return [perSecond];
}

async function ranges(members: Members): Promise<number[]> {
  const connections = connect(members, 1);
  const [key, end] = [Buffer.from('range/'), Buffer.from('range0')];
  const message = encodeMessage('RangeRequest', { key, range_end: end });
  const call = (): Promise<void> => connections[0]!.call('/etcdserverpb.KV/Range', message);
  const { p50Ms } = await closedLoop({ clients: 1, durationMs, call });
  close(connections);
  return [p50Ms];
}

/** One put after the other, each once all watchers have the event of the one before. */
async function watches(members: Members): Promise<number[]> {
  const connections = connect(members, WATCH_STREAMS + 1);
  const writer = connections.pop()!;
  let created = 0;
  let missing = 0;
  let all: () => void = () => {};
  const ready = new Promise<void>((resolve) => (all = resolve));
  const key = Buffer.from('watched');
  const create = encodeMessage('WatchRequest', { create_request: { key } });
  for (const connection of connections) {
    const stream = connection.converse('/etcdserverpb.Watch/Watch', (message) => {
      const isEvent = created === WATCHERS;
      if (!isEvent && decodeMessage('WatchResponse', message)['created'] === true) created++;
      if (isEvent ? --missing === 0 : created === WATCHERS) all();
    });
    for (let i = 0; i < WATCHERS / WATCH_STREAMS; i++) stream.send(create);
  }
  await ready;
  const put = encodeMessage('PutRequest', { key, value: Buffer.alloc(256, 'v') });
  const tookMs: number[] = [];
  for (const end = performance.now() + durationMs; performance.now() < end;) {
    missing = WATCHERS;
    const began = performance.now();
    const seen = new Promise<void>((resolve) => (all = resolve));
    await Promise.all([writer.call('/etcdserverpb.KV/Put', put), seen]);
    tookMs.push(performance.now() - began);
  }
  close([...connections, writer]);
  return [percentile(tookMs, 50)];
}

export async function benchWork(): Promise<void> {
  const sides = await Promise.all(contenders.map((each) => start(each, 1)));
  for (const side of sides) await fill(side, { prefix: 'range/', keys: RANGE_KEYS, bytes: 256 });
  // Runs that do not count.
  for (const side of sides)
    for (const work of [txns, keepAlives, ranges, watches]) await work(side);
  const rate = { unit: 'per s', goal: '≥ 1.2×' } as const;
  const time = { unit: 'ms', goal: '≥ 1.2×' } as const;
  await contest([{ work: `store txn (compare, put), ${CLIENTS} clients`, ...rate }], sides, txns);
  await contest([{ work: `lease keepalive, ${CLIENTS} streams`, ...rate }], sides, keepAlives);
  await contest([{ work: 'range of 10,000 keys of 256 B, p50', ...time }], sides, ranges);
  const fanOut = `put → its event at the last of ${WATCHERS} watchers, p50`;
  await contest([{ work: fanOut, ...time }], sides, watches);
  for (const side of sides) await side.stop();
}
