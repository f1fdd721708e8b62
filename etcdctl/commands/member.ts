/** member list, add, remove, update, promote */
import { Command } from 'commander';
import type { Plain } from '../../store/grpc/schema/codec.ts';
import type { Run, Session } from '../session.ts';
import { memberId } from '../numbers.ts';
import { hex, table } from './cluster.ts';

const urls = (text: string): string[] => text.split(',').filter((url) => url !== '');
const padded = (id: unknown): string => hex(id).padStart(16);

function listText(session: Session, answer: Plain): void {
  const rows = (answer['members'] as Plain[]).map((each) => [
    hex(each['ID']),
    each['name'] === undefined ? 'unstarted' : 'started',
    (each['name'] as string | undefined) ?? '',
    ((each['peerURLs'] ?? []) as string[]).join(','),
    ((each['clientURLs'] ?? []) as string[]).join(','),
    String(each['isLearner'] === true),
  ]);
  const heads = ['ID', 'STATUS', 'NAME', 'PEER ADDRS', 'CLIENT ADDRS', 'IS LEARNER'];
  if (session.flags.writeOut === 'table') session.print(table(heads, rows));
  else for (const row of rows) session.print(row.join(', '));
}

async function call(session: Session, method: string, request: Plain): Promise<Plain> {
  return (await session.client()).call(`etcdserverpb.Cluster/${method}`, request);
}

const cluster = (answer: Plain): string => padded((answer['header'] as Plain)['cluster_id']);

interface Change {
  readonly usage: string;
  readonly text: string;
  readonly method: string;
  readonly said: string;
  readonly peerUrls?: boolean;
}

const changes: readonly Change[] = [
  {
    usage: 'remove <memberID>',
    text: 'Remove a member',
    method: 'MemberRemove',
    said: 'removed from cluster',
  },
  {
    usage: 'update <memberID>',
    text: 'Tell the others where a member is found',
    method: 'MemberUpdate',
    said: 'updated in cluster',
    peerUrls: true,
  },
  {
    usage: 'promote <memberID>',
    text: 'Let a learner vote',
    method: 'MemberPromote',
    said: 'promoted in cluster',
  },
];

/** What the new member is to be started with. */
function environmentOf(name: string, member: Plain, members: readonly Plain[]): string {
  const addresses = (each: Plain): string[] =>
    ((each['peerURLs'] ?? []) as string[]).map(
      (url) =>
        `${each['ID'] === member['ID'] ? name : ((each['name'] as string | undefined) ?? '')}=${url}`,
    );
  return [
    `ETCD_NAME="${name}"`,
    `ETCD_INITIAL_CLUSTER="${members.flatMap(addresses).join()}"`,
    `ETCD_INITIAL_ADVERTISE_PEER_URLS="${(member['peerURLs'] as string[]).join()}"`,
    'ETCD_INITIAL_CLUSTER_STATE="existing"',
  ].join('\n');
}

function addCommand(member: Command, run: Run): void {
  member
    .command('add <name>')
    .description('Add a member')
    .requiredOption('--peer-urls <urls>', 'where the others will find it')
    .option('--learner', 'let it learn before it votes', false)
    .action((name: string, flags: { peerUrls: string; learner: boolean }) =>
      run(async (session) => {
        const request = { peerURLs: urls(flags.peerUrls), isLearner: flags.learner };
        const answer = await call(session, 'MemberAdd', request);
        const added = answer['member'] as Plain;
        session.show('MemberAddResponse', answer, () => {
          session.print(`Member ${padded(added['ID'])} added to cluster ${cluster(answer)}\n`);
          session.print(environmentOf(name, added, answer['members'] as Plain[]));
        });
      }),
    );
}

export function memberCommand(run: Run): Command {
  const member = new Command('member').description('Members of the cluster');
  member
    .command('list')
    .description('List members')
    .action(() =>
      run(async (session) => {
        const answer = await call(session, 'MemberList', { linearizable: true });
        const what = { message: 'MemberListResponse', hasTable: true };
        session.show(what, answer, () => listText(session, answer));
      }),
    );
  addCommand(member, run);
  for (const { usage, text, method, said, peerUrls } of changes) {
    const command = member.command(usage).description(text);
    if (peerUrls === true)
      command.requiredOption('--peer-urls <urls>', 'its peer URLs from now on');
    command.action((text: string, flags: { peerUrls?: string }) =>
      run(async (session) => {
        const ID = memberId(text);
        const request: Plain =
          flags.peerUrls === undefined ? { ID } : { ID, peerURLs: urls(flags.peerUrls) };
        const answer = await call(session, method, request);
        session.show(`${method}Response`, answer, () =>
          session.print(`Member ${padded(ID)} ${said} ${cluster(answer)}`),
        );
      }),
    );
  }
  return member;
}
