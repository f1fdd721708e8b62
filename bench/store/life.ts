/** Starts, memory, compactions, and the loss of a leader. */
import { decodeMessage, encodeMessage, type Plain } from '../../store/grpc/schema/codec.ts';
import { openGrpc } from '../grpc-load.ts';
import { closedLoop } from '../load.ts';
import { durationMs } from '../suite.ts';
import { contenders, contest, start } from './contest.ts';
import { fill } from './fill.ts';
import type { Contender, Members } from './members.ts';

const KEYS = 100_000;
const CLIENTS = 16;
/** How often a write is tried while there is no leader. */
const TRY_EVERY_MS = 10;
const GIVE_UP_MS = 30_000;

async function startTime(contender: Contender): Promise<number[]> {
  const began = performance.now();
  const members = await start(contender, 1);
  const tookMs = performance.now() - began;
  await members.stop();
  return [tookMs];
}

/** Memory with all keys twice written, and the puts' p99 while the first versions are removed. */
async function memoryAndCompaction(contender: Contender): Promise<number[]> {
  const members = await start(contender, 1);
  const what = { prefix: 'memory/', keys: KEYS, bytes: 1024 };
  await fill(members, what);
  const residentMiB = members.residentMiB();
  await fill(members, what);
  const connection = openGrpc(members.endpoints[0]!);
  const put = encodeMessage('PutRequest', { key: Buffer.from('k'), value: Buffer.alloc(256) });
  const call = (): Promise<void> => connection.call('/etcdserverpb.KV/Put', put);
  const revision = 1 + (2 * KEYS) / 100;
  const compact = encodeMessage('CompactionRequest', { revision, physical: true });
  const compacted = connection.call('/etcdserverpb.KV/Compact', compact);
  const { p99Ms } = await closedLoop({ clients: CLIENTS, durationMs, call });
  await compacted;
  connection.close();
  await members.stop();
  return [residentMiB, p99Ms];
}

async function leaderOf(members: Members): Promise<number> {
  for (const [index, endpoint] of members.endpoints.entries()) {
    const connection = openGrpc(endpoint);
    const status = await new Promise<Plain>((resolve) => {
      const path = '/etcdserverpb.Maintenance/Status';
      const stream = connection.converse(path, (message) =>
        resolve(decodeMessage('StatusResponse', message)),
      );
      stream.send(Buffer.alloc(0));
    });
    connection.close();
    const { member_id: own } = status['header'] as Plain;
    if (status['leader'] === own) return index;
  }
  throw new Error('no member says that it leads');
}

/** From `kill -9` of the leader to the first write that another member acknowledges. */
async function failover(contender: Contender): Promise<number[]> {
  const members = await start(contender, 3);
  const leader = await leaderOf(members);
  const put = encodeMessage('PutRequest', { key: Buffer.from('k'), value: Buffer.alloc(256) });
  const survivors = members.endpoints.filter((_, index) => index !== leader).map(openGrpc);
  for (const each of survivors) await each.call('/etcdserverpb.KV/Put', put);
  members.all[leader]!.process.kill('SIGKILL');
  const began = performance.now();
  const tookMs = await new Promise<number>((resolve, reject) => {
    const attempt = (): void => {
      const waitedMs = performance.now() - began;
      if (waitedMs > GIVE_UP_MS) reject(new Error('no write after the loss of the leader'));
      for (const each of survivors)
        each.call('/etcdserverpb.KV/Put', put).then(
          () => {
            clearInterval(timer);
            resolve(performance.now() - began);
          },
          () => {},
        );
    };
    const timer = setInterval(attempt, TRY_EVERY_MS);
  });
  for (const each of survivors) each.close();
  await members.stop();
  return [tookMs];
}

export async function benchLife(): Promise<void> {
  const start = { work: 'store, empty directory → first read', unit: 'ms', goal: '≤ 250 ms' };
  await contest([{ ...start, unit: 'ms' }], contenders, startTime);
  await contest(
    [
      { work: 'store, memory with 100,000 keys of 1 KB', unit: 'MiB', goal: '≤ etcd' },
      { work: `put while compacting, ${CLIENTS} clients, p99`, unit: 'ms', goal: '≤ etcd' },
    ],
    contenders,
    memoryAndCompaction,
  );
  const lost = { work: 'three members, leader killed → next write', goal: '≤ 1,000 ms' };
  await contest([{ ...lost, unit: 'ms' }], contenders, failover);
}
