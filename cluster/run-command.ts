import { CommanderError, type Command } from 'commander';
import { EtcdctlFailure } from '../etcdctl/failure.ts';
import type { ProcessContext } from '../platform/node/process.ts';
import { inOneSentence } from './system-error.ts';

/** Runs a command line; the exit code is Commander's if it did not get as far as an action. */
export async function runCommand(program: Command, context: Given): Promise<number> {
  inOneVoice(program, program.name(), context);
  try {
    await program.parseAsync([...context.argv], { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed its own message.
    if (error instanceof CommanderError) return error.exitCode;
    if (error instanceof EtcdctlFailure) {
      context.err(`Error: ${error.message}\n`);
      return error.exitCode;
    }
    throw inOneSentence(error);
  }
}

type Given = Pick<ProcessContext, 'argv' | 'out' | 'err'>;

export const seeHelp = (path: string): string => `See '${path} --help' for usage.`;

/** A refusal of any command names the nearest word that there is, and where to read on. */
function inOneVoice(command: Command, path: string, { out, err }: Omit<Given, 'argv'>): void {
  command
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: err })
    .showSuggestionAfterError()
    .showHelpAfterError(seeHelp(path));
  for (const each of command.commands) inOneVoice(each, `${path} ${each.name()}`, { out, err });
}
