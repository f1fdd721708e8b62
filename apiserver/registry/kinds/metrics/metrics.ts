/**
 * metrics.k8s.io, as metrics-server would serve it: what pods and nodes use, for `kubectl top`
 * and the horizontal autoscaler. The agents of nodes that run something are asked what they have
 * measured; hollow nodes, which may be thousands, declare their usage by annotations, so that it
 * is worked out here.
 */
import {
  containerUsage,
  HOLLOW_RUNTIME,
  type HollowUsage,
  nodeUsage,
  runningContainers,
} from '../../../../api/hollow-usage.ts';
import type { KubernetesObject } from '../../../../api/meta.ts';
import {
  nodeMetrics as nodeType,
  type NodeMetrics,
  podMetrics as podType,
  type PodMetrics,
  type Usage,
} from '../../../../api/metrics.ts';
import { apiVersionOf } from '../../../../api/resource.ts';
import { nodes, pods } from '../../../../api/resources.ts';
import type { NodeSummary, PodStats } from '../../../../api/stats-summary.ts';
import { formatTime } from '../../../../api/time.ts';
import type { Container, Node, Pod } from '../../../../api/types/core-v1.ts';
import type { ResourceDeclaration, TablePrinter } from '../../declaration.ts';
import type { NodeStats } from '../../node-stats.ts';
import { column, nameColumn } from '../cells.ts';

const WINDOW = '15s';
/** As often as agents look at what runs. */
const MEASURED_WINDOW = '10s';

const none: HollowUsage = { milliCpu: 0, memoryBytes: 0 };

const sum = (a: HollowUsage, b: HollowUsage): HollowUsage => ({
  milliCpu: a.milliCpu + b.milliCpu,
  memoryBytes: a.memoryBytes + b.memoryBytes,
});

const shown = ({ milliCpu, memoryBytes }: HollowUsage): Usage => ({
  cpu: milliCpu % 1000 === 0 ? String(milliCpu / 1000) : `${milliCpu}m`,
  memory: memoryBytes % 1024 === 0 ? `${memoryBytes / 1024}Ki` : String(memoryBytes),
});

const podUsage = (pod: Pod): HollowUsage =>
  runningContainers(pod)
    .map((container) => containerUsage(pod, container))
    .reduce(sum, none);

/** In metrics-server's units. */
const measuredUsage = ({ cpu, memory }: Pick<PodStats, 'cpu' | 'memory'>): Usage => ({
  cpu: cpu.usageNanoCores === 0 ? '0' : `${cpu.usageNanoCores}n`,
  memory: `${Math.round(memory.workingSetBytes / 1024)}Ki`,
});

function headOf({ metadata }: KubernetesObject, nowMs: number) {
  const { name, namespace, labels } = metadata;
  const now = formatTime(nowMs);
  return {
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      creationTimestamp: now,
    },
    timestamp: now,
    window: WINDOW,
  };
}

const measuredAt = ({ cpu }: Pick<PodStats, 'cpu'>) => ({
  timestamp: cpu.time,
  window: MEASURED_WINDOW,
});

/** `stats` is what its node's agent says, if that measures. Undefined: not all of it is known. */
function metricsOfPod(
  pod: Pod,
  nowMs: number,
  stats: PodStats | 'declared' | undefined,
): PodMetrics | undefined {
  const head = { apiVersion: apiVersionOf(podType), kind: podType.kind, ...headOf(pod, nowMs) };
  const running = runningContainers(pod);
  if (stats === undefined) return undefined;
  if (stats === 'declared') {
    const usage = (container: Container) => shown(containerUsage(pod, container));
    return {
      ...head,
      containers: running.map((each) => ({ name: each.name, usage: usage(each) })),
    };
  }
  const known = stats.containers.filter(({ name }) => running.some((each) => each.name === name));
  if (known.length < running.length) return undefined;
  const containers = known.map((each) => ({ name: each.name, usage: measuredUsage(each) }));
  return { ...head, ...measuredAt(stats), containers };
}

/** As the class of these is named; see kubelet/runtimes-by-class.ts. */
const isProcess = ({ spec }: Pod): boolean => spec.runtimeClassName === 'process';

/** The node's agent looks at what they use: on hollow nodes, at processes alone. */
function isMeasured({ status }: Node, areProcesses: boolean): boolean {
  const runtime = status?.nodeInfo?.containerRuntimeVersion ?? '';
  return runtime.startsWith(HOLLOW_RUNTIME) ? areProcesses : runtime !== '';
}

/** Of the nodes with pods that are measured, by name. */
async function summariesOf(
  measuring: readonly Node[],
  stats: NodeStats,
): Promise<ReadonlyMap<string, NodeSummary | undefined>> {
  const asked = measuring.map(
    async (node) => [node.metadata.name ?? '', await stats.of(node)] as const,
  );
  return new Map(await Promise.all(asked));
}

const isNamed = ({ metadata }: KubernetesObject, name: string | undefined): boolean =>
  name === undefined || metadata.name === name;

/** Nobody hears of a node that is not ready, nor of its pods. */
const isReady = ({ status }: Node): boolean =>
  status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';

const amounts = (title: string) => [nameColumn, column('cpu'), column('memory'), column(title)];

function cells(name: string | undefined, usage: Usage, window: string) {
  return [name ?? '', usage['cpu'] ?? '', usage['memory'] ?? '', window];
}

const podPrinter: TablePrinter<PodMetrics> = {
  columns: amounts('Window'),
  cells: ({ metadata, containers, window }) => {
    const each = (name: string): string =>
      containers.map(({ usage }) => usage[name] ?? '').join(',');
    return cells(metadata.name, { cpu: each('cpu'), memory: each('memory') }, window);
  },
};

const nodePrinter: TablePrinter<NodeMetrics> = {
  columns: amounts('Window'),
  cells: ({ metadata, usage, window }) => cells(metadata.name, usage, window),
};

export const podMetrics = {
  type: podType,
  singular: '',
  verbs: ['get', 'list'],
  computed: {
    async objects({ namespace, name, nowMs, stats }, others) {
      const [all, every] = await Promise.all([
        others.list(pods, namespace),
        others.list(nodes, ''),
      ]);
      const ready = new Map(every.filter(isReady).map((node) => [node.metadata.name ?? '', node]));
      const wanted = all.filter(
        (pod) =>
          isNamed(pod, name) &&
          ready.has(pod.spec.nodeName ?? '') &&
          runningContainers(pod).length > 0,
      );
      const nodeOf = ({ spec }: Pod): Node => ready.get(spec.nodeName!)!;
      const measured = new Set(wanted.filter((pod) => isMeasured(nodeOf(pod), isProcess(pod))));
      const summaries = await summariesOf([...new Set([...measured].map(nodeOf))], stats);
      const statsOf = (pod: Pod): PodStats | 'declared' | undefined => {
        if (!measured.has(pod)) return 'declared';
        const { uid } = pod.metadata;
        return summaries.get(pod.spec.nodeName!)?.pods.find(({ podRef }) => podRef.uid === uid);
      };
      return wanted.flatMap((pod) => metricsOfPod(pod, nowMs, statsOf(pod)) ?? []);
    },
  },
  printer: podPrinter,
} satisfies ResourceDeclaration<PodMetrics>;

export const nodeMetrics = {
  type: nodeType,
  singular: '',
  verbs: ['get', 'list'],
  computed: {
    async objects({ name, nowMs, stats }, others) {
      const [all, every] = await Promise.all([others.list(nodes, ''), others.list(pods, '')]);
      const wanted = all.filter((node) => isNamed(node, name) && isReady(node));
      const withProcesses = new Set(every.filter(isProcess).map(({ spec }) => spec.nodeName));
      const measuring = wanted.filter((node) =>
        isMeasured(node, withProcesses.has(node.metadata.name)),
      );
      const summaries = await summariesOf(measuring, stats);
      const used = new Map(wanted.map((node) => [node.metadata.name, nodeUsage(node)]));
      for (const pod of every) {
        const before = used.get(pod.spec.nodeName);
        if (before !== undefined) used.set(pod.spec.nodeName, sum(before, podUsage(pod)));
      }
      return wanted.flatMap((node) => {
        const own = node.metadata.name ?? '';
        const { kind } = nodeType;
        const head = { apiVersion: apiVersionOf(nodeType), kind, ...headOf(node, nowMs) };
        if (!summaries.has(own)) return { ...head, usage: shown(used.get(own) ?? none) };
        const summary = summaries.get(own)?.node;
        if (summary === undefined) return [];
        return { ...head, ...measuredAt(summary), usage: measuredUsage(summary) };
      });
    },
  },
  printer: nodePrinter,
} satisfies ResourceDeclaration<NodeMetrics>;
