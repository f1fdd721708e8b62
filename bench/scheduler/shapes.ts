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
  /** Our goal, and the threshold of scheduler_perf in Kubernetes 1.34.1; pods a second. */
  readonly goal?: string;
  /** What happens beside the measured pods. */
  readonly churn?: Churn;
  /** Who may stand on the nodes besides: pods of the same kind in groups of their own. */
  readonly others?: (i: number) => Draft<Pod>;
}

export interface Churn {
  readonly everyMs: number;
  readonly pod: (i: number) => Draft<Pod>;
  /** Each pod comes with this node, and both go when the next ones come. Absent: pods stay. */
  readonly node?: (i: number) => Draft<Node>;
}

export const schedulerName = 'bench-scheduler';
/** Has any pod that is there only to disturb. */
export const besideLabel = 'beside';
/** Of the pods that preempt. */
export const highPriority = { name: 'high', value: 10 };
const { name: priorityClassName, value: priority } = highPriority;

interface PodSketch {
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly cpu?: string;
  readonly memory?: string;
  readonly spec?: Partial<PodSpec>;
}

const pod =
  (prefix: string, sketch: PodSketch = {}) =>
  (i: number): Draft<Pod> => {
    const { namespace = 'sched-0', labels, cpu = '100m', memory = '500Mi', spec } = sketch;
    const resources = { limits: { cpu, memory }, requests: { cpu, memory } };
    const image = 'registry.k8s.io/pause:3.10';
    return {
      metadata: { namespace, name: `${prefix}-${i}`, ...(labels === undefined ? {} : { labels }) },
      spec: {
        containers: [{ name: 'pause', image, ports: [{ containerPort: 80 }], resources }],
        schedulerName,
        ...spec,
      },
    };
  };

/** So small that any number of them fits beside the others. */
const tiny = { cpu: '1m', memory: '1Mi' };
export const anyOther = pod('other', { ...tiny, spec: { terminationGracePeriodSeconds: 0 } });

export const plainNode =
  (labels: (i: number) => Readonly<Record<string, string>> = () => ({}), allowedPods = '110') =>
  (i: number): Draft<Node> => {
    const name = `scheduler-perf-${i}`;
    const capacity = { pods: allowedPods, cpu: '4', memory: '32Gi' };
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
const liked = (value: string) => ({ weight: 1, podAffinityTerm: term(value, host) });
const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
const host = 'kubernetes.io/hostname';
const zone = 'topology.kubernetes.io/zone';

function affinityShape(
  name: string,
  affinityTo: (value: string) => NonNullable<PodSpec['affinity']>,
  more: Pick<Shape, 'goal' | 'node'> & { counts: readonly [number, number]; value: string },
): Shape {
  const { counts, value, ...rest } = more;
  const sketch = (namespace: string, of: string) => ({
    ...{ namespace, labels: color(of), spec: { affinity: affinityTo(of) } },
  });
  return {
    name,
    ...rest,
    before: [{ count: counts[0], pod: pod('before', sketch('sched-0', value)) }],
    measured: { count: counts[1], pod: pod('measured', sketch('sched-1', value)) },
    others: (i) => pod('other', { ...sketch('sched-0', groupOf(i)), ...tiny })(i),
  };
}

const groupOf = (i: number): string => `other-${Math.floor(i / 100)}`;

const spread = (whenUnsatisfiable: string, value: string) => ({
  labels: color(value),
  spec: {
    topologySpreadConstraints: [
      {
        maxSkew: 5,
        topologyKey: zone,
        whenUnsatisfiable,
        labelSelector: { matchLabels: color(value) },
      },
    ],
  },
});

function spreadShape(name: string, whenUnsatisfiable: string, goal: string): Shape {
  return {
    ...{ name, goal, node: threeZones },
    before: [{ count: 5000, pod: pod('before') }],
    measured: { count: 2000, pod: pod('measured', spread(whenUnsatisfiable, 'blue')) },
    others: (i) => pod('other', { ...spread(whenUnsatisfiable, groupOf(i)), ...tiny })(i),
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

/** Pods of low priority on every node, and one that has room if three of four make it. */
const lowPods: PodGroup = {
  count: 20_000,
  // There is no kubelet that would let victims go after their grace.
  pod: pod('low', { cpu: '900m', spec: { terminationGracePeriodSeconds: 0 } }),
};
const urgent = { priority, priorityClassName };
const highPod = pod('high', { cpu: '3', spec: urgent });
/** What comes beside the measured pods is not counted. */
const beside = { labels: { [besideLabel]: 'true' }, spec: urgent };
const highBeside = pod('beside', { cpu: '3', ...beside });
const tooLarge = pod('beside', { cpu: '9', ...beside });

/** Sizes are those of 5,000 nodes; smaller clusters get as many pods per node. */
export const shapes: readonly Shape[] = [
  {
    name: 'basic',
    before: [{ count: 1000, pod: pod('before') }],
    measured: { count: 10_000, pod: pod('measured') },
    goal: '≥ 1,000 (threshold 270)',
  },
  affinityShape(
    'anti-affinity',
    (value) => ({ podAntiAffinity: { [required]: [term(value, host)] } }),
    { counts: [1000, 2000], value: 'green', goal: '≥ 120 (threshold 60)' },
  ),
  affinityShape('affinity', (value) => ({ podAffinity: { [required]: [term(value, zone)] } }), {
    counts: [5000, 5000],
    value: 'blue',
    node: oneZone,
    goal: '≥ 70 (threshold 35)',
  }),
  affinityShape(
    'preferred affinity',
    (value) => ({ podAffinity: { [preferred]: [liked(value)] } }),
    { counts: [5000, 5000], value: 'red', goal: 'threshold 90' },
  ),
  affinityShape(
    'preferred anti-affinity',
    (value) => ({ podAntiAffinity: { [preferred]: [liked(value)] } }),
    { counts: [5000, 5000], value: 'yellow', goal: 'threshold 90' },
  ),
  {
    name: 'node affinity',
    node: oneZone,
    before: [{ count: 5000, pod: pod('before', { spec: { affinity: nodeAffinity } }) }],
    measured: { count: 10_000, pod: pod('measured', { spec: { affinity: nodeAffinity } }) },
    goal: 'threshold 220',
  },
  spreadShape('spreading', 'DoNotSchedule', 'threshold 85'),
  spreadShape('preferred spreading', 'ScheduleAnyway', 'threshold 125'),
  // scheduler_perf has it for 1,000 nodes only, and without a threshold.
  { name: 'preemption', before: [lowPods], measured: { count: 5000, pod: highPod } },
  {
    name: 'preemption beside',
    before: [lowPods],
    measured: { count: 5000, pod: pod('measured') },
    churn: { everyMs: 200, pod: highBeside },
    goal: 'threshold 160',
  },
  {
    name: 'unschedulable mix',
    before: [{ count: 100, pod: pod('before') }],
    measured: { count: 10_000, pod: pod('measured') },
    churn: { everyMs: 200, pod: tooLarge },
    goal: 'threshold 170',
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
    goal: 'threshold 130 (on one node)',
  },
  {
    name: 'churn',
    before: [],
    measured: { count: 10_000, pod: pod('measured') },
    churn: { everyMs: 1000, pod: tooLarge, node: plainNode(() => ({}), '0') },
    goal: 'threshold 265',
  },
];

/** Not one of scheduler_perf's: how much it takes to know 50,000 pods. */
export const fullCluster: Shape = {
  name: '50,000 pods',
  before: [{ count: 40_000, pod: pod('before') }],
  measured: { count: 10_000, pod: pod('measured') },
};
