/** watch: changes as they happen; with -i, of what the lines of standard input ask for */
import { Command } from 'commander';
import { addRangeFlags, rangeOf, type RangeFlags } from '../range.ts';
import type { Run, Session } from '../session.ts';
import { words } from '../txn-text.ts';
import { Watches, type Wanted } from '../watches.ts';
import { badArguments, invalidInput } from '../failure.ts';

interface WatchFlags extends RangeFlags {
  readonly rev: string;
  readonly prevKv: boolean;
  readonly progressNotify: boolean;
  readonly interactive?: boolean;
}

const watchFlags = (): Command =>
  addRangeFlags(new Command('watch').argument('[words...]'))
    .option('--rev <n>', 'from this revision on', '0')
    .option('--prev-kv', 'with the pair before', false)
    .option('--progress-notify', 'also say that nothing happened', false);

export const watchCommand = (run: Run): Command =>
  watchFlags()
    .usage('[options] [key or prefix] [range_end] [--] [exec-command arg1 arg2 ...]')
    .description('Watch events on keys or prefixes; after -- a program to run for each')
    .option('-i, --interactive', 'watch what standard input says, line by line', false)
    .action((given: string[], flags: WatchFlags) =>
      run(async (session) => {
        if (flags.interactive === true) return interact(session);
        // Commander tells nothing of the dashes.
        const { argv } = session.environment.context;
        const program = argv.includes('--') ? argv.slice(argv.indexOf('--') + 1) : [];
        if (program.length === 0 && argv.includes('--')) throw badArguments(NO_PROGRAM);
        const keys = given.slice(0, given.length - program.length);
        const watches = new Watches(session, (error) => {
          throw error;
        });
        watches.add(wantedOf(session, { keys, program, flags }));
        return watches.run();
      }),
    );

const NO_PROGRAM = 'bad number of arguments (found separator --, but no commands)';

interface Given {
  readonly keys: readonly string[];
  readonly program: readonly string[];
  readonly flags: WatchFlags;
}

/** Without a key, that of the environment. */
function wantedOf(session: Session, { keys, program, flags }: Given): Wanted {
  const { ETCDCTL_WATCH_KEY: fixed = '', ETCDCTL_WATCH_RANGE_END: fixedEnd = '' } =
    session.environment.context.env;
  if (fixed === '' && fixedEnd !== '')
    throw badArguments(`ETCDCTL_WATCH_KEY is empty but got ETCDCTL_WATCH_RANGE_END="${fixedEnd}"`);
  if (fixed !== '' && keys.length > 0)
    throw badArguments('bad number of arguments (found conflicting environment key)');
  const fallback = fixedEnd === '' ? [fixed] : [fixed, fixedEnd];
  const [key, rangeEnd, ...more] = fixed === '' ? keys : fallback;
  if (key === undefined || more.length > 0) throw badArguments('bad number of arguments');
  return {
    create: {
      ...rangeOf(key, rangeEnd, flags),
      start_revision: Number(flags.rev),
      prev_kv: flags.prevKv,
      progress_notify: flags.progressNotify,
    },
    program,
  };
}

/** `watch …` and `progress`, until the input or the command ends. */
async function interact(session: Session): Promise<void> {
  const { terminated, err } = session.environment.context;
  const watches = new Watches(session, ({ message }) => err(`${message}\n`));
  const read = async (): Promise<void> => {
    for await (const line of session.inputLines()) obey(session, watches, line);
    if (!terminated.aborted) throw invalidInput('error reading watch request line: EOF');
  };
  try {
    await Promise.race([watches.run(), read()]);
  } finally {
    watches.close();
  }
}

function obey(session: Session, watches: Watches, line: string): void {
  const { err, env } = session.environment.context;
  const [name, ...rest] = words(line);
  const refuse = (text: string): void => err(`Invalid command${text}\n`);
  if (name === undefined) return refuse(`: ${line} (watch and progress supported)`);
  if (name === 'progress') return watches.askForProgress();
  if (name !== 'watch') return refuse(` ${line} (only support watch)`);
  if (rest.length === 0 && (env['ETCDCTL_WATCH_KEY'] ?? '') === '')
    return refuse(` ${line} (command type or key is not provided)`);
  try {
    watches.add(wantedOf(session, parsed(rest)));
  } catch (error) {
    refuse(` ${line} (${(error as Error).message})`);
  }
}

function parsed(given: readonly string[]): Given {
  const dashes = given.indexOf('--');
  const program = dashes < 0 ? [] : given.slice(dashes + 1);
  if (dashes >= 0 && program.length === 0) throw badArguments(NO_PROGRAM);
  const command = watchFlags()
    .exitOverride()
    .configureOutput({ writeErr() {} })
    .action(() => {});
  command.parse(given.slice(0, dashes < 0 ? given.length : dashes), { from: 'user' });
  return { keys: command.args, program, flags: command.opts<WatchFlags>() };
}
