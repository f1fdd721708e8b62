import { parseJson } from '../../api/json.ts';
import { stringifyYaml } from '../../api/yaml-text.ts';
import { command } from '../command.ts';
import { boolean, text } from '../flags/flag.ts';
import { sortKeys } from '../../api/go-json.ts';
import { locate, visitLive } from '../resource/builder.ts';
import { filenameFlags, selectorFlag } from '../resource/flags.ts';
import { UsageError } from '../usage-error.ts';
import { LAST_APPLIED } from './last-applied.ts';

export const viewLastApplied = command({
  usage: '(TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME) [options]',
  flags: {
    ...filenameFlags,
    ...selectorFlag,
    all: boolean('All objects of the types named'),
    output: text('"yaml" or "json"', { shorthand: 'o', value: 'yaml' }),
  },
  async run(session, { words, flags }) {
    if (flags.output !== 'yaml' && flags.output !== 'json') {
      throw new UsageError(
        `Unexpected -o output mode: ${flags.output}, the flag 'output' must be one of yaml|json\n` +
          "See 'kubectl-lite apply view-last-applied -h' for help and examples",
      );
    }
    const found = await locate(session, { ...flags, words });
    return visitLive(session, found, (_, live) => {
      const configuration = live.metadata.annotations?.[LAST_APPLIED];
      // As kubectl: what was never applied has nothing to show.
      if (configuration === undefined) return Promise.resolve();
      const { value } = parseJson(configuration);
      session.output.out(
        flags.output === 'json'
          ? `${JSON.stringify(value, null, 2)}\n`
          : stringifyYaml(sortKeys(value)),
      );
      return Promise.resolve();
    });
  },
});
