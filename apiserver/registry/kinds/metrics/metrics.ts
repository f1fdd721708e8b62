/**
 * metrics.k8s.io, as metrics-server would serve it: what pods and nodes use, for `kubectl top`
 * and the horizontal autoscaler. Hollow nodes declare their usage by annotations, so it is
 * worked out here instead of being collected from them.
 */
import {
  containerUsage,
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
import { formatTime } from '../../../../api/time.ts';
import type { Node, Pod } from '../../../../api/types/core-v1.ts';
import type { ResourceDeclaration, TablePrinter } from '../../declaration.ts';
import { column, nameColumn } from '../cells.ts';

const WINDOW = '15s';

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

function measured({ metadata }: KubernetesObject, nowMs: number) {
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

function metricsOfPod(pod: Pod, nowMs: number): PodMetrics {
  return {
    apiVersion: apiVersionOf(podType),
    kind: podType.kind,
    ...measured(pod, nowMs),
    containers: runningContainers(pod).map((container) => ({
      name: container.name,
      usage: shown(containerUsage(pod, container)),
    })),
  };
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
    async objects({ namespace, name, nowMs }, others) {
      const [all, every] = await Promise.all([
        others.list(pods, namespace),
        others.list(nodes, ''),
      ]);
      const ready = new Set(every.filter(isReady).map(({ metadata }) => metadata.name));
      return all
        .filter((pod) => isNamed(pod, name) && ready.has(pod.spec.nodeName))
        .filter((pod) => runningContainers(pod).length > 0)
        .map((pod) => metricsOfPod(pod, nowMs));
    },
  },
  printer: podPrinter,
} satisfies ResourceDeclaration<PodMetrics>;

export const nodeMetrics = {
  type: nodeType,
  singular: '',
  verbs: ['get', 'list'],
  computed: {
    async objects({ name, nowMs }, others) {
      const [all, every] = await Promise.all([others.list(nodes, ''), others.list(pods, '')]);
      const wanted = all.filter((node) => isNamed(node, name) && isReady(node));
      const used = new Map(wanted.map((node) => [node.metadata.name, nodeUsage(node)]));
      for (const pod of every) {
        const before = used.get(pod.spec.nodeName);
        if (before !== undefined) used.set(pod.spec.nodeName, sum(before, podUsage(pod)));
      }
      return wanted.map((node) => ({
        apiVersion: apiVersionOf(nodeType),
        kind: nodeType.kind,
        ...measured(node, nowMs),
        usage: shown(used.get(node.metadata.name) ?? none),
      }));
    },
  },
  printer: nodePrinter,
} satisfies ResourceDeclaration<NodeMetrics>;
