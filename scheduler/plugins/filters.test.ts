/** What each Filter plugin says of a pod and a node, in Kubernetes' words. */
import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import { aCycle, aNode, aNodeInfo, aPod } from '../../test/support/scheduling.ts';
import type { FilterPlugin } from '../framework/interface.ts';
import { nodeAffinity } from './node-affinity.ts';
import { nodeName } from './node-name.ts';
import { nodePorts } from './node-ports.ts';
import { nodeResourcesFit } from './node-resources-fit.ts';
import { nodeUnschedulable } from './node-unschedulable.ts';
import { taintToleration } from './taint-toleration.ts';

interface Case {
  readonly name: string;
  readonly pod: Pod;
  readonly node: Node;
  readonly others?: readonly Pod[];
  /** Undefined: the pod may run there. "!" at the start: not even evicting pods would help. */
  readonly refusal?: string;
}

function table(plugin: FilterPlugin, cases: readonly Case[]): void {
  describe(plugin.name, () => {
    it.each(cases)('$name', ({ pod, node, others = [], refusal }) => {
      const info = aNodeInfo(node, ...others);
      const status = plugin.filter(aCycle(pod, info), info);
      const mark = status?.code === 'UnschedulableAndUnresolvable' ? '!' : '';
      expect(status && mark + status.reasons.join(', ')).toBe(refusal);
    });
  });
}

table(nodeName, [
  { name: 'no wish', pod: aPod(), node: aNode() },
  { name: 'its node', pod: aPod({ nodeName: 'a' }), node: aNode({ name: 'a' }) },
  {
    name: 'another node',
    pod: aPod({ nodeName: 'b' }),
    node: aNode({ name: 'a' }),
    refusal: "!node(s) didn't match the requested node name",
  },
]);

table(nodeUnschedulable, [
  { name: 'open', pod: aPod(), node: aNode() },
  {
    name: 'cordoned',
    pod: aPod(),
    node: aNode({ unschedulable: true }),
    refusal: '!node(s) were unschedulable',
  },
  {
    name: 'cordoned and tolerated',
    pod: aPod({
      tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }],
    }),
    node: aNode({ unschedulable: true }),
  },
]);

const gpuTaint = { key: 'gpu', value: 'yes', effect: 'NoSchedule' };
table(taintToleration, [
  { name: 'no taint', pod: aPod(), node: aNode() },
  {
    name: 'untolerated',
    pod: aPod(),
    node: aNode({ taints: [gpuTaint] }),
    refusal: '!node(s) had untolerated taint {gpu: yes}',
  },
  {
    name: 'tolerated by value',
    pod: aPod({ tolerations: [{ key: 'gpu', value: 'yes' }] }),
    node: aNode({ taints: [gpuTaint] }),
  },
  {
    name: 'another value',
    pod: aPod({ tolerations: [{ key: 'gpu', operator: 'Equal', value: 'no' }] }),
    node: aNode({ taints: [gpuTaint] }),
    refusal: '!node(s) had untolerated taint {gpu: yes}',
  },
  {
    name: 'everything tolerated',
    pod: aPod({ tolerations: [{ operator: 'Exists' }] }),
    node: aNode({ taints: [gpuTaint, { key: 'x', effect: 'NoExecute' }] }),
  },
  {
    name: 'another effect tolerated',
    pod: aPod({ tolerations: [{ key: 'x', operator: 'Exists', effect: 'NoSchedule' }] }),
    node: aNode({ taints: [{ key: 'x', effect: 'NoExecute' }] }),
    refusal: '!node(s) had untolerated taint {x: }',
  },
  {
    name: 'a preference keeps nobody off',
    pod: aPod(),
    node: aNode({ taints: [{ key: 'x', effect: 'PreferNoSchedule' }] }),
  },
]);

const required = (matchExpressions: object[], matchFields: object[] = []) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions, matchFields }] as never,
      },
    },
  },
});
const ssd = aNode({ name: 'a', labels: { disk: 'ssd', cores: '16' } });
const mismatch = "!node(s) didn't match Pod's node affinity/selector";
const expression = (operator: string, key: string, ...values: string[]) =>
  aPod(required([{ key, operator, values }]));
table(nodeAffinity(), [
  { name: 'nodeSelector matches', pod: aPod({ nodeSelector: { disk: 'ssd' } }), node: ssd },
  {
    name: 'nodeSelector does not',
    pod: aPod({ nodeSelector: { disk: 'ssd', zone: 'a' } }),
    node: ssd,
    refusal: mismatch,
  },
  { name: 'In', pod: expression('In', 'disk', 'hdd', 'ssd'), node: ssd },
  { name: 'In, absent', pod: expression('In', 'x', 'y'), node: ssd, refusal: mismatch },
  { name: 'NotIn', pod: expression('NotIn', 'disk', 'ssd'), node: ssd, refusal: mismatch },
  { name: 'NotIn, absent', pod: expression('NotIn', 'x', 'y'), node: ssd },
  { name: 'Exists', pod: expression('Exists', 'disk'), node: ssd },
  { name: 'DoesNotExist', pod: expression('DoesNotExist', 'disk'), node: ssd, refusal: mismatch },
  { name: 'Gt', pod: expression('Gt', 'cores', '8'), node: ssd },
  { name: 'Gt is strict', pod: expression('Gt', 'cores', '16'), node: ssd, refusal: mismatch },
  { name: 'Lt', pod: expression('Lt', 'cores', '17'), node: ssd },
  { name: 'Lt of no number', pod: expression('Lt', 'disk', '17'), node: ssd, refusal: mismatch },
  {
    name: 'the name as a field',
    pod: aPod(required([], [{ key: 'metadata.name', operator: 'In', values: ['a'] }])),
    node: ssd,
  },
  { name: 'a term without demands', pod: aPod(required([])), node: ssd, refusal: mismatch },
]);

it.each<[string, string[][], unknown]>([
  ['the names that all hold', [['a', 'b'], ['b']], { nodeNames: new Set(['b']) }],
  [
    'none, if they contradict each other',
    [['a'], ['b']],
    { code: 'UnschedulableAndUnresolvable', reasons: ['pod affinity terms conflict'] },
  ],
])('NodeAffinity looks at %s', (_, lists, wanted) => {
  const fields = lists.map((values) => ({ key: 'metadata.name', operator: 'In', values }));
  expect(nodeAffinity().preFilter(aCycle(aPod(required([], fields))))).toEqual(wanted);
});

const web = aPod({ name: 'web', hostPort: 80 });
const ports = "node(s) didn't have free ports for the requested pod ports";
table(nodePorts, [
  { name: 'free', pod: aPod({ hostPort: 80 }), node: aNode() },
  { name: 'taken', pod: aPod({ hostPort: 80 }), node: aNode(), others: [web], refusal: ports },
  { name: 'another port', pod: aPod({ hostPort: 81 }), node: aNode(), others: [web] },
  {
    name: 'the wildcard holds every address',
    pod: aPod({
      containers: [{ name: 'c', ports: [{ containerPort: 1, hostPort: 80, hostIP: '10.0.0.1' }] }],
    }),
    node: aNode(),
    others: [web],
    refusal: ports,
  },
  {
    name: 'another protocol',
    pod: aPod({
      containers: [{ name: 'c', ports: [{ containerPort: 1, hostPort: 80, protocol: 'UDP' }] }],
    }),
    node: aNode(),
    others: [web],
  },
]);

const big = aPod({ name: 'big', requests: { cpu: '3', memory: '6Gi' } });
table(nodeResourcesFit(), [
  { name: 'exactly', pod: aPod({ requests: { cpu: '4', memory: '8Gi' } }), node: aNode() },
  {
    name: 'no cpu left',
    pod: aPod({ requests: { cpu: '1001m' } }),
    node: aNode(),
    others: [big],
    refusal: 'Insufficient cpu',
  },
  {
    name: 'nothing left',
    pod: aPod({ requests: { cpu: '2', memory: '3Gi' } }),
    node: aNode({ allocatable: { pods: '1' } }),
    others: [big],
    refusal: 'Too many pods, Insufficient cpu, Insufficient memory',
  },
  {
    name: 'larger than the node',
    pod: aPod({ requests: { memory: '9Gi' } }),
    node: aNode(),
    refusal: '!Insufficient memory',
  },
  { name: 'asks for nothing of a full node', pod: aPod(), node: aNode(), others: [big] },
  {
    name: 'an extended resource the node has',
    pod: aPod({ requests: { 'example.com/gpu': '2' } }),
    node: aNode({ allocatable: { 'example.com/gpu': '2' } }),
  },
  {
    name: 'an extended resource it has not',
    pod: aPod({ requests: { 'example.com/gpu': '1' } }),
    node: aNode(),
    refusal: '!Insufficient example.com/gpu',
  },
]);
