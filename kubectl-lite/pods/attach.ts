import { command } from '../command.ts';
import { boolean, duration, list, text } from '../flags/flag.ts';
import { UsageError } from '../usage-error.ts';
import { attachTo } from './attach-or-log.ts';
import { containerOf, runningPod } from './find-pod.ts';

export const attach = command({
  usage: '(POD | TYPE/NAME) -c CONTAINER [options]',
  flags: {
    container: text('The container; the default one if it is not given', { shorthand: 'c' }),
    filename: list('Accepted for compatibility', { shorthand: 'f' }),
    'pod-running-timeout': duration('How long to wait for a running pod', { valueMs: 60_000 }),
    quiet: boolean('Print only what the container prints', { shorthand: 'q' }),
    stdin: boolean('Pass standard input to the container', { shorthand: 'i' }),
    tty: boolean('Standard input is a terminal', { shorthand: 't' }),
  },
  async run(session, { words, flags }) {
    if (words.length === 0) throw new UsageError('at least 1 argument is required for attach');
    if (words.length > 2) throw new UsageError('expected POD, TYPE/NAME, or TYPE NAME');
    const pod = await runningPod(session, words.join('/'), {
      limitMs: flags['pod-running-timeout'],
      verb: 'attach',
    });
    const container = containerOf(session, pod, {
      asked: flags.container,
      quiet: flags.quiet,
      missing: (name) =>
        `cannot attach to the container: container ${name} not found in pod ${pod.metadata.name}`,
    });
    if (flags.stdin && !container.stdin) {
      throw new UsageError(
        `container ${container.name} did not allocate one: its spec has no stdin: true`,
      );
    }
    if (!flags.quiet) {
      session.complain("If you don't see a command prompt, try pressing enter.");
    }
    return attachTo(session, pod, { container, flags });
  },
});
