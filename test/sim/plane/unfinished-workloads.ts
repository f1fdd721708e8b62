/** What StatefulSets, DaemonSets, Jobs and namespaces must have come to in the end. */
import type { KubernetesObject } from '../../../api/meta.ts';
import type { DaemonSet, StatefulSet } from '../../../api/types/apps-v1.ts';
import type { Job } from '../../../api/types/batch-v1.ts';
import type { Namespace, Pod, ServiceAccount } from '../../../api/types/core-v1.ts';
import { daemonNode, isActive, isReady } from './checks/placement.ts';
import { ownedBy } from './checks/replicas.ts';
import type { Truth } from './truth.ts';

export const nameOf = ({ kind, metadata }: KubernetesObject): string =>
  `${kind} ${metadata.namespace}/${metadata.name}`;

/** Fields of a status that are not as they are; absent is zero. */
export function differing(
  of: KubernetesObject,
  told: Readonly<Record<string, unknown>> | undefined,
  real: Readonly<Record<string, number | undefined>>,
): string[] {
  return Object.entries(real)
    .filter(([field, value]) => (told?.[field] ?? 0) !== (value ?? 0))
    .map(([field, value]) => `${nameOf(of)} tells ${field}=${String(told?.[field])}, not ${value}`);
}

export function unfinishedWorkloads(truth: Truth): string[] {
  return [
    ...[...truth.of<StatefulSet>('statefulsets').values()].flatMap((set) =>
      statefulSet(truth, set),
    ),
    ...[...truth.of<DaemonSet>('daemonsets').values()].flatMap((set) =>
      unfinishedDaemonSet(set, ownedBy(truth.pods, set)),
    ),
    ...[...truth.of<Job>('jobs').values()].flatMap((each) => job(truth, each)),
    ...namespaces(truth),
  ];
}

function statefulSet(truth: Truth, set: StatefulSet): string[] {
  const pods = ownedBy(truth.pods, set).filter(isActive);
  const wanted = set.spec.replicas ?? 1;
  const ordered = set.spec.podManagementPolicy !== 'Parallel';
  // One that finds no room holds up those after it.
  const isStuck = pods.some((pod) => !isReady(pod));
  const isRight = pods.length === wanted || (ordered && isStuck && pods.length < wanted);
  return [
    ...(isRight ? [] : [`${nameOf(set)} has ${pods.length} pods, not ${wanted}`]),
    ...differing(set, set.status as never, {
      observedGeneration: set.metadata.generation,
      replicas: pods.length,
      readyReplicas: pods.filter(isReady).length,
    }),
  ];
}

/** A pod stays on a node that got a taint it could not be scheduled past, and is misscheduled. */
export function unfinishedDaemonSet(set: DaemonSet, owned: readonly Pod[]): string[] {
  const pods = owned.filter(isActive);
  // One that waits for room counts on the node it waits for, not on none together with others.
  const nodes = new Set(pods.map(daemonNode));
  const { desiredNumberScheduled = 0, numberMisscheduled = 0, numberReady = 0 } = set.status ?? {};
  const told = desiredNumberScheduled + numberMisscheduled;
  return [
    ...(nodes.size === pods.length ? [] : [`${nameOf(set)} has two pods on a node`]),
    ...(told === pods.length ? [] : [`${nameOf(set)} tells of ${told} pods, not ${pods.length}`]),
    ...(numberReady <= pods.filter(isReady).length
      ? []
      : [`${nameOf(set)} tells of too many ready`]),
    ...differing(set, set.status as never, { observedGeneration: set.metadata.generation }),
  ];
}

function job(truth: Truth, each: Job): string[] {
  const { conditions = [], succeeded = 0 } = each.status ?? {};
  const active = ownedBy(truth.pods, each).filter(isActive);
  const ended = conditions.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
  // Without room for its pods it waits.
  if (ended === undefined)
    return active.some((pod) => !pod.spec.nodeName) ? [] : [`${nameOf(each)} has not ended`];
  const problems = active.length > 0 ? [`${nameOf(each)} has ended, and has pods`] : [];
  const { completions = 1 } = each.spec;
  if (ended.type === 'Complete' && succeeded !== completions)
    problems.push(`${nameOf(each)} is complete with ${succeeded} of ${completions}`);
  return problems;
}

function namespaces(truth: Truth): string[] {
  const known = truth.of<Namespace>('namespaces');
  const leaving = [...known.values()].filter(
    ({ metadata }) => metadata.deletionTimestamp !== undefined,
  );
  const kinds = ['pods', 'replicasets', 'deployments', 'resourcequotas', 'configmaps'];
  const left = [...kinds, 'serviceaccounts'].flatMap((kind) => [
    ...truth.of<ServiceAccount>(kind).values(),
  ]);
  return [
    ...leaving.map((each) => `${nameOf(each)} is still being deleted`),
    ...left
      .filter(({ metadata }) => !known.has(metadata.namespace ?? ''))
      .map((each) => `${nameOf(each)} has outlived its namespace`),
  ];
}
