import type { Node } from '../../api/types/core-v1.ts';
import { command } from '../command.ts';
import { boolean } from '../flags/flag.ts';
import { listItems } from '../resource/list.ts';
import { UsageError } from '../usage-error.ts';
import {
  amountsOf,
  cpuText,
  memoryText,
  percent,
  printRows,
  readMetrics,
  checkSortKey,
  sortedBy,
  topFlags,
  type Usage,
} from './metrics.ts';

interface NodeMetrics {
  readonly metadata: { readonly name: string };
  readonly usage: Usage;
}

export const topNode = command({
  usage: '[NAME | -l label] [options]',
  flags: {
    ...topFlags,
    'show-capacity': boolean('Percentages of the capacity, not of what may be allocated'),
  },
  async run(session, { words, flags }) {
    checkSortKey(flags['sort-by']);
    if (words.length > 1) throw new UsageError('only one node name may be given');
    const [name] = words;
    if (name !== undefined && flags.selector !== '') {
      throw new UsageError('only one of NAME or --selector can be provided');
    }
    const path = name === undefined ? 'nodes' : `nodes/${name}`;
    const metrics = await readMetrics<NodeMetrics>(session, path, {
      labelSelector: flags.selector,
    });
    if (metrics.length === 0) throw new UsageError('metrics not available yet');
    const nodes = await listItems<Node>(session, { path: '/api/v1/nodes' });
    const rows = metrics.map(({ metadata, usage }) => {
      const node = nodes.find((one) => one.metadata.name === metadata.name);
      const { capacity, allocatable } = node?.status ?? {};
      const whole = (flags['show-capacity'] ? capacity : allocatable) ?? {};
      const available = amountsOf(whole);
      return { name: metadata.name, amounts: amountsOf(usage), available };
    });
    const cells = sortedBy(rows, flags['sort-by']).map(({ name: node, amounts, available }) => [
      node,
      cpuText(amounts),
      percent(amounts.cpuMilli, available.cpuMilli),
      memoryText(amounts),
      percent(amounts.memoryBytes, available.memoryBytes),
    ]);
    const header = ['NAME', 'CPU(cores)', 'CPU(%)', 'MEMORY(bytes)', 'MEMORY(%)'];
    printRows(session, cells, flags['no-headers'] ? undefined : header);
    return 0;
  },
});
