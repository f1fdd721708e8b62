/** endpoint, alarm, defrag, move-leader */
import { Command } from 'commander';
import type { Plain } from '../../store/grpc/schema/codec.ts';
import type { EtcdClient } from '../client.ts';
import { numberText } from '../plain.ts';
import { printFields } from '../fields.ts';
import { printJson } from '../json.ts';
import { durationText, integer, memberId } from '../numbers.ts';
import { unsupported } from '../failure.ts';
import type { Run, Session } from '../session.ts';

export const hex = (id: unknown): string => BigInt((id ?? 0) as number).toString(16);

/** As given, or with --cluster everyone's. */
export async function endpoints(session: Session, cluster: boolean): Promise<readonly string[]> {
  if (!cluster) return session.flags.endpoints;
  const { members } = await (await session.client()).call('etcdserverpb.Cluster/MemberList');
  return (members as Plain[]).flatMap((member) => (member['clientURLs'] ?? []) as string[]);
}

const units = ['B', 'kB', 'MB', 'GB'];

function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return unit === 0 || value >= 10
    ? `${Math.round(value)} ${units[unit]}`
    : `${value.toFixed(1)} ${units[unit]}`;
}

function statusCells(endpoint: string, status: Plain): string[] {
  const { member_id: id } = status['header'] as Plain;
  return [
    ...[endpoint, hex(id), status['version'] as string, size(status['dbSize'] as number)],
    ...[String(status['leader'] === id), String(status['isLearner'] === true)],
    ...[status['raftTerm'], status['raftIndex'], status['raftAppliedIndex']].map(numberText),
    ((status['errors'] ?? []) as string[]).join(', '),
  ];
}

const statusHeads = [
  ...['ENDPOINT', 'ID', 'VERSION', 'DB SIZE', 'IS LEADER', 'IS LEARNER'],
  ...['RAFT TERM', 'RAFT INDEX', 'RAFT APPLIED INDEX', 'ERRORS'],
];

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, i) =>
    Math.max(head.length, ...rows.map((row) => row[i]!.length)),
  );
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`;
  const line = (cells: readonly string[], pad: (cell: string, width: number) => string): string =>
    `|${cells.map((cell, i) => ` ${pad(cell, widths[i]!)} `).join('|')}|`;
  const centred = (cell: string, width: number): string =>
    cell.padStart((width + cell.length) >> 1).padEnd(width);
  const right = (cell: string, width: number): string => cell.padStart(width);
  const body = rows.map((row) => line(row, right));
  return [rule, line(heads, centred), rule, ...body, rule].join('\n');
}

async function status(session: Session, all: readonly string[]): Promise<void> {
  const { writeOut } = session.flags;
  if (writeOut === 'protobuf') throw unsupported(writeOut);
  const found: { endpoint: string; status: Plain }[] = [];
  let failure: Error | undefined;
  for (const endpoint of all)
    try {
      const client = await session.clientOf(endpoint);
      found.push({ endpoint, status: await client.call('etcdserverpb.Maintenance/Status') });
    } catch (error) {
      failure = error as Error;
      const text = `Failed to get the status of endpoint ${endpoint} (${failure.message})`;
      session.environment.context.err(`${text}\n`);
    }
  printStatus(session, found);
  if (failure !== undefined) throw failure;
}

function printStatus(
  session: Session,
  found: readonly { readonly endpoint: string; readonly status: Plain }[],
): void {
  const { writeOut } = session.flags;
  if (writeOut === 'json') {
    const texts = found.map(
      (each) =>
        `{"Endpoint":${JSON.stringify(each.endpoint)},"Status":${printJson('StatusResponse', each.status)}}`,
    );
    session.print(`[${texts.join(',')}]`);
    return;
  }
  if (writeOut === 'fields') {
    for (const { endpoint, status: answer } of found)
      session.print(printFields('StatusResponse', answer, endpoint));
    return;
  }
  const rows = found.map((each) => statusCells(each.endpoint, each.status));
  if (writeOut === 'table') session.print(table(statusHeads, rows));
  else for (const row of rows) session.print(row.join(', '));
}

interface Health {
  readonly endpoint: string;
  readonly took: string;
  readonly error: string;
}

async function healthOf(session: Session, endpoint: string): Promise<Health> {
  const { clock } = session.environment;
  const began = clock.monotonic();
  const took = (): string => durationText(clock.monotonic() - began);
  try {
    const client = await session.clientOf(endpoint);
    await client.call('etcdserverpb.KV/Range', { key: Buffer.from('health') }).catch((error) => {
      // Who may not read that key has been answered all the same.
      if ((error as Error).message !== 'etcdserver: permission denied') throw error;
    });
    return { endpoint, took: took(), error: '' };
  } catch (error) {
    return { endpoint, took: took(), error: (error as Error).message };
  }
}

async function health(session: Session, all: readonly string[]): Promise<void> {
  const found = await Promise.all(all.map((endpoint) => healthOf(session, endpoint)));
  switch (session.flags.writeOut) {
    case 'json':
      session.print(
        JSON.stringify(
          found.map(({ endpoint, took, error }) => ({
            endpoint,
            health: error === '',
            took,
            ...(error !== '' && { error }),
          })),
        ),
      );
      break;
    case 'table': {
      const rows = found.map((each) => [
        ...[each.endpoint, String(each.error === ''), each.took, each.error],
      ]);
      session.print(table(['ENDPOINT', 'HEALTH', 'TOOK', 'ERROR'], rows));
      break;
    }
    case 'simple':
      for (const { endpoint, took, error } of found)
        session.print(
          error === ''
            ? `${endpoint} is healthy: successfully committed proposal: took = ${took}`
            : `${endpoint} is unhealthy: failed to commit proposal: ${error}`,
        );
      break;
    default:
      throw unsupported(session.flags.writeOut);
  }
  if (found.some(({ error }) => error !== '')) throw new Error('unhealthy cluster');
}

async function hashKv(session: Session, all: readonly string[], revision: number): Promise<void> {
  const { writeOut } = session.flags;
  if (writeOut === 'protobuf') throw unsupported(writeOut);
  const rows: string[][] = [];
  const texts: string[] = [];
  for (const endpoint of all) {
    const client = await session.clientOf(endpoint);
    const answer = await client.call('etcdserverpb.Maintenance/HashKV', { revision });
    rows.push([endpoint, numberText(answer['hash'])]);
    if (writeOut === 'fields') session.print(printFields('HashKVResponse', answer, endpoint));
    const text = printJson('HashKVResponse', answer);
    texts.push(`{"Endpoint":${JSON.stringify(endpoint)},"HashKV":${text}}`);
  }
  if (writeOut === 'json') session.print(`[${texts.join()}]`);
  else if (writeOut === 'table') session.print(table(['ENDPOINT', 'HASH'], rows));
  else if (writeOut === 'simple') for (const row of rows) session.print(row.join(', '));
}

function endpointCommand(run: Run): Command {
  const endpoint = new Command('endpoint').description('Health, status and hash of endpoints');
  const add = (
    name: string,
    text: string,
    act: (session: Session, all: readonly string[], rev: number) => Promise<void>,
  ): void => {
    endpoint
      .command(name)
      .description(text)
      .option('--cluster', 'of all members', false)
      .option('--rev <n>', 'of the hash', '0')
      .action(({ cluster, rev }: { cluster: boolean; rev: string }) =>
        run(async (session) => act(session, await endpoints(session, cluster), integer(rev))),
      );
  };
  add('status', 'What members say of themselves', status);
  add('health', 'Whether they answer', health);
  add('hashkv', 'Hash of the pairs', hashKv);
  return endpoint;
}

const alarmNames = ['NONE', 'NOSPACE', 'CORRUPT'];
const DEACTIVATE = 2;

function alarmCommand(run: Run): Command {
  const alarm = new Command('alarm').description('Alarms of the cluster');
  const print = (session: Session, { alarms }: Plain): void => {
    for (const { memberID = 0, alarm: type = 0 } of (alarms ?? []) as Plain[])
      session.print(`memberID:${numberText(memberID)} alarm:${alarmNames[type as number]} `);
  };
  const add = (name: string, text: string, request: Plain): void => {
    alarm
      .command(name)
      .description(text)
      .action(() =>
        run(async (session) => {
          const client = await session.client();
          const answer = await client.call('etcdserverpb.Maintenance/Alarm', request);
          session.show('AlarmResponse', answer, () => print(session, answer));
        }),
      );
  };
  add('list', 'List alarms', {});
  add('disarm', 'Disarm all alarms', { action: DEACTIVATE });
  return alarm;
}

/** The client of the endpoint that leads. */
async function leading(session: Session): Promise<{ client: EtcdClient; leader: unknown }> {
  const { endpoints: given } = session.flags;
  for (const endpoint of given) {
    const client = await session.clientOf(endpoint);
    const status = await client.call('etcdserverpb.Maintenance/Status').catch(() => undefined);
    const { leader } = status ?? {};
    if (status !== undefined && (status['header'] as Plain)['member_id'] === leader)
      return { client, leader };
  }
  throw new Error(`no leader endpoint given at [${given.join(' ')}]`);
}

export function clusterCommands(run: Run): Command[] {
  const moveLeader = new Command('move-leader')
    .argument('<memberID>')
    .description('Hand leadership to another member')
    .action((id: string) =>
      run(async (session) => {
        const request = { targetID: memberId(id) };
        const { client, leader } = await leading(session);
        await client.call('etcdserverpb.Maintenance/MoveLeader', request);
        session.print(`Leadership transferred from ${hex(leader)} to ${id}`);
      }),
    );
  return [endpointCommand(run), alarmCommand(run), moveLeader];
}
