/** How etcdctl ends when it fails: its words, and the exit codes that scripts know. */
import { CommanderError, type Command } from 'commander';

const EXIT_ERROR = 1;
const EXIT_INVALID_INPUT = 3;
const EXIT_BAD_FEATURE = 4;
const EXIT_BAD_ARGUMENTS = 128;

export class EtcdctlFailure extends Error {
  override readonly name = 'EtcdctlFailure';
  readonly exitCode: number;

  constructor(message: string, exitCode: number, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** Words or flags that make no sense. */
export const badArguments = (message: string, cause?: unknown): EtcdctlFailure =>
  new EtcdctlFailure(message, EXIT_BAD_ARGUMENTS, cause);

/** Lines of standard input that make no sense. */
export const invalidInput = (message: string, cause?: unknown): EtcdctlFailure =>
  new EtcdctlFailure(message, EXIT_INVALID_INPUT, cause);

/** A value of a flag that is none of those it may have. */
export const unknownValue = (message: string): EtcdctlFailure =>
  new EtcdctlFailure(message, EXIT_BAD_FEATURE);

/** A format in which an answer is not printed. */
export const unsupported = (format: string): EtcdctlFailure =>
  unknownValue(`${format} not supported as output format`);

/** The same failure as a {@link EtcdctlFailure}, of which commander has said nothing yet. */
export function asFailure(error: unknown): EtcdctlFailure | CommanderError {
  if (error instanceof EtcdctlFailure || error instanceof CommanderError) return error;
  return new EtcdctlFailure((error as Error).message, EXIT_ERROR, error);
}

const ofWords = ['commander.missingArgument', 'commander.excessArguments'];

/** What commander refuses by itself, in all commands below. */
export function refuseAsEtcdctl(command: Command): void {
  const error = command.error.bind(command);
  command.error = (message, options = {}) => {
    const code = options.code ?? '';
    const isFormat = code === 'commander.invalidArgument' && message.includes('--write-out');
    return error(message.replace(/^error: /, 'Error: '), {
      ...options,
      ...(ofWords.includes(code) && { exitCode: EXIT_BAD_ARGUMENTS }),
      ...(isFormat && { exitCode: EXIT_BAD_FEATURE }),
    });
  };
  for (const each of command.commands) refuseAsEtcdctl(each);
}
