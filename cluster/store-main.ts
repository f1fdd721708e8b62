/**
 * `wherry store` as a program of its own: what V8 compiled for the whole of Wherry takes longer
 * to load than a member takes to start.
 */
import { Command } from 'commander';
import { runMain } from '../platform/node/process.ts';
import { storeCommand } from '../store/main.ts';
import { runCommand } from './run-command.ts';

void runMain((context) => {
  const program = new Command('wherry');
  program.addCommand(storeCommand(context));
  return runCommand(program, context);
});
