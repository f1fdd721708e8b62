import { Command, Option } from 'commander';
import { isAlive, isStopped, signalProcess } from '../platform/node/child-process.ts';
import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import { diskSpace } from '../platform/node/files/disk-space.ts';
import type { ProcessContext } from '../platform/node/process.ts';
import type { LogsFlags } from './commands/logs.ts';
import type { ManageContext } from './commands/manage.ts';
import { runCommand } from './run-command.ts';
import { dataDirOption, natural, upCommand, type UpFlags } from './up-flags.ts';
import { VERSION } from './version.ts';

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
    load: async (context) => {
      const { realPrograms } = await import('../platform/node/programs.ts');
      return (await import('../etcdctl/main.ts')).etcdctlCommand(context, realPrograms);
    },
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
  const program = managementProgram(context, (code) => (exitCode = code));
  const [name = ''] = context.argv;
  // It takes words as etcdctl does: all of them are its own to read.
  if (name === 'etcdctl') program.enablePositionalOptions();
  for (const [component, { summary, load }] of Object.entries(components)) {
    if (component === name) program.addCommand((await load(context)).exitOverride());
    else program.command(component).description(summary);
  }
  return (await runCommand(program, context)) || exitCode;
}

/** The commands about a whole cluster, without those that run one of its parts. */
export function managementProgram(context: ProcessContext, exit: (code: number) => void): Command {
  const program = new Command('wherry')
    .description('A Kubernetes-style control plane: run one, look after it, or run its parts.')
    .version(VERSION)
    .showSuggestionAfterError()
    .exitOverride();
  addUp(program, context, exit);
  program
    .command('version')
    .description('Print the version of this program')
    .action(() => context.out(`${VERSION}\n`));
  addManagement(program, context, exit);
  addLogs(program, context, exit);
  addSnapshots(program, context, exit);
  addAssets(program, context, exit);
  return program;
}

function addUp(program: Command, context: ProcessContext, exit: (code: number) => void): void {
  const command = upCommand().exitOverride();
  program.addCommand(
    command.action(async (flags: UpFlags) => {
      const { up } = await import('./commands/up.ts');
      const given = (name: string): boolean => command.getOptionValueSource(name) !== 'default';
      exit(await up(context, flags, given));
    }),
  );
}

function addManagement(
  program: Command,
  context: ProcessContext,
  exit: (code: number) => void,
): void {
  const manage: ManageContext = {
    disk: realDisk,
    clock: realClock,
    space: diskSpace,
    processes: {
      isAlive,
      isStopped,
      signal: signalProcess,
      endLeftovers: async (folder) =>
        (await import('../kubelet/real-processes.ts')).endLeftovers(folder),
    },
    out: context.out,
  };
  const load = () => import('./commands/manage.ts');
  program
    .command('status')
    .description('Show the components of a running cluster, and what is wrong with them')
    .addOption(dataDirOption())
    .exitOverride()
    .action(async (flags: { dataDir: string }) => {
      exit(await (await load()).status(manage, flags.dataDir));
    });
  program
    .command('restart [component]')
    .description('Kill a component hard and wait until it is back')
    .addOption(dataDirOption())
    .exitOverride()
    .action(async (component: string | undefined, flags: { dataDir: string }) => {
      exit(await (await load()).restart(manage, flags.dataDir, component));
    });
  program
    .command('down')
    .description('Stop a running cluster')
    .addOption(dataDirOption())
    .exitOverride()
    .action(async (flags: { dataDir: string }) => {
      exit(await (await load()).down(manage, flags.dataDir));
    });
  program
    .command('doctor')
    .description('Look a running cluster over and say what to do')
    .addOption(dataDirOption())
    .exitOverride()
    .action(async (flags: { dataDir: string }) => {
      const { doctor } = await import('./commands/doctor.ts');
      exit(await doctor(context.out, flags.dataDir));
    });
  program
    .command('upgrade')
    .description('Check whether this version can go on with the data of another, and say how')
    .addOption(dataDirOption())
    .exitOverride()
    .action(async (flags: { dataDir: string }) => {
      const { upgrade } = await import('./commands/upgrade.ts');
      exit(await upgrade(context.out, flags.dataDir));
    });
  program
    .command('kubeconfig')
    .description("Print the admin's kubeconfig")
    .addOption(dataDirOption())
    .exitOverride()
    .action(async (flags: { dataDir: string }) => {
      exit(await (await load()).kubeconfig(manage, flags.dataDir));
    });
}

function addLogs(program: Command, context: ProcessContext, exit: (code: number) => void): void {
  program
    .command('logs [component]')
    .description('Show what a component has written')
    .addOption(dataDirOption())
    .option('-f, --follow', 'wait for more', false)
    .option('--tail <count>', 'only so many of the last lines', natural)
    .addOption(
      new Option('-o, --output <format>', 'text, or the lines as they are')
        .choices(['console', 'json'])
        .default('console'),
    )
    .exitOverride()
    .action(async (component: string | undefined, flags: LogsFlags) => {
      const { logs } = await import('./commands/logs.ts');
      exit(await logs(context, component, flags));
    });
}

function addSnapshots(
  program: Command,
  context: ProcessContext,
  exit: (code: number) => void,
): void {
  const load = () => import('./commands/snapshot.ts');
  const snapshot = program
    .command('snapshot')
    .description('Save the state of a cluster, and go on from what was saved');
  snapshot
    .command('save [name]')
    .description('save a running cluster, to its snapshots folder or to a path')
    .addOption(dataDirOption())
    .exitOverride()
    .action(async (name: string | undefined, flags: { dataDir: string }) => {
      exit(await (await load()).save(context.out, flags.dataDir, name));
    });
  snapshot
    .command('list')
    .description('show the saved ones')
    .addOption(dataDirOption())
    .exitOverride()
    .action(async (flags: { dataDir: string }) => {
      exit(await (await load()).list(context.out, flags.dataDir));
    });
  snapshot
    .command('restore <name>')
    .description('replace the state of a stopped cluster, by name or path, ours or of etcd')
    .addOption(dataDirOption())
    .exitOverride()
    .action(async (name: string, flags: { dataDir: string }) => {
      exit(await (await load()).restore(context.out, flags.dataDir, name));
    });
  program
    .command('reset')
    .description('Remove the state of a stopped cluster; its snapshots stay')
    .addOption(dataDirOption())
    .option('-y, --yes', 'do it', false)
    .exitOverride()
    .action(async (flags: { dataDir: string; yes: boolean }) => {
      exit(await (await load()).reset(context.out, flags));
    });
}

function addAssets(program: Command, context: ProcessContext, exit: (code: number) => void): void {
  program
    .command('assets <folder>')
    .description('Write kube-apiserver, etcd, kubectl, … that run ours, for KUBEBUILDER_ASSETS')
    .exitOverride()
    .action(async (folder: string) => {
      const { assets } = await import('./commands/assets.ts');
      exit(await assets(context.out, { folder, script: context.script }));
    });
}
