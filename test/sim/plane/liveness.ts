/**
 * What must be true once nothing breaks any more and nobody asks for anything new: everything
 * that was asked for is there as far as there is room, and everything told about it is right.
 */
import type { KubernetesObject } from '../../../api/meta.ts';
import type { Deployment, ReplicaSet } from '../../../api/types/apps-v1.ts';
import type { Pod, ResourceQuota } from '../../../api/types/core-v1.ts';
import { fits, hasEnded, held, isActive, isReady } from './checks/placement.ts';
import { ownedBy } from './checks/replicas.ts';
import { unfinishedStorage, waitsForStorage } from './unfinished-storage.ts';
import { differing, nameOf, unfinishedWorkloads } from './unfinished-workloads.ts';
import type { Truth } from './truth.ts';

/** What is left to do or wrong; empty if nothing is. */
export function unfinished(truth: Truth): string[] {
  return [
    ...truth.pods.flatMap((pod) => unfinishedPod(truth, pod)),
    ...truth.replicaSets.flatMap((each) => unfinishedReplicaSet(truth, each)),
    ...truth.deployments.flatMap((each) => unfinishedDeployment(truth, each)),
    ...unfinishedWorkloads(truth),
    ...unfinishedStorage(truth),
    ...dangling(truth),
  ];
}

function unfinishedPod(truth: Truth, pod: Pod): string[] {
  const name = nameOf(pod);
  if (pod.metadata.deletionTimestamp !== undefined) return [`${name} is still being deleted`];
  if (hasEnded(pod)) return [];
  const { nodeName } = pod.spec;
  if (nodeName) {
    if (!truth.nodes.has(nodeName)) return [`${name} is on ${nodeName}, which is gone`];
    return isReady(pod) ? [] : [`${name} is bound and not ready`];
  }
  if (waitsForStorage(truth, pod)) return [];
  const priority = pod.spec.priority ?? 0;
  const room = [...truth.nodes.values()].find((node) => {
    const others = held(truth.pods, node.metadata.name ?? '');
    const stay = others.filter((other) => (other.spec.priority ?? 0) >= priority);
    return fits(node, pod, stay);
  });
  return room === undefined ? [] : [`${name} waits, and would fit on ${room.metadata.name}`];
}

function unfinishedReplicaSet(truth: Truth, replicaSet: ReplicaSet): string[] {
  const pods = ownedBy(truth.pods, replicaSet).filter(isActive);
  const wanted = replicaSet.spec.replicas ?? 1;
  const ready = pods.filter(isReady).length;
  const isRight = pods.length === wanted || (pods.length < wanted && isFull(truth, replicaSet));
  const number = isRight ? [] : [`${nameOf(replicaSet)} has ${pods.length} pods, not ${wanted}`];
  return [
    ...number,
    ...differing(replicaSet, replicaSet.status as never, {
      observedGeneration: replicaSet.metadata.generation,
      replicas: pods.length,
      readyReplicas: ready,
      availableReplicas: ready,
    }),
  ];
}

/** No more pods may be created there. */
function isFull(truth: Truth, { metadata }: KubernetesObject): boolean {
  const quota = truth.of<ResourceQuota>('resourcequotas').get(`${metadata.namespace}/quota`);
  if (quota === undefined) return false;
  const pods = truth.pods.filter(
    (pod) => pod.metadata.namespace === metadata.namespace && !hasEnded(pod),
  );
  return pods.length >= Number(quota.spec?.hard?.['pods'] ?? Infinity);
}

function unfinishedDeployment(truth: Truth, deployment: Deployment): string[] {
  const name = nameOf(deployment);
  const versions = ownedBy(truth.replicaSets, deployment);
  const newest = versions.find(
    ({ metadata }) =>
      metadata.annotations?.['deployment.kubernetes.io/revision'] ===
      deployment.metadata.annotations?.['deployment.kubernetes.io/revision'],
  );
  if (newest === undefined) return [`${name} has no ReplicaSet`];
  const pods = versions.flatMap((each) => ownedBy(truth.pods, each)).filter(isActive);
  const updated = ownedBy(truth.pods, newest).filter(isActive);
  const ready = pods.filter(isReady).length;
  const wanted = deployment.spec.replicas ?? 1;
  const isStuck = updated.some((pod) => !isReady(pod)) || isFull(truth, deployment);
  const isDone = pods.length === wanted && updated.length === wanted;
  return [
    ...(isDone || isStuck
      ? []
      : [`${name} has ${updated.length} of ${wanted} pods, and ${pods.length} in all`]),
    ...differing(deployment, deployment.status as never, {
      observedGeneration: deployment.metadata.generation,
      replicas: pods.length,
      updatedReplicas: updated.length,
      readyReplicas: ready,
      availableReplicas: ready,
    }),
  ];
}

const owners = ['pods', 'replicasets', 'deployments', 'statefulsets', 'daemonsets', 'jobs'];

/** Everything that names an owner has one, and everything is in a namespace that is there. */
function dangling(truth: Truth): string[] {
  const objects = owners.flatMap((resource) => [...truth.of(resource).values()]);
  const uids = new Set(objects.map(({ metadata }) => metadata.uid));
  return objects
    .filter(({ metadata }) =>
      (metadata.ownerReferences ?? []).some(({ uid, kind }) => kind !== 'Node' && !uids.has(uid)),
    )
    .map((object) => `${nameOf(object)} has lost its owner`);
}
