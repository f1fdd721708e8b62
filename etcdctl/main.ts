/** `wherry etcdctl`: etcdctl's commands, flags and output, for those who have no etcdctl. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { chunkBytes } from '../platform/net/http.ts';
import { realClock } from '../platform/node/clock.ts';
import { connectHttp } from '../platform/node/net/http-client.ts';
import { realNames } from '../platform/node/net/names.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import type { ProcessContext } from '../platform/node/process.ts';
import type { Names } from '../platform/net/names.ts';
import type { Programs } from '../platform/programs.ts';
import { authCommands } from './commands/auth.ts';
import { clusterCommands } from './commands/cluster.ts';
import { checkCommand } from './commands/check.ts';
import { completionCommand } from './commands/completion.ts';
import { defragCommand } from './commands/defrag.ts';
import { downgradeCommand } from './commands/downgrade.ts';
import { kvCommands } from './commands/kv.ts';
import { leaseCommand } from './commands/lease.ts';
import { electCommand, lockCommand } from './commands/locks.ts';
import { makeMirrorCommand } from './commands/make-mirror.ts';
import { memberCommand } from './commands/member.ts';
import { snapshotCommand } from './commands/snapshot.ts';
import { watchCommand } from './commands/watch.ts';
import { withDiscovery } from './discovery.ts';
import { asFailure, refuseAsEtcdctl } from './failure.ts';
import { takeGoArguments } from './go-arguments.ts';
import { Session, type GlobalFlags, type Run } from './session.ts';

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

function duration(text: string): number {
  const [, count, unit] = /^(\d+)(ms|s|m)$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError('A duration like 5s is needed.');
  return Number(count) * unitsMs[unit!]!;
}

/** 0: none of our own. */
function limit(text: string): number | undefined {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('A number of bytes is needed.');
  return Number(text) === 0 ? undefined : Number(text);
}

/** ETCDCTL_CACERT for --cacert; the flag beats the variable. */
const option = (flags: string, text: string): Option =>
  new Option(flags, text).env(
    `ETCDCTL_${/--([a-z-]+)/.exec(flags)![1]!.replaceAll('-', '_').toUpperCase()}`,
  );

async function readFile(path: string): Promise<Buffer> {
  const bytes = await realDisk.read(path);
  if (bytes === undefined) throw new Error(`open ${path}: no such file or directory`);
  return Buffer.from(bytes);
}

async function fetchText(url: string): Promise<string> {
  const { protocol, origin, pathname } = new URL(url);
  if (protocol !== 'http:') throw new Error(`${pathname} is only read over http://, not ${origin}`);
  const connection = connectHttp({ baseUrl: origin });
  try {
    const signal = new AbortController().signal;
    const { body } = await connection.handler({
      method: 'GET',
      path: pathname,
      query: new URLSearchParams(),
      headers: {},
      signal,
      peer: { address: '' },
    });
    let text = '';
    if (body === undefined) return text;
    if (body instanceof Uint8Array) return Buffer.from(body).toString();
    if (!(Symbol.asyncIterator in body)) return Buffer.from(body.bytes()).toString();
    for await (const chunk of body) text += Buffer.from(chunkBytes(chunk)).toString();
    return text;
  } finally {
    await connection.close();
  }
}

function withGlobalFlags(
  command: Command,
  endpoints: readonly string[] = ['127.0.0.1:2379'],
): Command {
  return command
    .description('A command line for etcd v3 stores, ours and others')
    .addOption(
      option('--endpoints <urls>', 'where the store is')
        .argParser((text: string, before: readonly string[]) => [
          // Given twice, they add up.
          ...(before === endpoints ? [] : before),
          ...text.split(','),
        ])
        .default(endpoints, endpoints.join()),
    )
    .addOption(option('--cacert <file>', 'CA of the server'))
    .addOption(option('--cert <file>', 'certificate of this client'))
    .addOption(option('--key <file>', 'its key'))
    .addOption(option('--insecure-skip-tls-verify', 'trust any server').default(false))
    .addOption(option('--user <name[:password]>', 'who calls'))
    .addOption(option('--password <password>', 'of --user'))
    .addOption(
      option('--command-timeout <duration>', 'of a call').argParser(duration).default(5000, '5s'),
    )
    .addOption(
      option('--dial-timeout <duration>', 'until one of several endpoints must take calls')
        .argParser(duration)
        .default(2000, '2s'),
    )
    .addOption(
      option('--keepalive-time <duration>', 'how often an idle server is asked for a sign of life')
        .argParser(duration)
        .default(2000, '2s'),
    )
    .addOption(
      option('--keepalive-timeout <duration>', 'how long it may take')
        .argParser(duration)
        .default(6000, '6s'),
    )
    .addOption(option('--insecure-transport [bool]', 'taken for scripts: the URL decides'))
    .addOption(option('-d, --discovery-srv <domain>', 'whose SRV records name the endpoints'))
    .addOption(option('--discovery-srv-name <name>', 'behind the service in the names of records'))
    .addOption(
      option('--insecure-discovery [bool]', 'take endpoints without TLS that DNS names')
        .argParser((text: string) => text !== 'false')
        .default(true),
    )
    .addOption(option('--max-request-bytes <n>', 'of a request').argParser(limit))
    .addOption(option('--max-recv-bytes <n>', 'of an answer').argParser(limit))
    .addOption(option('--debug [bool]', 'taken for scripts: nothing more is printed'))
    .addOption(
      option('-w, --write-out <format>', 'of the output')
        .choices(['simple', 'json', 'fields', 'protobuf', 'table'])
        .default('simple'),
    )
    .addOption(option('--hex', 'print bytes in hexadecimal').default(false));
}

export interface EtcdctlOptions {
  /** Absent: `lock` and `watch` run none. */
  readonly programs?: Programs | undefined;
  readonly names?: Names | undefined;
  /** Where the store is unless a flag or a variable says. */
  readonly endpoints?: readonly string[] | undefined;
}

export function etcdctlCommand(context: ProcessContext, options: EtcdctlOptions = {}): Command {
  const { programs, names = realNames, endpoints } = options;
  const program = withGlobalFlags(new Command('etcdctl'), endpoints);
  const run: Run = async (body) => {
    const given = program.opts<GlobalFlags>();
    const flags = await withDiscovery(given, names, (line) => context.err(`${line}\n`));
    const real = { clock: realClock, readFile, fetchText };
    const session = new Session(flags, { context, ...real, programs });
    try {
      await body(session);
    } catch (error) {
      throw asFailure(error);
    } finally {
      session.close();
    }
  };
  const commands = [
    ...[...kvCommands(run), watchCommand(run), leaseCommand(run), ...clusterCommands(run)],
    ...[snapshotCommand(run), ...authCommands(run), lockCommand(run), electCommand(run)],
    ...[memberCommand(run), checkCommand(run), makeMirrorCommand(run), downgradeCommand(run)],
    defragCommand(run),
  ];
  program
    .command('version')
    .description('Print the versions of etcdctl and of the API that this one goes by')
    .action(() => context.out('etcdctl version: 3.6.0\nAPI version: 3.6\n'));
  for (const command of commands) program.addCommand(command);
  program.addCommand(completionCommand(program, context.out));
  // Global flags stand before or after the command, as etcdctl takes them.
  for (const command of commands.flatMap((each) => [each, ...each.commands]))
    for (const flag of program.options) command.addOption(hidden(flag, program));
  takeGoArguments(program);
  refuseAsEtcdctl(program);
  return program;
}

/** The same flag behind a command: it sets the program's. */
function hidden(flag: Option, program: Command): Option {
  const copy = new Option(flag.flags, flag.description).hideHelp();
  const parse = flag.parseArg;
  copy.argParser((text: string) => {
    const value: unknown = parse === undefined ? text : parse(text, undefined);
    program.setOptionValue(flag.attributeName(), value);
    return value;
  });
  return copy;
}
