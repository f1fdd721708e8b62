/** Small random clusters, and a pod to place in each of them. */
import fc from 'fast-check';
import { type Manifest, node, object, pod, type SchedulingCase } from './case.ts';

const hostKey = 'kubernetes.io/hostname';
const zoneKey = 'topology.kubernetes.io/zone';
const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';

const app = fc.constantFrom('x', 'y');
const key = fc.constantFrom(hostKey, zoneKey);
const weight = fc.integer({ min: 1, max: 100 });
const maybe = <T>(of: fc.Arbitrary<T>, weight = 1) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight, arbitrary: of });

const anyTaint = fc.record({
  key: fc.constantFrom('a', 'b'),
  value: fc.constantFrom('', 'v'),
  effect: fc.constantFrom('NoSchedule', 'PreferNoSchedule', 'NoExecute'),
});
const anyNode = fc.record({
  cpu: fc.integer({ min: 1, max: 4 }),
  memory: fc.constantFrom('1Gi', '2Gi', '4Gi'),
  pods: maybe(fc.integer({ min: 1, max: 3 })),
  gpu: maybe(fc.constantFrom('0', '1', '2')),
  zone: fc.constantFrom('a', 'b', undefined),
  size: maybe(fc.nat(5), 3),
  taints: fc.uniqueArray(anyTaint, { maxLength: 2, selector: (taint) => taint.key + taint.effect }),
  cordoned: fc.nat(9).map((n) => n === 0),
});
type AnyNode = typeof anyNode extends fc.Arbitrary<infer T> ? T : never;

const anyRequirement = fc.oneof(
  fc.record({
    key: fc.constantFrom(zoneKey, 'size'),
    operator: fc.constantFrom('In', 'NotIn'),
    values: fc.uniqueArray(fc.constantFrom('a', 'b', '1', '2'), { minLength: 1 }),
  }),
  fc.record({
    key: fc.constantFrom(zoneKey, 'size'),
    operator: fc.constantFrom('Exists', 'DoesNotExist'),
  }),
  fc.record({
    key: fc.constant('size'),
    operator: fc.constantFrom('Gt', 'Lt'),
    values: fc.nat(5).map((n) => [String(n)]),
  }),
);
const anyTerm = fc
  .record({ app, key, everywhere: fc.boolean() })
  .map(({ app, key, everywhere }) => ({
    labelSelector: { matchLabels: { app } },
    topologyKey: key,
    ...(everywhere ? { namespaceSelector: {} } : {}),
  }));
const weighted = fc.record({ weight, podAffinityTerm: anyTerm });
const policy = fc.constantFrom('Honor', 'Ignore');
const spreadTerm = fc
  .record({ app, topologyKey: key, maxSkew: fc.integer({ min: 1, max: 2 }) })
  .map(({ app, ...rest }) => ({ ...rest, labelSelector: { matchLabels: { app } } }));
const policies = { nodeAffinityPolicy: policy, nodeTaintsPolicy: policy };
const anySpread = fc
  .tuple(
    spreadTerm,
    fc.oneof(
      fc.record(
        {
          whenUnsatisfiable: fc.constant('DoNotSchedule'),
          minDomains: fc.integer({ min: 1, max: 3 }),
          ...policies,
        },
        { requiredKeys: ['whenUnsatisfiable'] },
      ),
      fc.record(
        { whenUnsatisfiable: fc.constant('ScheduleAnyway'), ...policies },
        { requiredKeys: ['whenUnsatisfiable'] },
      ),
    ),
  )
  .map(([term, rest]) => ({ ...term, ...rest }));
const few = <T>(of: fc.Arbitrary<T>, maxLength = 1) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant([] as T[]) },
    { weight: 1, arbitrary: fc.array(of, { maxLength }) },
  );

const anyPod = fc.record({
  app,
  cpu: fc.constantFrom(undefined, '0', '500m', '1', '2', '3'),
  memory: fc.constantFrom(undefined, '100Mi', '1Gi'),
  gpu: maybe(fc.constantFrom('1', '2')),
  init: maybe(fc.constantFrom('1', '3')),
  class: fc.constantFrom(undefined, 'low', 'middle'),
  port: maybe(fc.constantFrom(80, 81)),
  zone: maybe(fc.constantFrom('a', 'b')),
  claim: maybe(fc.constantFrom('in-a', 'in-b', 'missing')),
  tolerations: few(
    fc.record(
      {
        key: fc.constantFrom('a', 'b'),
        operator: fc.constant('Exists'),
        effect: fc.constantFrom('NoSchedule', 'PreferNoSchedule', 'NoExecute'),
      },
      { requiredKeys: ['key', 'operator'] },
    ),
    2,
  ),
  must: few(anyRequirement, 2),
  likes: few(fc.record({ weight, preference: anyRequirement }), 2),
  ...{ near: few(anyTerm), nearer: few(weighted), apart: few(anyTerm), aparter: few(weighted) },
  spreads: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.uniqueArray(anySpread, {
        maxLength: 2,
        selector: (each) => each.topologyKey + each.whenUnsatisfiable,
      }),
    },
  ),
});
type AnyPod = typeof anyPod extends fc.Arbitrary<infer T> ? T : never;

const anyCluster = fc.record({
  nodes: fc.array(anyNode, { minLength: 1, maxLength: 5 }),
  placed: fc.array(fc.record({ pod: anyPod, on: fc.nat(4) }), { maxLength: 6 }),
  budget: fc.boolean(),
  pod: anyPod,
  class: fc.constantFrom(undefined, 'low', 'middle', 'high', 'polite'),
});

function toNode({ cpu, memory, pods, gpu, zone, size, taints, cordoned }: AnyNode, i: number) {
  return node(`n${i}`, {
    labels: {
      ...(zone === undefined ? {} : { [zoneKey]: zone }),
      ...(size === undefined ? {} : { size: String(size) }),
    },
    taints: taints.map(({ value, ...taint }) => (value === '' ? taint : { ...taint, value })),
    ...(cordoned ? { unschedulable: true } : {}),
    capacity: {
      ...{ cpu: String(cpu), memory },
      ...(pods === undefined ? {} : { pods: String(pods) }),
      ...(gpu === undefined ? {} : { 'example.com/gpu': gpu }),
    },
  });
}

function toPod(name: string, sketch: AnyPod, more: Parameters<typeof pod>[1] = {}): Manifest {
  const { cpu, memory, gpu, init, port, zone, claim, tolerations, spreads } = sketch;
  const scarce = gpu === undefined ? {} : { 'example.com/gpu': gpu };
  const requests = { ...(cpu && { cpu }), ...(memory && { memory }), ...scarce };
  const { likes, near, nearer, apart, aparter } = sketch;
  const must = sketch.must.length === 0 ? undefined : [{ matchExpressions: sketch.must }];
  return pod(name, {
    labels: { app: sketch.app },
    ...(sketch.class === undefined ? {} : { priorityClassName: sketch.class }),
    container: { resources: { requests, limits: scarce } },
    ...(init === undefined
      ? {}
      : {
          initContainers: [{ name: 'i', image: 'init', resources: { requests: { cpu: init } } }],
        }),
    ...(port === undefined ? {} : { ports: [{ containerPort: port, hostPort: port }] }),
    ...(zone === undefined ? {} : { nodeSelector: { [zoneKey]: zone } }),
    ...(claim === undefined ? {} : { claims: [claim] }),
    tolerations,
    affinity: {
      nodeAffinity: {
        ...(must === undefined ? {} : { [required]: { nodeSelectorTerms: must } }),
        [preferred]: likes.map(({ weight, preference }) => ({
          ...{ weight, preference: { matchExpressions: [preference] } },
        })),
      },
      podAffinity: { [required]: near, [preferred]: nearer },
      podAntiAffinity: { [required]: apart, [preferred]: aparter },
    },
    topologySpreadConstraints: spreads,
    ...more,
  });
}

const priorityClass = (name: string, value: number, more: object = {}): Manifest =>
  object('scheduling.k8s.io/v1', 'PriorityClass', { name, value, ...more });

/** A claim bound to a volume that only nodes of a zone reach. */
const bound = (name: string, zone: string): Manifest[] => [
  {
    ...object('v1', 'PersistentVolume', {
      name,
      spec: {
        ...{ capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] },
        hostPath: { path: '/tmp' },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: zoneKey, operator: 'In', values: [zone] }] },
            ],
          },
        },
      },
    }),
  },
  {
    ...object('v1', 'PersistentVolumeClaim', {
      name,
      spec: {
        ...{ storageClassName: '', volumeName: name, accessModes: ['ReadWriteOnce'] },
        resources: { requests: { storage: '1Gi' } },
      },
      status: { phase: 'Bound' },
    }),
    metadata: {
      ...{ name, namespace: 'default' },
      annotations: { 'pv.kubernetes.io/bind-completed': 'yes' },
    } as object as Manifest['metadata'],
  },
];

const given: readonly Manifest[] = [
  priorityClass('low', 10),
  priorityClass('middle', 100),
  priorityClass('high', 1000),
  priorityClass('polite', 1000, { preemptionPolicy: 'Never' }),
  ...bound('in-a', 'a'),
  ...bound('in-b', 'b'),
];

/** Once this pod has its node, the scheduler knows the nodes that were made before. */
const last = { key: 'last', effect: 'NoSchedule' };
const lastNode: readonly Manifest[] = [
  node('n9', { taints: [last] }),
  pod('probe', {
    nodeSelector: { [hostKey]: 'n9' },
    tolerations: [{ key: 'last', operator: 'Exists' }],
  }),
];

/** The pod to place is `p`. */
export function generatedCases(count: number, seed: number): readonly SchedulingCase[] {
  return fc.sample(anyCluster, { numRuns: count, seed }).map((cluster, i) => {
    const { nodes, placed, budget, pod: sketch, class: priorityClassName } = cluster;
    const budgets = budget
      ? [
          object('policy/v1', 'PodDisruptionBudget', {
            name: 'b',
            spec: { minAvailable: 1, selector: { matchLabels: { app: 'y' } } },
          }),
        ]
      : [];
    const there = placed.map((each, nth) =>
      toPod(`q${nth}`, each.pod, { nodeName: `n${each.on % nodes.length}` }),
    );
    const more = priorityClassName === undefined ? {} : { priorityClassName };
    return {
      name: `cluster ${i}`,
      anyNode: true,
      steps: [
        [...given, ...budgets, ...nodes.map(toNode), ...there, ...lastNode],
        [toPod('p', { ...sketch, class: undefined }, more)],
      ],
    };
  });
}
