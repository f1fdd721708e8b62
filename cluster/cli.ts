import { Command, Option } from 'commander';
import { isAlive, isStopped, signalProcess } from '../platform/node/child-process.ts';
import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import { diskSpace } from '../platform/node/files/disk-space.ts';
import type { ProcessContext } from '../platform/node/process.ts';
import type { LogsFlags } from './commands/logs.ts';
import type { ManageContext } from './commands/manage.ts';
import { meantBy } from './suggestions.ts';
import { clusterPaths, DEFAULT_DATA_DIR } from './paths.ts';
import { runCommand, seeHelp } from './run-command.ts';
import { readRunState } from './run-state.ts';
import { dataDirOption, isGiven, natural, upCommand, type UpFlags } from './up-flags.ts';
import { VERSION } from './version.ts';

interface Component {
  readonly group: string;
  readonly summary: string;
  readonly load: (context: ProcessContext) => Promise<Command>;
}

const PARTS = 'Its parts, each alone:';

/** Components that can be started alone, loaded only when asked for. */
const components: Readonly<Record<string, Component>> = {
  etcdctl: {
    group: 'Talk to it:',
    summary: 'Talk to an etcd-compatible store: that of the cluster here, or another',
    load: async (context) => {
      const { realPrograms } = await import('../platform/node/programs.ts');
      const { etcdctlCommand } = await import('../etcdctl/main.ts');
      const endpoints = await storeEndpoints(context);
      return etcdctlCommand(context, { programs: realPrograms, endpoints });
    },
  },
  store: {
    group: PARTS,
    summary: 'Run a member of the etcd-compatible store',
    load: async (context) => (await import('../store/main.ts')).storeCommand(context),
  },
  apiserver: {
    group: PARTS,
    summary: 'Serve the Kubernetes API over a store, ours or a real etcd',
    load: async (context) => {
      const { connectEtcd } = await import('../store/client/connect.ts');
      return (await import('../apiserver/main.ts')).apiserverCommand(context, connectEtcd);
    },
  },
  controllers: {
    group: PARTS,
    summary: 'Run the controllers',
    load: async (context) => (await import('../controllers/main.ts')).controllersCommand(context),
  },
  scheduler: {
    group: PARTS,
    summary: 'Run the scheduler',
    load: async (context) => (await import('../scheduler/main.ts')).schedulerCommand(context),
  },
  kubelet: {
    group: PARTS,
    summary: 'Run simulated nodes',
    load: async (context) => (await import('../kubelet/main.ts')).kubeletCommand(context),
  },
};

/** Of the cluster that runs in this folder, if one does. */
async function storeEndpoints({ env }: ProcessContext): Promise<string[] | undefined> {
  const paths = clusterPaths(env['WHERRY_DATA_DIR'] || DEFAULT_DATA_DIR);
  const state = await readRunState(realDisk, paths);
  if (state === undefined || !isAlive(state)) return undefined;
  const stores = state.components.filter(({ name }) => /^store\d*$/.test(name));
  const found = stores.flatMap(({ address }) => address ?? []);
  return found.length === 0 ? undefined : found;
}

/** Runs one `wherry` command line to its exit code. */
export async function runWherry(context: ProcessContext): Promise<number> {
  let exitCode = 0;
  const program = managementProgram(context, (code) => (exitCode = code));
  const [name = '', ...rest] = context.argv;
  // It takes words as etcdctl does: all of them are its own to read.
  if (name === 'etcdctl') program.enablePositionalOptions();
  // The package runs kubectl-lite for it, before anything of this is loaded.
  program
    .commandsGroup('Talk to it:')
    .command('kubectl')
    .description('Talk to an API server: kubectl-lite by the name of kubectl');
  for (const [component, { summary, load, group }] of Object.entries(components)) {
    program.commandsGroup(group);
    if (component === name) program.addCommand(await load(context));
    else program.command(component).description(summary);
  }
  const meant = program.commands.some((each) => each.name() === name) ? undefined : meantBy(name);
  if (meant !== undefined) {
    context.err(
      `error: unknown command '${name}'\n(Did you mean ${meant}?)\n${seeHelp('wherry')}\n`,
    );
    return 1;
  }
  const isBare = name === '' || (name === 'etcdctl' && rest.length === 0);
  const argv = isBare ? [...context.argv, '--help'] : context.argv;
  return (await runCommand(program, { ...context, argv })) || exitCode;
}

/** The commands about a whole cluster, without those that run one of its parts. */
export function managementProgram(context: ProcessContext, exit: (code: number) => void): Command {
  const program = new Command('wherry')
    .description('A Kubernetes-style control plane: run one, look after it, or run its parts.')
    .version(VERSION)
    .commandsGroup('A cluster:')
    .helpCommand(true)
    .addHelpText('after', EXAMPLES);
  addUp(program, context, exit);
  addManagement(program, context, exit);
  addLogs(program, context, exit);
  addSnapshots(program, context, exit);
  addAssets(program, context, exit);
  program
    .command('version')
    .description('Print the version of this program')
    .action(() => context.out(`${VERSION}\n`));
  return program;
}

const EXAMPLES = `
Begin with:
  wherry up --detach
  wherry kubectl get nodes
`;

function addUp(program: Command, context: ProcessContext, exit: (code: number) => void): void {
  const command = upCommand();
  program.addCommand(
    command.action(async (flags: UpFlags) => {
      const { up } = await import('./commands/up.ts');
      exit(await up(context, flags, (name) => isGiven(command, name)));
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
    .action(async (flags: { dataDir: string }) => {
      exit(await (await load()).status(manage, flags.dataDir));
    });
  program
    .command('restart [component]')
    .description('Kill a component hard and wait until it is back')
    .addOption(dataDirOption())
    .action(async (component: string | undefined, flags: { dataDir: string }) => {
      exit(await (await load()).restart(manage, flags.dataDir, component));
    });
  program
    .command('down')
    .description('Stop a running cluster')
    .addOption(dataDirOption())
    .action(async (flags: { dataDir: string }) => {
      exit(await (await load()).down(manage, flags.dataDir));
    });
  program
    .command('doctor')
    .description('Look a running cluster over and say what to do')
    .addOption(dataDirOption())
    .action(async (flags: { dataDir: string }) => {
      const { doctor } = await import('./commands/doctor.ts');
      exit(await doctor(context.out, flags.dataDir));
    });
  program
    .command('upgrade')
    .description('Check whether this version can go on with the data of another, and say how')
    .addOption(dataDirOption())
    .action(async (flags: { dataDir: string }) => {
      const { upgrade } = await import('./commands/upgrade.ts');
      exit(await upgrade(context.out, flags.dataDir));
    });
  program
    .command('kubeconfig')
    .description("Print the admin's kubeconfig")
    .addOption(dataDirOption())
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
    .description('Save a running cluster, to its snapshots folder or to a path')
    .addOption(dataDirOption())
    .action(async (name: string | undefined, flags: { dataDir: string }) => {
      exit(await (await load()).save(context.out, flags.dataDir, name));
    });
  snapshot
    .command('list')
    .description('Show the saved ones')
    .addOption(dataDirOption())
    .action(async (flags: { dataDir: string }) => {
      exit(await (await load()).list(context.out, flags.dataDir));
    });
  snapshot
    .command('restore <name>')
    .description('Replace the state of a stopped cluster, by name or path, ours or of etcd')
    .addOption(dataDirOption())
    .action(async (name: string, flags: { dataDir: string }) => {
      exit(await (await load()).restore(context.out, flags.dataDir, name));
    });
  program
    .command('reset')
    .description('Remove the state of a stopped cluster; its snapshots stay')
    .addOption(dataDirOption())
    .option('-y, --yes', 'do it', false)
    .action(async (flags: { dataDir: string; yes: boolean }) => {
      exit(await (await load()).reset(context.out, flags));
    });
}

function addAssets(program: Command, context: ProcessContext, exit: (code: number) => void): void {
  program
    .command('assets <folder>')
    .description('Write kube-apiserver, etcd, kubectl, … that run ours, for KUBEBUILDER_ASSETS')
    .action(async (folder: string) => {
      const { assets } = await import('./commands/assets.ts');
      exit(await assets(context.out, { folder, script: context.script }));
    });
}
