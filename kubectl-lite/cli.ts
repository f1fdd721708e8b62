import { Command, CommanderError, Option } from 'commander';
import { failureText } from './failure.ts';
import { UsageError } from './resources.ts';
import type { Session } from './session.ts';

/** The flags that choose the server, as every command takes them. */
export interface ConnectionFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly server?: string;
}

export interface CliEnvironment {
  /** Opens the session for a command; rejects with a UsageError if no server is configured. */
  connect(flags: ConnectionFlags): Promise<Session>;
  out(text: string): void;
  err(text: string): void;
}

type CommandOptions = Readonly<Record<string, unknown>> & ConnectionFlags;
type Action = (session: Session, words: string[], options: CommandOptions) => Promise<number>;

/** Runs one command line (without the program's name) and resolves to its exit code. */
export async function runCli(
  argv: readonly string[],
  environment: CliEnvironment,
): Promise<number> {
  let exitCode = 0;
  const program = buildProgram(environment, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has printed its own message; help and version are no failures.
    if (error instanceof CommanderError) return error.exitCode;
    environment.err(`${failureText(error)}\n`);
    return 1;
  }
}

function buildProgram(environment: CliEnvironment, exit: (code: number) => void): Command {
  const program = new Command('kubectl-lite')
    .description('kubectl-lite controls a Kubernetes cluster: any, and Wherry in particular.')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => environment.out(text),
      writeErr: (text) => environment.err(text),
    });
  // As with kubectl, the flags that choose the server may stand before the command, too.
  connectionOptions(program);
  const add = (parent: Command, usage: string, action: Action): Command =>
    connectionOptions(parent.command(usage)).action(async (...args: unknown[]) => {
      const command = args.at(-1) as Command;
      const options = command.optsWithGlobals<CommandOptions>();
      const session = await environment.connect(options);
      try {
        exit(await action(session, command.args, options));
      } finally {
        await session.close();
      }
    });
  for (const define of [addGet, addDescribe, addApply, addCreate, addDelete, addScale]) {
    define(program, add);
  }
  return program;
}

type Add = (parent: Command, usage: string, action: Action) => Command;

function connectionOptions(command: Command): Command {
  return command
    .option('--kubeconfig <path>', 'path to the kubeconfig file')
    .option('--context <name>', 'the kubeconfig context to use')
    .option('-n, --namespace <name>', 'the namespace scope of this request')
    .option('-s, --server <url>', "the API server's address, instead of the kubeconfig's")
    .exitOverride();
}

/** Repeatable, and comma separated, as kubectl's string slices. */
const collect = (value: string, before: string[]): string[] => [...before, ...value.split(',')];

const integer = (value: string): number => {
  if (/^-?\d+$/.test(value)) return Number(value);
  throw new UsageError(`error: invalid argument ${JSON.stringify(value)}: it must be an integer`);
};

function addGet(program: Command, add: Add): void {
  add(program, 'get [words...]', async (session, words, options) => {
    const { get } = await import('./commands/get.ts');
    return get(session, words, options as never);
  })
    .description('Display one or many resources')
    .option('-o, --output <format>', 'json, yaml, name or wide')
    .option('-A, --all-namespaces', 'list across all namespaces', false)
    .option('-l, --selector <query>', 'label selector')
    .option('--field-selector <query>', 'field selector')
    .option('-w, --watch', 'after listing, watch for changes', false)
    .option('--no-headers', "don't print headers")
    .option('--show-labels', 'show all labels as the last column', false)
    .option('--ignore-not-found', 'succeed if the object does not exist', false);
}

function addDescribe(program: Command, add: Add): void {
  add(program, 'describe [words...]', async (session, words, options) => {
    const { describe } = await import('./commands/describe.ts');
    return describe(session, words, options as never);
  })
    .description('Show details of a specific resource or group of resources')
    .option('-l, --selector <query>', 'label selector')
    .option('-A, --all-namespaces', 'across all namespaces', false);
}

const fileOption = (): Option =>
  new Option('-f, --filename <path>', 'file, folder or - for standard input')
    .argParser(collect)
    .default([]);

function addApply(program: Command, add: Add): void {
  add(program, 'apply', async (session, words, options) => {
    if (words.length > 0) {
      throw new UsageError(
        `error: Unexpected args: [${words.join(' ')}]\nSee 'kubectl-lite apply --help'`,
      );
    }
    const { apply } = await import('./commands/apply.ts');
    return apply(session, options as never);
  })
    .description('Apply a configuration to a resource by file name or stdin')
    .allowExcessArguments()
    .addOption(fileOption())
    .option('-R, --recursive', 'process folders recursively', false);
}

function addCreate(program: Command, add: Add): void {
  const create = add(program, 'create', async (session, words, options) => {
    if (words.length > 0) {
      throw new UsageError(
        `error: unknown command ${JSON.stringify(words[0])}: kubectl-lite creates namespaces, ` +
          'and anything else with -f',
      );
    }
    const { createFromFiles } = await import('./commands/create.ts');
    return createFromFiles(session, options as never);
  })
    .description('Create a resource from a file or from stdin')
    .allowExcessArguments()
    .addOption(fileOption())
    .option('-R, --recursive', 'process folders recursively', false);
  add(create, 'namespace <name>', async (session, words) => {
    const { createNamespace } = await import('./commands/create.ts');
    return createNamespace(session, words[0]!);
  })
    .alias('ns')
    .description('Create a namespace with the specified name');
}

function addDelete(program: Command, add: Add): void {
  add(program, 'delete [words...]', async (session, words, options) => {
    const { remove } = await import('./commands/delete.ts');
    return remove(session, words, options as never);
  })
    .description('Delete resources by file names, stdin, resources and names, or by selector')
    .addOption(fileOption())
    .option('-R, --recursive', 'process folders recursively', false)
    .option('-l, --selector <query>', 'label selector')
    .option('-A, --all-namespaces', 'across all namespaces', false)
    .option('--all', 'all objects of the types named', false)
    .option('--cascade <how>', 'background, foreground or orphan', 'background')
    .option('--grace-period <seconds>', 'time for the object to end by itself', integer)
    .option('--force', 'remove from the API at once', false)
    .option('--no-wait', 'do not wait until the objects are gone')
    .option('--ignore-not-found', 'succeed if the object does not exist', false);
}

function addScale(program: Command, add: Add): void {
  add(program, 'scale [words...]', async (session, words, options) => {
    const { scale } = await import('./commands/scale.ts');
    return scale(session, words, options as never);
  })
    .description('Set a new size for a deployment or replica set')
    .requiredOption('--replicas <count>', 'the new desired number of replicas', integer)
    .option('--current-replicas <count>', 'refuse unless this is the present number', integer);
}
