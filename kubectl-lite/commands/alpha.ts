import { localCommand } from '../command.ts';

/** kubectl 1.34 has none either. */
export const alpha = localCommand({
  usage: '[options]',
  flags: {},
  runLocally({ output }) {
    output.err('No alpha commands are available in this version of kubectl-lite\n');
    return Promise.resolve(0);
  },
});
