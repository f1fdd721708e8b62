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
  readonly namespace: string;
  readonly pod: string;
  /** What it is sorted by beside the amounts: of a container its name. */
  readonly name: string;
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
    const metrics = await readMetrics<PodMetrics>(session, path, {
      labelSelector: flags.selector,
      fieldSelector: flags['field-selector'],
    });
    if (metrics.length === 0) {
      const where = everywhere ? '' : ` in ${session.namespace} namespace.`;
      session.complain(`No resources found${where}`);
      return 0;
    }
    const rows = inOrder(metrics, flags);
    const cells = rows.map((row) => [
      ...(everywhere ? [row.namespace] : []),
      ...(flags.containers ? [row.pod, row.name] : [row.pod]),
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

/** Pods by what they use altogether, each with its containers by what these use if asked for. */
function inOrder(
  metrics: readonly PodMetrics[],
  flags: {
    readonly 'sort-by': string;
    readonly 'all-namespaces': boolean;
    readonly containers: boolean;
  },
): readonly Row[] {
  const key = flags['sort-by'];
  const pods = metrics.map(({ metadata, containers = [] }) => {
    const { name: pod, namespace } = metadata;
    const rows = containers.map(({ name, usage }): Row => ({
      namespace,
      pod,
      name,
      amounts: amountsOf(usage),
    }));
    const name = flags['all-namespaces'] ? `${namespace}/${pod}` : pod;
    return { namespace, pod, name, amounts: sum(rows.map(({ amounts }) => amounts)), rows };
  });
  return sortedBy(pods, key).flatMap((pod) => (flags.containers ? sortedBy(pod.rows, key) : [pod]));
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
