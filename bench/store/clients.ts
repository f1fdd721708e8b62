import { join } from 'node:path';
import { writePutRequest } from '../../store/grpc/messages/put.ts';
import { writeRangeRequest } from '../../store/grpc/messages/range.ts';
import { encode } from '../../store/grpc/wire/writer.ts';
import { openGrpc } from '../grpc-load.ts';
import { closedLoop } from '../load.ts';
import { durationMs, folder, rows, runs, say } from '../suite.ts';
import { etcd, Members, ours } from './members.ts';

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
  const peer = etcd();
  const sides = await Promise.all(
    [ours, ...(peer === undefined ? [] : [peer])].map((contender) =>
      Members.start(contender, 1, join(folder, `clients-${contender.name}`)),
    ),
  );
  for (const { endpoints } of sides) await measure(endpoints[0]!, 64);
  for (const clients of [1, 64, 256]) {
    say(`store, ${clients} clients`);
    const rates: number[][][] = sides.map(() => []);
    for (let run = 0; run < runs; run++)
      for (const [side, { endpoints }] of sides.entries())
        rates[side]!.push(await measure(endpoints[0]!, clients));
    for (const [index, work] of works.entries()) {
      const [our, their] = rates.map((side) => side.map((figures) => figures[index]!));
      rows.push({
        work: `store ${work} over gRPC, ${clients} clients`,
        unit: 'per s',
        ours: our!,
        ...(peer !== undefined && { peer: their!, peerName: peer.name }),
        goal: index === 0 ? '≥ 1.3×' : '≥ 1.2×',
      });
    }
  }
  for (const side of sides) await side.stop();
}
