import { apiVersionOf, groupResource } from '../../api/resource.ts';
import { command } from '../command.ts';
import { boolean, list, text } from '../flags/flag.ts';
import { TableWriter } from '../printers/table.ts';
import type { DiscoveredResource } from '../resource/discover.ts';
import { UsageError } from '../usage-error.ts';

export const apiResources = command({
  usage: '[options]',
  flags: {
    'api-group': text('Only resources of this group'),
    cached: boolean('Accepted for compatibility'),
    categories: list('Only resources of these categories'),
    namespaced: boolean('Only namespaced resources; =false: only others', { on: true }),
    'no-headers': boolean('Print no headers'),
    output: text('"name" or "wide"', { shorthand: 'o' }),
    'sort-by': text('"name" or "kind"'),
    verbs: list('Only resources that support these verbs'),
  },
  async run(session, { words, flags, given }) {
    if (words.length > 0) {
      throw new UsageError(
        `unexpected arguments: [${words.join(' ')}]\n` +
          "See 'kubectl-lite api-resources -h' for help and examples",
      );
    }
    if (!['', 'name', 'wide'].includes(flags.output)) {
      throw new UsageError(`--output ${flags.output} is not available`);
    }
    if (!['', 'name', 'kind'].includes(flags['sort-by'])) {
      throw new UsageError('--sort-by accepts only name or kind');
    }
    const shown = (await session.resources())
      .preferred()
      .filter(
        (type) =>
          (!given.has('api-group') || type.group === flags['api-group']) &&
          (!given.has('namespaced') || type.namespaced === flags.namespaced) &&
          flags.verbs.every((verb) => type.verbs.includes(verb)) &&
          flags.categories.every((category) => type.categories.includes(category)),
      );
    const key = (type: DiscoveredResource): string => sortKey(type, flags['sort-by']);
    const sorted = [...shown].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
    if (flags.output === 'name') {
      for (const type of sorted) session.print(groupResource(type));
      return 0;
    }
    const wide = flags.output === 'wide';
    const header = ['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND'];
    const headers = wide ? [...header, 'VERBS', 'CATEGORIES'] : header;
    const rows = sorted.map((type) => cellsOf(type, wide));
    const lines = flags['no-headers'] ? rows : [headers, ...rows];
    for (const line of new TableWriter().lines(lines)) session.print(line);
    return 0;
  },
});

const sortKey = (type: DiscoveredResource, by: string): string =>
  by === 'name' ? type.resource : by === 'kind' ? type.kind : `${type.group}\0${type.resource}`;

function cellsOf(type: DiscoveredResource, wide: boolean): string[] {
  return [
    type.resource,
    type.shortNames.join(','),
    apiVersionOf(type),
    String(type.namespaced),
    type.kind,
    ...(wide ? [type.verbs.join(','), type.categories.join(',')] : []),
  ];
}
