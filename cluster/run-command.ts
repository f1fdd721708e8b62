import { CommanderError, type Command } from 'commander';
import { inOneSentence } from './system-error.ts';

/** Runs a command line; the exit code is Commander's if it did not get as far as an action. */
export async function runCommand(program: Command, argv: readonly string[]): Promise<number> {
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed its own message.
    if (error instanceof CommanderError) return error.exitCode;
    throw inOneSentence(error);
  }
}
