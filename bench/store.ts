import { join } from 'node:path';
import { writePutRequest } from '../store/grpc/messages/put.ts';
import { writeRangeRequest } from '../store/grpc/messages/range.ts';
import { encode } from '../store/grpc/wire/writer.ts';
import { etcdName, startEtcd } from './etcd.ts';
import { openGrpc } from './grpc-load.ts';
import { closedLoop } from './load.ts';
import { durationMs, folder, rows, runs, say } from './suite.ts';
import { startWherry } from './wherry.ts';

/** HTTP/2 allows more streams on a connection, but one parser would then serve all of them. */
const CLIENTS_PER_CONNECTION = 16;

const value = Buffer.alloc(256, 'v');
const works = ['put 256 B', 'linearizable get', 'serializable get'] as const;

/** Calls per second of each of {@link works}, with prepared messages. */
async function measure(endpoint: string, clients: number): Promise<number[]> {
  const connections = Array.from({ length: Math.ceil(clients / CLIENTS_PER_CONNECTION) }, () =>
    openGrpc(endpoint),
  );
  const of = <T>(make: (key: string) => T): T[] =>
    Array.from({ length: clients }, (_, client) => make(`bench/${client}`));
  const messages = [
    of((key) => encode((writer) => writePutRequest(writer, { key, value }))),
    of((key) => encode((writer) => writeRangeRequest(writer, { key }))),
    of((key) => encode((writer) => writeRangeRequest(writer, { key, serializable: true }))),
  ];
  const rates: number[] = [];
  for (const [work, message] of messages.entries()) {
    const path = `/etcdserverpb.KV/${work === 0 ? 'Put' : 'Range'}`;
    const call = (client: number): Promise<void> =>
      connections[client % connections.length]!.call(path, message[client]!);
    rates.push((await closedLoop({ clients, durationMs, call })).perSecond);
  }
  for (const connection of connections) connection.close();
  return rates;
}

/** Our store and etcd by turns, each warmed up by a run that does not count. */
export async function benchStore(): Promise<void> {
  const peerName = etcdName();
  const cluster = await startWherry(join(folder, 'store'), ['--nodes', '0']);
  const etcd = peerName === undefined ? undefined : await startEtcd(join(folder, 'etcd'));
  const endpoints = [cluster.store, ...(etcd === undefined ? [] : [etcd.endpoint])];
  for (const endpoint of endpoints) await measure(endpoint, 64);
  for (const clients of [1, 64, 256]) {
    say(`store, ${clients} clients`);
    const rates: number[][][] = endpoints.map(() => []);
    for (let run = 0; run < runs; run++)
      for (const [side, endpoint] of endpoints.entries())
        rates[side]!.push(await measure(endpoint, clients));
    for (const [index, work] of works.entries()) {
      const [ours, peer] = rates.map((side) => side.map((figures) => figures[index]!));
      rows.push({
        work: `store ${work} over gRPC, ${clients} clients`,
        unit: 'per s',
        ours: ours!,
        ...(peer === undefined ? {} : { peer, peerName: peerName! }),
        goal: index === 0 ? '≥ 1.3×' : '≥ 1.2×',
      });
    }
  }
  await etcd?.stop();
  await cluster.stop();
}
