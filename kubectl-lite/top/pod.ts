import { command } from '../command.ts';
import { boolean, text } from '../flags/flag.ts';
import { allNamespacesFlag } from '../resource/flags.ts';
import { UsageError } from '../usage-error.ts';
import {
  type Amounts,
  amountsOf,
  cpuText,
  memoryText,
  printRows,
  readMetrics,
  checkSortKey,
  sortedBy,
  sum,
  topFlags,
  type Usage,
} from './metrics.ts';

interface PodMetrics {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly containers?: readonly { readonly name: string; readonly usage: Usage }[];
}

interface Row {
  readonly name: string;
  readonly namespace: string;
  readonly container: string;
  readonly amounts: Amounts;
}

export const topPod = command({
  usage: '[NAME | -l label] [options]',
  flags: {
    ...topFlags,
    ...allNamespacesFlag,
    containers: boolean('The usage of each container'),
    'field-selector': text('Field query'),
    sum: boolean('Print the sum of all'),
  },
  async run(session, { words, flags }) {
    checkSortKey(flags['sort-by']);
    if (words.length > 1) throw new UsageError('only one pod name may be given');
    const [name] = words;
    const selects = flags.selector !== '' || flags['field-selector'] !== '';
    if (name !== undefined && selects) {
      throw new UsageError('only one of NAME or selector can be provided');
    }
    const everywhere = flags['all-namespaces'];
    const inside = everywhere ? 'pods' : `namespaces/${session.namespace}/pods`;
    const path = name === undefined ? inside : `${inside}/${name}`;
    const metrics = await readMetrics<PodMetrics>(session, path, flags.selector);
    if (metrics.length === 0) {
      const where = everywhere ? '' : ` in ${session.namespace} namespace.`;
      session.complain(`No resources found${where}`);
      return 0;
    }
    const rows = metrics.flatMap((pod) => rowsOf(pod, flags.containers));
    const cells = sortedBy(rows, flags['sort-by']).map((row) => [
      ...(everywhere ? [row.namespace] : []),
      ...(flags.containers ? [row.name, row.container] : [row.name]),
      cpuText(row.amounts),
      memoryText(row.amounts),
    ]);
    if (flags.sum) cells.push(...sumLines(rows, cells[0]!.length));
    const header = [
      ...(everywhere ? ['NAMESPACE'] : []),
      ...(flags.containers ? ['POD', 'NAME'] : ['NAME']),
      'CPU(cores)',
      'MEMORY(bytes)',
    ];
    printRows(session, cells, flags['no-headers'] ? undefined : header);
    return 0;
  },
});

function rowsOf({ metadata, containers = [] }: PodMetrics, each: boolean): Row[] {
  const { name, namespace } = metadata;
  const rows = containers.map((container) => ({
    name,
    namespace,
    container: container.name,
    amounts: amountsOf(container.usage),
  }));
  if (each) return rows;
  return [{ name, namespace, container: '', amounts: sum(rows.map(({ amounts }) => amounts)) }];
}

/** Under the columns of the amounts, with a line above. */
function sumLines(rows: readonly Row[], columns: number): string[][] {
  const total = sum(rows.map(({ amounts }) => amounts));
  const blank = (): string[] => Array.from({ length: columns - 2 }, () => '');
  return [
    [...blank(), '________', '________'],
    [...blank(), cpuText(total), memoryText(total)],
  ];
}
