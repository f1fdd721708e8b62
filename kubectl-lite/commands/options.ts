import { localCommand } from '../command.ts';
import { globalFlags } from '../flags/global.ts';
import { flagsHelp } from '../flags/help.ts';

export const options = localCommand({
  usage: '[flags] [options]',
  flags: {},
  runLocally({ output }) {
    output.out(
      [
        'The following options can be passed to any command:',
        '',
        ...flagsHelp(globalFlags).flatMap((line) => [line, '']),
        '',
      ].join('\n'),
    );
    return Promise.resolve(0);
  },
});
