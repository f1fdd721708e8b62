import { command } from '../command.ts';
import { failuresText } from '../failure.ts';
import { boolean, duration, list, text } from '../flags/flag.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { containerOf, podPath, runningPod } from './find-pod.ts';
import { runRemotely } from './remote-command.ts';
import { interaction } from './interaction.ts';

export const exec = command({
  usage: '(POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...] [options]',
  flags: {
    container: text('The container; the default one if it is not given', { shorthand: 'c' }),
    filename: list('A file that names the pod', { shorthand: 'f' }),
    'pod-running-timeout': duration('How long to wait for a running pod', { valueMs: 60_000 }),
    quiet: boolean('Print only what the command prints', { shorthand: 'q' }),
    stdin: boolean('Pass standard input to the container', { shorthand: 'i' }),
    tty: boolean('Standard input is a terminal', { shorthand: 't' }),
  },
  async run(session, { words, flags, wordsBeforeDash }) {
    const pod = await podWord(session, { words, filename: flags.filename, wordsBeforeDash });
    const found = await runningPod(session, pod.word, {
      limitMs: flags['pod-running-timeout'],
      verb: 'exec into',
    });
    // The server knows whether there is a container of that name.
    const container =
      flags.container || containerOf(session, found, { asked: '', quiet: flags.quiet }).name;
    return interaction(session, flags, async (streams) => {
      const query = new URLSearchParams({ container });
      for (const word of pod.command) query.append('command', word);
      for (const [name, on] of [
        ['stdin', streams.stdin !== undefined],
        ['stdout', true],
        ['stderr', !streams.tty],
        ['tty', streams.tty],
      ] as const) {
        if (on) query.set(name, 'true');
      }
      await runRemotely(session, { path: podPath(found, 'exec'), query }, streams);
    });
  },
});

interface Line {
  readonly words: readonly string[];
  readonly filename: readonly string[];
  readonly wordsBeforeDash: number | undefined;
}

async function podWord(
  session: Session,
  { words, filename, wordsBeforeDash }: Line,
): Promise<{ word: string; command: readonly string[] }> {
  const before = wordsBeforeDash ?? words.length;
  const named = filename.length === 0;
  if (named && words.length === 0) {
    throw new UsageError('pod, type/name or --filename must be specified');
  }
  if (wordsBeforeDash === undefined && words.length > 1) {
    throw new UsageError(
      'exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead',
      { seeHelp: true },
    );
  }
  const rest = words.slice(named ? Math.max(before, 1) : before);
  if (rest.length === 0)
    throw new UsageError('you must specify at least one command for the container');
  if (named) return { word: words[0]!, command: rest };
  const { locate } = await import('../resource/builder.ts');
  const { located, failures } = await locate(session, { words: [], filename });
  const [first, ...others] = located;
  if (failures.length > 0) throw new UsageError(failuresText(failures));
  if (others.length > 0) throw new UsageError('cannot exec into multiple objects at a time');
  if (first === undefined) throw new UsageError('the file names no pod');
  return {
    word: `${first.type.resource}.${first.type.group}/${first.name}`.replace('./', '/'),
    command: rest,
  };
}
