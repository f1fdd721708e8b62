import { localCommand } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { shellScripts } from './scripts.ts';

export const completion = localCommand({
  usage: 'SHELL [options]',
  flags: {},
  runLocally({ output }, { words }) {
    const help = "See 'kubectl-lite completion -h' for help and examples";
    if (words.length === 0) throw new UsageError(`Shell not specified.\n${help}`);
    if (words.length > 1) {
      throw new UsageError(`Too many arguments. Expected only the shell type.\n${help}`);
    }
    const shell = words[0]!;
    const script = Object.hasOwn(shellScripts, shell) ? shellScripts[shell] : undefined;
    if (script === undefined) {
      const known = Object.keys(shellScripts).join(', ');
      throw new UsageError(
        shell === 'powershell'
          ? `kubectl-lite has no completion for powershell: it has ${known}`
          : `Unsupported shell type ${JSON.stringify(shell)}.\n${help}`,
      );
    }
    output.out(script);
    return Promise.resolve(0);
  },
});
