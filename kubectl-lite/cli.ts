import { isStatus } from '../api/status.ts';
import type { AnyCommand, CommandEntry, Line } from './command.ts';
import { failureText } from './failure.ts';
import type { Flags } from './flags/flag.ts';
import { type GlobalValues, globalFlags } from './flags/global.ts';
import { FlagError, parseLine } from './flags/parse.ts';
import { commandTree } from './commands/tree.ts';
import { UsageError } from './usage-error.ts';
import type { Environment } from './session.ts';

/** Runs one command line (without the program's name) and resolves to its exit code. */
export async function runCli(argv: readonly string[], environment: Environment): Promise<number> {
  try {
    if (argv[0] === '__complete') {
      const { answerCompletion } = await import('./completion/answer.ts');
      return await answerCompletion(environment, argv.slice(1));
    }
    const line = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv;
    const found = await findCommand(line);
    const { entry, loaded, path } = found;
    if (loaded === undefined || entry === undefined) return await parentOnly(found, environment);
    const parsed = await readLine(loaded, found);
    if (parsed.flags.help) {
      const { commandHelp } = await import('./help.ts');
      environment.output.out(commandHelp(path, entry, loaded));
      return 0;
    }
    return await helped(path, runCommand(loaded, parsed, environment));
  } catch (error) {
    environment.output.err(`${failureText(error)}\n`);
    return 1;
  }
}

interface Found {
  readonly entry: CommandEntry | undefined;
  readonly loaded: AnyCommand | undefined;
  /** "kubectl-lite rollout status" */
  readonly path: string;
  /** The line without the words that named the command. */
  readonly rest: readonly string[];
}

/** Flags may stand before the command's name, and between it and a subcommand's. */
async function findCommand(argv: readonly string[]): Promise<Found> {
  const rest = [...argv];
  let children: readonly CommandEntry[] | undefined = commandTree;
  let entry: CommandEntry | undefined;
  let loaded: AnyCommand | undefined;
  let path = PROGRAM;
  while (children !== undefined) {
    const at = firstWord(rest, { ...globalFlags, ...(loaded?.flags ?? {}) });
    const word = at === undefined ? undefined : rest[at];
    const child: CommandEntry | undefined = children.find(
      ({ name, aliases = [] }) => word === name || (word !== undefined && aliases.includes(word)),
    );
    if (child === undefined) break;
    rest.splice(at!, 1);
    entry = child;
    loaded = await child.load?.();
    path += ` ${child.name}`;
    children = child.subcommands;
  }
  return { entry, loaded, path, rest };
}

const PROGRAM = 'kubectl-lite';
/** As shells tell of a process that SIGINT ended. */
const INTERRUPTED = 130;

/** Where the first word stands that is neither a flag nor a flag's value. */
function firstWord(line: readonly string[], flags: Flags): number | undefined {
  for (let at = 0; at < line.length; at++) {
    const word = line[at]!;
    if (word === '--') return undefined;
    if (!word.startsWith('-') || word === '-') return at;
    if (word.includes('=')) continue;
    const flag = word.startsWith('--')
      ? flags[word.slice(2)]
      : Object.values(flags).find((f) => word.length === 2 && f.shorthand === word[1]);
    if (flag !== undefined && flag.alone === undefined) at++;
  }
  return undefined;
}

/** A line that names no command that can be run: help for it, or a refusal. */
async function parentOnly(found: Found, environment: Environment): Promise<number> {
  const { entry, path } = found;
  const [first] = found.rest;
  if (entry === undefined && first !== undefined && !first.startsWith('-')) {
    // A plugin's flags are its own: they are not read here.
    const { runPlugin } = await import('./plugin/find.ts');
    const code = await runPlugin(environment, found.rest);
    if (code !== undefined) return code;
  }
  const line = await withSuggestions(path, globalFlags, () => parseLine(globalFlags, found.rest));
  const word = line.words[0];
  const { groupHelp, suggestCommands } = await import('./help.ts');
  if (word === undefined || line.flags.help) {
    const asked = line.flags.help || entry === undefined || entry.standsAlone === true;
    environment.output[asked ? 'out' : 'err'](groupHelp(path, entry));
    return asked ? 0 : 1;
  }
  if (entry === undefined) {
    throw new UsageError(
      `unknown command ${JSON.stringify(word)} for "${PROGRAM}"` +
        suggestCommands(word, commandTree),
    );
  }
  throw new UsageError(
    `unknown command ${JSON.stringify(word)}\nSee '${path} -h' for help and examples` +
      suggestCommands(word, entry.subcommands ?? []),
  );
}

function readLine(loaded: AnyCommand, { path, rest }: Found): Promise<Line<Flags>> {
  const flags = { ...globalFlags, ...(loaded.flags as Flags) };
  return withSuggestions(path, flags, () => parseLine(flags, rest) as Line<Flags>);
}

async function withSuggestions<T>(path: string, flags: Flags, read: () => T): Promise<T> {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    const { suggestFlags } = await import('./help.ts');
    const near = error.unknown === undefined ? '' : suggestFlags(error.unknown, flags);
    throw new UsageError(`${error.message}\nSee '${path} --help' for usage.${near}`);
  }
}

async function helped<T>(path: string, running: Promise<T>): Promise<T> {
  try {
    return await running;
  } catch (error) {
    if (!(error instanceof UsageError) || !error.seeHelp) throw error;
    throw new UsageError(`${error.message}\nSee '${path} -h' for help and examples`);
  }
}

async function runCommand(
  loaded: AnyCommand,
  line: Line<Flags>,
  environment: Environment,
): Promise<number> {
  if ('runLocally' in loaded) return loaded.runLocally(environment, line as never);
  const session = await environment.connect(connectionFlags(loaded, line.flags), readerOf(line));
  const { interrupted = INTERRUPTED } = loaded;
  try {
    const code = await loaded.run(session, line as never);
    const { warnings } = session.api;
    if (code === 0 && warnings > 0 && line.flags['warnings-as-errors'])
      throw new UsageError(`${warnings} ${warnings === 1 ? 'warning' : 'warnings'} received`);
    return session.signal.aborted ? interrupted : code;
  } catch (error) {
    // What failed then failed because of it.
    if (session.signal.aborted) return interrupted;
    if (!isStatus(error, 'Unauthorized') || session.target.cert === undefined) throw error;
    const { expiredCertificate } = await import('./expired-certificate.ts');
    throw (await expiredCertificate(environment, session.target.cert)) ?? error;
  } finally {
    await session.close();
  }
}

/** Who of the line reads standard input, in kubectl's words. */
function readerOf({ words, flags }: Line<Flags>): string | undefined {
  const { filename } = flags as { filename?: unknown };
  const reads = words.includes('-') || [filename].flat().includes('-');
  return reads ? 'stdin resource manifest reader' : undefined;
}

/** A flag of the command's own may have the name of a global one, and then is none. */
function connectionFlags(loaded: AnyCommand, values: GlobalValues): GlobalValues {
  const own = Object.keys(loaded.flags).filter((name) => Object.hasOwn(globalFlags, name));
  const defaults = own.map((name) => [name, globalFlags[name as keyof GlobalValues].default]);
  return { ...values, ...(Object.fromEntries(defaults) as Partial<GlobalValues>) };
}
