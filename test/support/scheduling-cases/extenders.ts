/** Pods that concern extenders, and what these say of them: by the pod's label "say". */
import { node, nodes, object, pod, type SchedulingCase } from './case.ts';

/** The extenders, by the resource that makes a pod theirs; no node has it. */
export const extenderResources = {
  whole: 'example.com/whole',
  names: 'example.com/names',
  ignorable: 'example.com/ignorable',
  bind: 'example.com/bind',
  preempt: 'example.com/preempt',
} as const;

type Extender = keyof typeof extenderResources;

/** Extended resources need a limit; `cpu` comes beside it. */
const resourcesOf = (extender: Extender, cpu = '0') => {
  const amounts = { cpu, [extenderResources[extender]]: '1' };
  return { container: { resources: { requests: amounts, limits: amounts } } };
};

const concerning = (name: string, extender: Extender, say: string) =>
  pod(name, { labels: { say: say.replaceAll(' ', '-') }, ...resourcesOf(extender) });

const cases = (extender: Extender, says: readonly string[]): SchedulingCase[] =>
  says.map((say) => ({
    name: `${extender}, ${say}`,
    steps: [[...nodes(3), concerning('p', extender, say)]],
  }));

const says = ['keep n2', 'prefer n3', 'refuse', 'unresolvable', 'some refused', 'stay silent'];
const faults = ['fail', 'status 500', 'null'];

export const extenderCases: readonly SchedulingCase[] = [
  ...cases('whole', [...says, ...faults]),
  ...cases('names', [...says, ...faults, 'unknown node']),
  ...cases('ignorable', ['status 500']).map((each) => ({ ...each, anyNode: true })),
  {
    name: 'scores that fail',
    anyNode: true,
    steps: [[...nodes(3), concerning('p', 'whole', 'scores fail')]],
  },
  { name: 'binding', steps: [[node('n1'), concerning('p', 'bind', 'bind')]] },
  { name: 'a binding that fails', steps: [[node('n1'), concerning('p', 'bind', 'fail')]] },
  {
    name: 'a pod that concerns none',
    steps: [[node('n1'), pod('p', { labels: { say: 'refuse' } })]],
  },
  {
    name: 'the room that an extender lets be made',
    steps: [
      [
        ...nodes(2),
        object('scheduling.k8s.io/v1', 'PriorityClass', { name: 'high', value: 1000 }),
        pod('v1', { requests: { cpu: '4' }, nodeSelector: { 'kubernetes.io/hostname': 'n1' } }),
        pod('v2', { requests: { cpu: '4' }, nodeSelector: { 'kubernetes.io/hostname': 'n2' } }),
      ],
      [
        pod('p', {
          labels: { say: 'keep-n2' },
          priorityClassName: 'high',
          ...resourcesOf('preempt', '4'),
        }),
      ],
    ],
  },
];
