/** A pod's life: bound once, where it may be, and never back from where it has got to. */
import type { Node, Pod } from '../../../../api/types/core-v1.ts';
import type { Change, Truth } from '../truth.ts';
import { accepts, cpuOf, cpuRoom, hasEnded, held, podRoom, repel } from './placement.ts';

export function checkPods(truth: Truth, report: (problem: string) => void): void {
  truth.onChange((change) => {
    if (change.resource !== 'pods') return;
    checkHistory(change, report);
    const pod = change.current as Pod | undefined;
    const wasBound = (change.old as Pod | undefined)?.spec.nodeName;
    if (pod?.spec.nodeName && !wasBound) checkBinding(truth, pod, report);
  });
}

function checkHistory({ key, old, current }: Change, report: (problem: string) => void): void {
  if (old === undefined || current === undefined) return;
  const [before, after] = [old as Pod, current as Pod];
  const [from, to] = [before.spec.nodeName, after.spec.nodeName];
  if (from && from !== to) report(`pod ${key} was bound to ${from}, then to ${to}`);
  if (before.metadata.uid !== after.metadata.uid)
    report(`pod ${key} became another without being deleted`);
  if (before.metadata.deletionTimestamp !== undefined && !after.metadata.deletionTimestamp)
    report(`pod ${key} was being deleted, and is no more`);
  if (hasEnded(before) && before.status?.phase !== after.status?.phase)
    report(`pod ${key} had ${before.status?.phase}, and is ${after.status?.phase}`);
}

/** A node may have changed since the scheduler saw it: what it was counts too, for a while. */
function checkBinding(truth: Truth, pod: Pod, report: (problem: string) => void): void {
  const name = pod.spec.nodeName!;
  const { namespace, name: podName } = pod.metadata;
  const key = `${namespace}/${podName}`;
  const states = truth.recent<Node>('nodes', name);
  if (states.length === 0) report(`pod ${key} was bound to ${name}, which there never was`);
  const here = held(truth.pods, name).filter(({ metadata }) => metadata.uid !== pod.metadata.uid);
  const used = here.reduce((sum, other) => sum + cpuOf(other), cpuOf(pod));
  if (!states.some((node) => used <= cpuRoom(node) && here.length + 1 <= podRoom(node)))
    report(`${name} holds ${used}m cpu and ${here.length + 1} pods with ${key}`);
  if (!states.some((node) => accepts(node, pod)))
    report(`pod ${key} was bound to ${name}, which does not suit it`);
  const near = here.find((other) => repel(pod, other));
  if (near !== undefined) report(`pod ${key} was bound beside ${near.metadata.name} on ${name}`);
}
