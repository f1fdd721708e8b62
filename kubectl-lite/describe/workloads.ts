import { controllerOf } from '../../api/meta.ts';
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { DescriptionWriter } from './writer.ts';
import { goTime } from './go-time.ts';
import { describeContainers, describePodTemplate } from './pod-template.ts';
import { selectorText } from './selector-text.ts';
import { podsStatus } from './small.ts';
import { describeTolerations } from './tolerations.ts';
import { describeVolumes } from './volumes.ts';

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
  writer.table(0, 'Conditions', {
    headers: ['Type', 'Status', 'Reason'],
    rows: (status.conditions ?? []).map((c) => [c.type, c.status, c.reason ?? '']),
  });
  const owned = replicaSets.filter((set) => controllerOf(set)?.uid === deployment.metadata.uid);
  const current = newestRevision(owned);
  const show = (set: ReplicaSet): string =>
    `${set.metadata.name} (${set.status?.replicas ?? 0}/${set.spec.replicas ?? 0} replicas created)`;
  const old = owned.filter((set) => set !== current && (set.spec.replicas ?? 0) > 0);
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
}

export function describePod(writer: DescriptionWriter, pod: Pod): void {
  const { spec, status = {} } = pod;
  writer.field(0, 'Name', pod.metadata.name);
  writer.field(0, 'Namespace', pod.metadata.namespace);
  writer.field(0, 'Priority', spec.priority ?? 0);
  writer.field(0, 'Service Account', spec.serviceAccountName ?? 'default');
  writer.field(0, 'Node', spec.nodeName ? `${spec.nodeName}/${status.hostIP ?? ''}` : undefined);
  if (status.startTime) writer.field(0, 'Start Time', goTime(status.startTime));
  writer.map(0, 'Labels', pod.metadata.labels);
  writer.map(0, 'Annotations', pod.metadata.annotations);
  if (pod.metadata.deletionTimestamp) {
    writer.field(0, 'Status', `Terminating (since ${pod.metadata.deletionTimestamp})`);
    writer.field(0, 'Termination Grace Period', `${pod.metadata.deletionGracePeriodSeconds ?? 0}s`);
  } else writer.field(0, 'Status', status.phase);
  if (status.reason) writer.field(0, 'Reason', status.reason);
  if (status.message) writer.field(0, 'Message', status.message);
  writer.field(0, 'IP', status.podIP);
  writer.line(0, 'IPs:');
  for (const { ip } of status.podIPs ?? []) writer.field(1, 'IP', ip);
  const owner = controllerOf(pod);
  if (owner) writer.field(0, 'Controlled By', `${owner.kind}/${owner.name}`);
  describeContainers(writer, 'Init Containers', {
    level: 0,
    pod,
    containers: spec.initContainers,
    statuses: status.initContainerStatuses,
  });
  describeContainers(writer, 'Containers', {
    level: 0,
    pod,
    containers: spec.containers,
    statuses: status.containerStatuses,
  });
  if (status.conditions && status.conditions.length > 0) {
    writer.line(0, 'Conditions:').line(1, 'Type\tStatus');
    for (const { type, status: holds } of status.conditions) writer.line(1, `${type} \t${holds} `);
  }
  describeVolumes(writer, spec.volumes ?? [], { level: 0, space: '' });
  if (status.qosClass) writer.field(0, 'QoS Class', status.qosClass);
  const selector = Object.entries(spec.nodeSelector ?? {}).map(([key, value]) => `${key}=${value}`);
  writer.field(0, 'Node-Selectors', selector[0]);
  for (const text of selector.slice(1)) writer.line(0, `\t${text}`);
  describeTolerations(writer, 0, spec.tolerations);
}
