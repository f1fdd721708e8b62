import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { isAlive, signalProcess } from '../platform/node/child-process.ts';
import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/disk.ts';
import { logLevels } from '../platform/node/logger.ts';
import type { ProcessContext } from '../platform/node/process.ts';
import type { ManageContext } from './commands/manage.ts';
import type { UpFlags } from './commands/up.ts';
import { DEFAULT_NODES, DEFAULT_PORT, DEFAULT_STORE_PORT } from './options.ts';
import { DEFAULT_DATA_DIR } from './paths.ts';

/** Components that can be started alone, loaded only when asked for. */
const components: Readonly<
  Record<string, { summary: string; load: (context: ProcessContext) => Promise<Command> }>
> = {
  store: {
    summary: 'Run a member of the etcd-compatible store',
    load: async (context) => (await import('../store/main.ts')).storeCommand(context),
  },
  etcdctl: {
    summary: 'Talk to an etcd-compatible store, ours or another',
    load: async (context) => (await import('../etcdctl/main.ts')).etcdctlCommand(context),
  },
  apiserver: {
    summary: 'Serve the Kubernetes API over a store, ours or a real etcd',
    load: async (context) => {
      const { connectEtcd } = await import('../store/client/connect.ts');
      return (await import('../apiserver/main.ts')).apiserverCommand(context, connectEtcd);
    },
  },
  controllers: {
    summary: 'Run the controllers',
    load: async (context) => (await import('../controllers/main.ts')).controllersCommand(context),
  },
  scheduler: {
    summary: 'Run the scheduler',
    load: async (context) => (await import('../scheduler/main.ts')).schedulerCommand(context),
  },
  kubelet: {
    summary: 'Run hollow nodes',
    load: async (context) => (await import('../kubelet/main.ts')).kubeletCommand(context),
  },
};

/** Runs one `wherry` command line to its exit code. */
export async function runWherry(context: ProcessContext): Promise<number> {
  let exitCode = 0;
  const program = new Command('wherry')
    .description('A Kubernetes-style control plane: run one, look after it, or run its parts.')
    .showSuggestionAfterError()
    .exitOverride();
  const exit = (code: number): void => {
    exitCode = code;
  };
  addUp(program, context, exit);
  addManagement(program, context, exit);
  const [name = ''] = context.argv;
  for (const [component, { summary, load }] of Object.entries(components)) {
    if (component === name) program.addCommand((await load(context)).exitOverride());
    else program.command(component).description(summary);
  }
  try {
    await program.parseAsync([...context.argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has printed its own message.
    if (error instanceof CommanderError) return error.exitCode;
    throw error;
  }
}

const dataDir = (): Option =>
  new Option('--data-dir <folder>', 'where the cluster keeps its data').default(DEFAULT_DATA_DIR);

function natural(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function port(text: string): number {
  const value = natural(text);
  if (value > 65_535) throw new InvalidArgumentError('A port is between 0 and 65535.');
  return value;
}

function addUp(program: Command, context: ProcessContext, exit: (code: number) => void): void {
  program
    .command('up')
    .description('Run a cluster in the foreground until Ctrl-C')
    .addOption(dataDir())
    .option('--port <port>', 'port of the API server; 0 takes a free one', port, DEFAULT_PORT)
    .option(
      '--store-port <port>',
      'port of the store; 0 takes a free one',
      port,
      DEFAULT_STORE_PORT,
    )
    .option('--nodes <count>', 'hollow nodes', natural, DEFAULT_NODES)
    .option('--separate', 'run each component as a process of its own', false)
    .option('--etcd-servers <urls>', 'use this etcd in place of a store of our own', (text) =>
      text.split(','),
    )
    .addOption(
      new Option('--log-level <level>', 'least level logged').choices(logLevels).default('warn'),
    )
    .exitOverride()
    .action(async (flags: UpFlags) => {
      const { up } = await import('./commands/up.ts');
      exit(await up(context, flags));
    });
}

function addManagement(
  program: Command,
  context: ProcessContext,
  exit: (code: number) => void,
): void {
  const manage: ManageContext = {
    disk: realDisk,
    clock: realClock,
    processes: { isAlive, signal: signalProcess },
    out: context.out,
  };
  const load = () => import('./commands/manage.ts');
  program
    .command('status')
    .description('Show the components of a running cluster')
    .addOption(dataDir())
    .exitOverride()
    .action(async (flags: { dataDir: string }) => {
      exit(await (await load()).status(manage, flags.dataDir));
    });
  program
    .command('restart <component>')
    .description('Kill a component hard and wait until it is back')
    .addOption(dataDir())
    .exitOverride()
    .action(async (component: string, flags: { dataDir: string }) => {
      exit(await (await load()).restart(manage, flags.dataDir, component));
    });
  program
    .command('down')
    .description('Stop a running cluster')
    .addOption(dataDir())
    .exitOverride()
    .action(async (flags: { dataDir: string }) => {
      exit(await (await load()).down(manage, flags.dataDir));
    });
}
