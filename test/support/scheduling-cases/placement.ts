/** Plugins that look at nodes and at other pods, each refusing, and several at once. */
import type { NodeSelectorRequirement } from '../../../api/types/core-v1.ts';
import { node, nodes, object, pod, type SchedulingCase } from './case.ts';

const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const zone = 'topology.kubernetes.io/zone';
const host = 'kubernetes.io/hostname';
const near = (app: string, topologyKey = host) => ({
  [required]: [{ labelSelector: { matchLabels: { app } }, topologyKey }],
});
const taint = (key: string, effect = 'NoSchedule', value?: string) => ({
  key,
  effect,
  ...(value === undefined ? {} : { value }),
});
const spread = (whenUnsatisfiable: string, topologyKey = zone) => ({
  maxSkew: 1,
  topologyKey,
  whenUnsatisfiable,
  labelSelector: { matchLabels: { app: 'web' } },
});
const nodeAffinity = (...expressions: NodeSelectorRequirement[]) => ({
  nodeAffinity: { [required]: { nodeSelectorTerms: [{ matchExpressions: expressions }] } },
});
const nodeField = (...names: string[]) => ({
  nodeAffinity: {
    [required]: {
      nodeSelectorTerms: names.map((name) => ({
        matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }],
      })),
    },
  },
});

export const placementCases: readonly SchedulingCase[] = [
  { name: 'no nodes', steps: [[pod('p')]] },
  { name: 'the only node', steps: [[node('n1'), pod('p')]] },
  { name: 'one of several nodes', anyNode: true, steps: [[...nodes(3), pod('p')]] },
  { name: 'a cordoned node', steps: [[node('n1', { unschedulable: true }), pod('p')]] },
  {
    name: 'a taint without a value',
    steps: [[...nodes(2, { taints: [taint('a')] }), pod('p')]],
  },
  {
    name: 'taints that differ',
    steps: [
      [
        node('n1', { taints: [taint('a', 'NoSchedule', 'x')] }),
        node('n2', { taints: [taint('a', 'NoExecute', 'y'), taint('b')] }),
        node('n3', { taints: [taint('c', 'PreferNoSchedule'), taint('d')] }),
        pod('p'),
      ],
    ],
  },
  {
    name: 'a taint that is tolerated, and one that is only disliked',
    steps: [
      [
        node('n1', { taints: [taint('a')] }),
        pod('p', { tolerations: [{ key: 'a', operator: 'Exists' }] }),
      ],
      [node('n2', { taints: [taint('b', 'PreferNoSchedule')] }), pod('q')],
    ],
  },
  { name: 'a node selector', steps: [[...nodes(2), pod('p', { nodeSelector: { disk: 'ssd' } })]] },
  {
    name: 'node affinity by label',
    steps: [
      [
        node('n1', { labels: { size: '3' } }),
        pod('p', { affinity: nodeAffinity({ key: 'size', operator: 'Gt', values: ['5'] }) }),
      ],
    ],
  },
  {
    name: 'node affinity by the name of a node that is not there',
    steps: [[...nodes(2), pod('p', { affinity: nodeField('n9') })]],
  },
  {
    name: 'node affinity by the name of a node that is full, and others',
    steps: [
      [...nodes(3), pod('p', { affinity: nodeField('n1'), requests: { cpu: '9' } })],
      [pod('q', { affinity: nodeField('n1', 'n2'), requests: { cpu: '9' } })],
    ],
  },
  {
    name: 'node affinity that contradicts itself',
    steps: [
      [
        ...nodes(2),
        pod('p', {
          affinity: {
            nodeAffinity: {
              [required]: {
                nodeSelectorTerms: [
                  {
                    matchFields: [
                      { key: 'metadata.name', operator: 'In', values: ['n1'] },
                      { key: 'metadata.name', operator: 'In', values: ['n2'] },
                    ],
                  },
                ],
              },
            },
          },
        }),
      ],
    ],
  },
  {
    name: 'too little of a resource, of several, of an unknown one',
    steps: [
      [...nodes(2), pod('cpu', { requests: { cpu: '5' } })],
      [pod('both', { requests: { cpu: '5', memory: '9Gi' } })],
      [pod('unknown', { container: { resources: { limits: { 'example.com/foo': '1' } } } })],
      [pod('disk', { requests: { 'ephemeral-storage': '1Gi' } })],
      [
        pod('huge', {
          container: {
            resources: {
              requests: { 'hugepages-2Mi': '2Mi', cpu: '1' },
              limits: { 'hugepages-2Mi': '2Mi', cpu: '1' },
            },
          },
        }),
      ],
    ],
  },
  {
    name: 'as many pods as a node takes',
    steps: [[node('n1', { capacity: { pods: '1' } }), pod('p')], [pod('q')]],
  },
  {
    name: 'as many pods as a node takes, and its processor gone',
    steps: [
      [node('n1', { capacity: { pods: '1' } }), pod('p', { requests: { cpu: '3' } })],
      [pod('q', { requests: { cpu: '2' } })],
    ],
  },
  {
    name: 'requests of a whole pod, of init containers, overhead',
    steps: [
      [
        node('n1', { capacity: { cpu: '1' } }),
        pod('whole', { resources: { requests: { cpu: '2' } } }),
        pod('init', {
          initContainers: [{ name: 'i', image: 'nginx', resources: { requests: { cpu: '2' } } }],
        }),
      ],
    ],
  },
  {
    name: 'host ports',
    steps: [
      [node('n1'), pod('p', { ports: [{ containerPort: 80, hostPort: 8080 }] })],
      [pod('q', { ports: [{ containerPort: 81, hostPort: 8080, hostIP: '127.0.0.1' }] })],
      [pod('r', { ports: [{ containerPort: 81, hostPort: 8080, protocol: 'UDP' }] })],
    ],
  },
  {
    name: 'pod affinity that nothing meets',
    steps: [[...nodes(2), pod('p', { affinity: { podAffinity: near('db') } })]],
  },
  {
    name: 'pod affinity that the pod itself meets, and a cycle of two that none does',
    steps: [
      [node('n1'), pod('p', { labels: { app: 'a' }, affinity: { podAffinity: near('a') } })],
      [pod('x', { labels: { app: 'x' }, affinity: { podAffinity: near('y') } })],
      [pod('y', { labels: { app: 'y' }, affinity: { podAffinity: near('x') } })],
    ],
  },
  {
    name: 'affinity on nodes without the label',
    steps: [
      [node('n1'), pod('p', { labels: { app: 'a' }, affinity: { podAffinity: near('a', zone) } })],
    ],
  },
  {
    name: 'pod anti-affinity, of its own and of others',
    steps: [
      [node('n1'), pod('p', { labels: { app: 'a' }, affinity: { podAntiAffinity: near('b') } })],
      [pod('q', { labels: { app: 'b' } })],
      [pod('r', { affinity: { podAntiAffinity: near('a') } })],
      [
        pod('both', {
          labels: { app: 'c' },
          affinity: { podAffinity: near('c'), podAntiAffinity: near('c') },
        }),
      ],
    ],
  },
  {
    name: 'spreading over zones, one without room',
    steps: [
      [
        node('n1', { labels: { [zone]: 'a' } }),
        node('n2', { labels: { [zone]: 'b' }, unschedulable: true }),
        pod('p', { labels: { app: 'web' }, topologySpreadConstraints: [spread('DoNotSchedule')] }),
      ],
      [pod('q', { labels: { app: 'web' }, topologySpreadConstraints: [spread('DoNotSchedule')] })],
      [pod('r', { labels: { app: 'web' }, topologySpreadConstraints: [spread('ScheduleAnyway')] })],
    ],
  },
  {
    name: 'spreading over nodes without the label',
    steps: [
      [...nodes(2), pod('p', { topologySpreadConstraints: [spread('DoNotSchedule')] })],
      [
        node('n3', { labels: { [zone]: 'a' } }),
        pod('q', { requests: { cpu: '9' }, topologySpreadConstraints: [spread('DoNotSchedule')] }),
      ],
    ],
  },
  {
    name: 'a different failure on every node',
    steps: [
      [
        node('n1', { taints: [taint('a')] }),
        node('n2', { unschedulable: true }),
        node('n3', { capacity: { cpu: '1' } }),
        node('n4', { labels: { not: 'here' } }),
        node('n5', { capacity: { cpu: '1', memory: '1Mi' } }),
        pod('p', {
          requests: { cpu: '2', memory: '1Gi' },
          affinity: nodeAffinity({ key: 'not', operator: 'DoesNotExist' }),
        }),
      ],
    ],
  },
  {
    name: 'gates, then none',
    steps: [[node('n1'), pod('p', { schedulingGates: [{ name: 'a/b' }, { name: 'c' }] })]],
  },
  {
    name: 'a gate beside a pod that is placed',
    steps: [[node('n1'), pod('p', { schedulingGates: [{ name: 'a' }] }), pod('q')]],
  },
  {
    name: 'a runtime class of certain nodes',
    steps: [
      [
        ...nodes(2),
        object('node.k8s.io/v1', 'RuntimeClass', {
          name: 'special',
          handler: 'runc',
          scheduling: { nodeSelector: { special: 'yes' } },
        }),
        pod('p', { runtimeClassName: 'special' }),
      ],
    ],
  },
  {
    name: 'a scheduler nobody is',
    untold: ['p'],
    steps: [[node('n1'), pod('p', { schedulerName: 'nobody' })]],
  },
];
