import { controllerOf } from '../../api/meta.ts';
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { DescriptionWriter } from './writer.ts';
import { goTime } from './go-time.ts';
import { describePodTemplate } from './pod-template.ts';
import { selectorText } from './selector-text.ts';
import { describeOutcome, podsStatus } from './small.ts';

export function describeDeployment(
  writer: DescriptionWriter,
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
): void {
  const { spec, status = {} } = deployment;
  writer.field(0, 'Name', deployment.metadata.name);
  writer.field(0, 'Namespace', deployment.metadata.namespace);
  writer.field(0, 'CreationTimestamp', goTime(deployment.metadata.creationTimestamp));
  writer.map(0, 'Labels', deployment.metadata.labels);
  writer.map(0, 'Annotations', deployment.metadata.annotations);
  writer.field(0, 'Selector', selectorText(spec.selector));
  writer.field(
    0,
    'Replicas',
    `${spec.replicas ?? 1} desired | ${status.updatedReplicas ?? 0} updated | ` +
      `${status.replicas ?? 0} total | ${status.availableReplicas ?? 0} available | ` +
      `${status.unavailableReplicas ?? 0} unavailable`,
  );
  writer.field(0, 'StrategyType', spec.strategy?.type);
  writer.field(0, 'MinReadySeconds', spec.minReadySeconds ?? 0);
  const rolling = spec.strategy?.rollingUpdate;
  if (rolling) {
    writer.field(
      0,
      'RollingUpdateStrategy',
      `${rolling.maxUnavailable ?? '25%'} max unavailable, ${rolling.maxSurge ?? '25%'} max surge`,
    );
  }
  describePodTemplate(writer, spec.template);
  describeOutcome(writer, status.conditions);
  const owned = replicaSets.filter((set) => controllerOf(set)?.uid === deployment.metadata.uid);
  const current = newestRevision(owned);
  const show = (set: ReplicaSet): string =>
    `${set.metadata.name} (${set.status?.replicas ?? 0}/${set.spec.replicas ?? 0} replicas created)`;
  const old = owned.filter((set) => set !== current && (set.spec.replicas ?? 0) > 0);
  if (old.length === 0 && current === undefined) return;
  writer.field(0, 'OldReplicaSets', old.map(show).join(', '));
  writer.field(0, 'NewReplicaSet', current === undefined ? undefined : show(current));
}

function newestRevision(sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  const revision = (set: ReplicaSet): number =>
    Number(set.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
  return [...sets].sort((a, b) => revision(b) - revision(a))[0];
}

export function describeReplicaSet(
  writer: DescriptionWriter,
  set: ReplicaSet,
  pods: readonly Pod[],
): void {
  writer.field(0, 'Name', set.metadata.name);
  writer.field(0, 'Namespace', set.metadata.namespace);
  writer.field(0, 'Selector', selectorText(set.spec.selector));
  writer.map(0, 'Labels', set.metadata.labels);
  writer.map(0, 'Annotations', set.metadata.annotations);
  const owner = controllerOf(set);
  if (owner) writer.field(0, 'Controlled By', `${owner.kind}/${owner.name}`);
  writer.field(
    0,
    'Replicas',
    `${set.status?.replicas ?? 0} current / ${set.spec.replicas ?? 1} desired`,
  );
  writer.field(0, 'Pods Status', podsStatus(set.metadata.uid, pods));
  if (set.spec.template) describePodTemplate(writer, set.spec.template);
  describeOutcome(writer, set.status?.conditions);
}
