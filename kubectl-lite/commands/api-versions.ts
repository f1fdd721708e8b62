import { apiVersionOf } from '../../api/resource.ts';
import { command } from '../command.ts';

export const apiVersions = command({
  usage: '',
  flags: {},
  async run(session) {
    const { all } = await session.resources();
    for (const version of [...new Set(all.map(apiVersionOf))].sort()) session.print(version);
    return 0;
  },
});
