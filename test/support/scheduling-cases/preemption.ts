/** What preemption does and says; victims stay while no kubelet lets them go. */
import { node, nodes, object, pod, type SchedulingCase } from './case.ts';

const priorityClass = (name: string, value: number, more: object = {}) =>
  object('scheduling.k8s.io/v1', 'PriorityClass', { name, value, ...more });
const high = priorityClass('high', 1000);
const urgent = { priorityClassName: 'high' };
const most = { requests: { cpu: '3' } };
const budget = (name: string, app: string) =>
  object('policy/v1', 'PodDisruptionBudget', {
    name,
    spec: { minAvailable: 1, selector: { matchLabels: { app } } },
  });
const on = (name: string) => ({ nodeSelector: { 'kubernetes.io/hostname': name } });

export const preemptionCases: readonly SchedulingCase[] = [
  {
    name: 'a victim',
    steps: [[node('n1'), high, pod('low', most)], [pod('p', { ...urgent, ...most })]],
  },
  {
    name: 'two victims',
    steps: [
      [node('n1'), high, pod('a', { requests: { cpu: '2' } })],
      [pod('b', { requests: { cpu: '2' } })],
      [pod('p', { ...urgent, ...most })],
    ],
  },
  {
    name: 'not more victims than needed, the least important of them',
    steps: [
      [node('n1'), high, priorityClass('middle', 10), pod('a', { requests: { cpu: '2' } })],
      [pod('b', { requests: { cpu: '2' }, priorityClassName: 'middle' })],
      [pod('p', { ...urgent, requests: { cpu: '2' } })],
    ],
  },
  {
    name: 'the node whose victim matters least',
    steps: [
      [...nodes(2), high, priorityClass('middle', 10), pod('a', { ...on('n1'), ...most })],
      [pod('b', { ...on('n2'), ...most, priorityClassName: 'middle' })],
      [pod('p', { ...urgent, ...most })],
    ],
  },
  {
    name: 'no victims that would help',
    steps: [
      [node('n1'), high, pod('low', most)],
      [pod('p', { ...urgent, requests: { cpu: '5' } })],
    ],
  },
  {
    name: 'no victims of a lower priority, and nodes where none help',
    steps: [
      [
        ...nodes(2),
        node('n3', { unschedulable: true }),
        pod('a', { ...on('n1'), ...most }),
        pod('b', { ...on('n2'), ...most }),
      ],
      [pod('p', most)],
    ],
  },
  {
    name: 'a pod that may not preempt',
    steps: [
      [node('n1'), priorityClass('polite', 1000, { preemptionPolicy: 'Never' }), pod('low', most)],
      [pod('p', { priorityClassName: 'polite', ...most })],
    ],
  },
  {
    name: 'a budget is broken where there is no other way',
    steps: [
      [node('n1'), high, budget('b', 'db'), pod('low', { labels: { app: 'db' }, ...most })],
      [pod('p', { ...urgent, ...most })],
    ],
  },
  {
    name: 'a budget is kept where there is another node',
    steps: [
      [
        ...nodes(2),
        high,
        budget('b', 'db'),
        pod('kept', { labels: { app: 'db' }, ...on('n1'), ...most }),
        pod('gone', { ...on('n2'), ...most }),
      ],
      [pod('p', { ...urgent, ...most })],
    ],
  },
  {
    name: 'a second pod that finds its room taken by the first',
    steps: [
      [node('n1'), high, pod('low', most)],
      [pod('p', { ...urgent, ...most })],
      [pod('q', { ...urgent, ...most })],
    ],
  },
  {
    name: 'a host port and anti-affinity make room too',
    steps: [
      [
        node('n1'),
        high,
        pod('low', { labels: { app: 'a' }, ports: [{ containerPort: 1, hostPort: 99 }] }),
      ],
      [pod('p', { ...urgent, ports: [{ containerPort: 1, hostPort: 99 }] })],
    ],
  },
];
