/**
 * The shapes of Kubernetes' scheduler_perf: what stands on the nodes before, and which pods are
 * timed. Names and sizes follow its configuration; the objects are our own.
 */
import type { Draft } from '../../api/meta.ts';
import type { Node, Pod, PodSpec } from '../../api/types/core-v1.ts';

export interface PodGroup {
  readonly count: number;
  readonly pod: (i: number) => Draft<Pod>;
  /** False: they are not expected to get a node. */
  readonly schedulable?: boolean;
}

export interface Shape {
  readonly name: string;
  readonly node?: (i: number) => Draft<Node>;
  readonly before: readonly PodGroup[];
  readonly measured: PodGroup;
  /** Pods a second that Kubernetes' own threshold asks for at 5,000 nodes; ours. */
  readonly goal?: string;
  /** Every 100 ms: a pod and a node that come and go. */
  readonly churn?: boolean;
}

export const schedulerName = 'bench-scheduler';
/** Of the pods that preempt. */
export const highPriority = { name: 'high', value: 10 };
const { name: priorityClassName, value: priority } = highPriority;

interface PodSketch {
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly cpu?: string;
  readonly spec?: Partial<PodSpec>;
}

const pod =
  (prefix: string, { namespace = 'sched-0', labels, cpu = '100m', spec }: PodSketch = {}) =>
  (i: number): Draft<Pod> => ({
    metadata: { namespace, name: `${prefix}-${i}`, ...(labels === undefined ? {} : { labels }) },
    spec: {
      containers: [
        {
          name: 'pause',
          image: 'registry.k8s.io/pause:3.10',
          ports: [{ containerPort: 80 }],
          resources: {
            limits: { cpu, memory: '500Mi' },
            requests: { cpu, memory: '500Mi' },
          },
        },
      ],
      schedulerName,
      ...spec,
    },
  });

export const plainNode =
  (labels: (i: number) => Readonly<Record<string, string>> = () => ({})) =>
  (i: number): Draft<Node> => {
    const name = `scheduler-perf-${i}`;
    const capacity = { pods: '110', cpu: '4', memory: '32Gi' };
    return {
      metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels(i) } },
      spec: {},
      status: { capacity, allocatable: capacity, conditions: [{ status: 'True', type: 'Ready' }] },
    };
  };

const oneZone = plainNode(() => ({ 'topology.kubernetes.io/zone': 'zone1' }));
const threeZones = plainNode((i) => ({ 'topology.kubernetes.io/zone': `moon-${i % 3}` }));

const color = (value: string) => ({ color: value });
const term = (value: string, topologyKey: string) => ({
  labelSelector: { matchLabels: color(value) },
  topologyKey,
  namespaces: ['sched-0', 'sched-1'],
});
const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
const host = 'kubernetes.io/hostname';
const zone = 'topology.kubernetes.io/zone';

function affinityShape(
  name: string,
  affinity: NonNullable<PodSpec['affinity']>,
  more: Pick<Shape, 'goal' | 'node'> & { counts: readonly [number, number]; value: string },
): Shape {
  const { counts, value, ...rest } = more;
  const sketch = (namespace: string) => ({ namespace, labels: color(value), spec: { affinity } });
  return {
    name,
    ...rest,
    before: [{ count: counts[0], pod: pod('before', sketch('sched-0')) }],
    measured: { count: counts[1], pod: pod('measured', sketch('sched-1')) },
  };
}

const spread = (whenUnsatisfiable: string) => [
  {
    maxSkew: 5,
    topologyKey: zone,
    whenUnsatisfiable,
    labelSelector: { matchLabels: color('blue') },
  },
];

function spreadShape(name: string, whenUnsatisfiable: string): Shape {
  const spec = { topologySpreadConstraints: spread(whenUnsatisfiable) };
  return {
    name,
    node: threeZones,
    before: [{ count: 5000, pod: pod('before') }],
    measured: { count: 2000, pod: pod('measured', { labels: color('blue'), spec }) },
  };
}

const nodeAffinity = {
  nodeAffinity: {
    [required]: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: zone, operator: 'In', values: ['zone1', 'zone2'] }] },
      ],
    },
  },
};

/** Sizes are those of 5,000 nodes; smaller clusters get as many pods per node. */
export const shapes: readonly Shape[] = [
  {
    name: 'basic',
    before: [{ count: 1000, pod: pod('before') }],
    measured: { count: 10_000, pod: pod('measured') },
    goal: '≥ 1,000 (kube-scheduler 680)',
  },
  affinityShape(
    'anti-affinity',
    { podAntiAffinity: { [required]: [term('green', host)] } },
    { counts: [1000, 2000], value: 'green', goal: '≥ 120 (kube-scheduler 60)' },
  ),
  affinityShape(
    'affinity',
    { podAffinity: { [required]: [term('blue', zone)] } },
    { counts: [5000, 5000], value: 'blue', node: oneZone, goal: '≥ 70 (kube-scheduler 35)' },
  ),
  affinityShape(
    'preferred affinity',
    { podAffinity: { [preferred]: [{ weight: 1, podAffinityTerm: term('red', host) }] } },
    { counts: [5000, 5000], value: 'red', goal: 'kube-scheduler 90' },
  ),
  affinityShape(
    'preferred anti-affinity',
    { podAntiAffinity: { [preferred]: [{ weight: 1, podAffinityTerm: term('yellow', host) }] } },
    { counts: [5000, 5000], value: 'yellow', goal: 'kube-scheduler 90' },
  ),
  {
    name: 'node affinity',
    node: oneZone,
    before: [{ count: 5000, pod: pod('before', { spec: { affinity: nodeAffinity } }) }],
    measured: { count: 10_000, pod: pod('measured', { spec: { affinity: nodeAffinity } }) },
    goal: 'kube-scheduler 220',
  },
  spreadShape('spreading', 'DoNotSchedule'),
  spreadShape('preferred spreading', 'ScheduleAnyway'),
  {
    name: 'preemption',
    before: [{ count: 20_000, pod: pod('low', { cpu: '900m' }) }],
    measured: {
      count: 5000,
      pod: pod('high', { cpu: '3', spec: { priority, priorityClassName } }),
    },
    goal: 'kube-scheduler 570',
  },
  {
    name: 'unschedulable mix',
    before: [{ count: 200, pod: pod('large', { cpu: '9' }), schedulable: false }],
    measured: { count: 10_000, pod: pod('measured') },
    goal: 'kube-scheduler 590',
  },
  {
    name: 'gated',
    before: [
      {
        count: 10_000,
        pod: pod('gated', { spec: { schedulingGates: [{ name: 'foo' }] } }),
        schedulable: false,
      },
    ],
    measured: { count: 10_000, pod: pod('measured') },
    goal: 'kube-scheduler 910',
  },
  {
    name: 'churn',
    before: [],
    measured: { count: 10_000, pod: pod('measured') },
    churn: true,
    goal: 'kube-scheduler 710',
  },
];

/** Not one of scheduler_perf's: how much it takes to know 50,000 pods. */
export const fullCluster: Shape = {
  name: '50,000 pods',
  before: [{ count: 40_000, pod: pod('before') }],
  measured: { count: 10_000, pod: pod('measured') },
};
