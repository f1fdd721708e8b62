/** Why the scheduler finds no node for a pod, from what it says and what nodes look like. */
import { matchesNodeAffinity } from '../../api/scheduling/node-selector.ts';
import { findUntolerated } from '../../api/scheduling/tolerations.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import type { Told } from './finding.ts';

export function placementFindings(pod: Pod, nodes: readonly Node[]): Told[] {
  const { spec, status = {} } = pod;
  if (spec.nodeName) return [];
  const gates = (spec.schedulingGates ?? []).map(({ name }) => name);
  if (gates.length > 0) {
    const text = `it is held back by the scheduling gate ${gates.join(', ')}`;
    return [{ text, hint: 'whoever set the gate has to remove it' }];
  }
  const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status !== 'False') {
    const scheduler = spec.schedulerName ?? 'default-scheduler';
    const text = `no scheduler has looked at it yet (its schedulerName is ${scheduler})`;
    return [{ text, hint: 'see that a scheduler of that name runs' }];
  }
  const message = scheduled.message ?? scheduled.reason ?? '';
  const text = `no node takes it: ${withoutPreemption(message)}`;
  const advice = fromMessage(message);
  const told = [advice === undefined ? { text } : { text, hint: advice }];
  return nodes.length === 0 ? told : [...told, ...fromNodes(pod, nodes)];
}

/** Whether others could be thrown out is the scheduler's business, and long. */
const withoutPreemption = (message: string): string =>
  message.replace(/\.? *(no new claims to deallocate, )?preemption: .*$/s, '');

const advices: readonly (readonly [RegExp, string])[] = [
  [/unbound immediate PersistentVolumeClaims/, 'a claim of it has no volume: see below'],
  [/anti-affinity/, 'it must not share a node with other pods: add nodes, or prefer, not require'],
  [/pod affinity rules/, 'the pods that it must stand beside are nowhere, or where it may not go'],
  [/topology spread/, 'it must be spread evenly: add nodes there, or use ScheduleAnyway'],
  [/free ports/, 'its hostPort is taken on each node: leave it out and use a Service'],
  [/node\(s\) were unschedulable/, 'nodes are cordoned: kubectl-lite uncordon NODE'],
  [/volume node affinity/, 'its volume lies on a node that does not take it'],
];

const fromMessage = (message: string): string | undefined =>
  advices.find(([pattern]) => pattern.test(message))?.[1];

function fromNodes(pod: Pod, nodes: readonly Node[]): Told[] {
  const matching = nodes.filter((node) => matchesNodeAffinity(pod, node));
  if (matching.length === 0) {
    const wanted = Object.entries(pod.spec.nodeSelector ?? {}).map((pair) => pair.join('='));
    if (wanted.length === 0) {
      const hint = 'compare its affinity with: kubectl-lite get nodes --show-labels';
      return [{ text: 'no node has the labels that its nodeAffinity asks for', hint }];
    }
    const hint = `kubectl-lite label node NODE ${wanted.join(' ')}, or change its nodeSelector`;
    return [{ text: `no node has the labels of its nodeSelector, ${wanted.join(',')}`, hint }];
  }
  // Cordoned nodes have a taint of their own, and the scheduler's message names them.
  const open = matching.filter(({ spec }) => !spec?.unschedulable);
  const taints = open.map(({ spec }) => findUntolerated(spec?.taints, pod.spec.tolerations));
  const [first] = taints;
  if (first === undefined || taints.includes(undefined)) return [];
  const taint = `${first.key}${first.value ? `=${first.value}` : ''}:${first.effect}`;
  return [
    {
      text: `each node that it may go to has a taint that it does not tolerate, as ${taint}`,
      hint: `give it a toleration, or: kubectl-lite taint node NODE ${first.key}-`,
    },
  ];
}
