import type { Session } from '../session.ts';
import { ExitError } from '../usage-error.ts';
import type { Streams } from './remote-command.ts';

/**
 * Runs `talk` with the streams that -i and -t ask for; the terminal is raw meanwhile, so that keys
 * reach the container as they are. Resolves to the exit code.
 */
export async function interaction(
  session: Session,
  flags: { readonly stdin: boolean; readonly tty: boolean },
  talk: (streams: Streams) => Promise<void>,
): Promise<number> {
  const { terminal } = session.environment;
  const tty = flags.tty && flags.stdin && terminal.isTerminal;
  if (flags.tty && flags.stdin && !terminal.isTerminal) {
    session.complain('Unable to use a TTY - input is not a terminal or the right kind of file');
  }
  const over = new AbortController();
  const stdin = flags.stdin ? terminal.input(over.signal) : undefined;
  const undo = tty ? terminal.makeRaw() : () => {};
  try {
    await talk({
      stdin,
      tty,
      out: (bytes) => session.output.out(Buffer.from(bytes)),
      err: (bytes) => session.output.err(Buffer.from(bytes)),
    });
    return 0;
  } catch (error) {
    if (error instanceof ExitError) return error.code;
    throw error;
  } finally {
    undo();
    over.abort();
  }
}
