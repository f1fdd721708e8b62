import { apiVersionOf } from '../../api/resource.ts';
import { command } from '../command.ts';
import { UsageError } from '../usage-error.ts';

export const apiVersions = command({
  usage: '',
  flags: {},
  async run(session, { words }) {
    if (words.length > 0) {
      throw new UsageError(
        `unexpected arguments: [${words.join(' ')}]\n` +
          "See 'kubectl-lite api-versions -h' for help and examples",
      );
    }
    const { all } = await session.resources();
    for (const version of [...new Set(all.map(apiVersionOf))].sort()) session.print(version);
    return 0;
  },
});
