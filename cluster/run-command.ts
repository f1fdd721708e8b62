import { CommanderError, type Command } from 'commander';
import { EtcdctlFailure } from '../etcdctl/failure.ts';
import type { ProcessContext } from '../platform/node/process.ts';
import { inOneSentence } from './system-error.ts';

/** Runs a command line; the exit code is Commander's if it did not get as far as an action. */
export async function runCommand(
  program: Command,
  { argv, err }: Pick<ProcessContext, 'argv' | 'err'>,
): Promise<number> {
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed its own message.
    if (error instanceof CommanderError) return error.exitCode;
    if (error instanceof EtcdctlFailure) {
      err(`Error: ${error.message}\n`);
      return error.exitCode;
    }
    throw inOneSentence(error);
  }
}
