import { writePutRequest } from '../../store/grpc/messages/put.ts';
import { writeRangeRequest } from '../../store/grpc/messages/range.ts';
import { encode } from '../../store/grpc/wire/writer.ts';
import { openGrpc } from '../grpc-load.ts';
import { closedLoop } from '../load.ts';
import { durationMs } from '../suite.ts';
import { contenders, contest, start } from './contest.ts';

/** HTTP/2 allows more streams on a connection, but one parser would then serve all of them. */
const CLIENTS_PER_CONNECTION = 16;

const value = Buffer.alloc(256, 'v');
const works = ['put 256 B', 'linearizable get', 'serializable get'] as const;
const goals: Readonly<Record<string, readonly [put: string, get: string]>> = {
  '1/1': ['≥ 1.3×', '≥ 1.2×'],
  '1/64': ['≥ 1.3×', '≥ 1.2×'],
  '1/256': ['≥ 1.3×', '≥ 1.2×'],
  '3/1': ['≥ 1.2×', '≥ 1×'],
  '3/64': ['≥ 1×', '≥ 1×'],
  '3/256': ['≥ 1×', '≥ 1×'],
};

/** Calls per second of each of {@link works}, with prepared messages. */
async function measure(endpoints: readonly string[], clients: number): Promise<number[]> {
  const count = Math.max(
    Math.ceil(clients / CLIENTS_PER_CONNECTION),
    Math.min(clients, endpoints.length),
  );
  const connections = Array.from({ length: count }, (_, i) =>
    openGrpc(endpoints[i % endpoints.length]!),
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

/** Puts and gets of one key per client, after a run that does not count. */
export async function benchClients(members: number): Promise<void> {
  const sides = await Promise.all(contenders.map((each) => start(each, members)));
  for (const { endpoints } of sides) await measure(endpoints, 64);
  // Few at a time are where a member decides whether to wait for its disk itself.
  for (const clients of members === 1 ? [1, 2, 4, 64, 256] : [1, 64, 256]) {
    const [put = '', get = ''] = goals[`${members}/${clients}`] ?? [];
    const many = members === 1 ? '' : `, ${members} members`;
    const shown = works.map((work, index) => ({
      work: `store ${work} over gRPC, ${clients} clients${many}`,
      unit: 'per s' as const,
      goal: index === 0 ? put : get,
    }));
    await contest(shown, sides, ({ endpoints }) => measure(endpoints, clients));
  }
  for (const side of sides) await side.stop();
}
