import { controllerOf } from '../../api/meta.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { type Ages, terminating } from './ages.ts';
import { describeContainers, type ContainerList } from './containers.ts';
import { goTime } from './go-time.ts';
import { describeSpreading } from './spreading.ts';
import { describeTolerations } from './tolerations.ts';
import { describeVolumes } from './volumes.ts';
import type { DescriptionWriter } from './writer.ts';

export function describePod(writer: DescriptionWriter, pod: Pod, ages: Ages): void {
  const { spec, status = {} } = pod;
  describeHead(writer, pod);
  describeStatus(writer, pod, ages);
  const list = (containers: ContainerList['containers']): ContainerList => ({
    level: 0,
    pod,
    containers,
    statuses: [
      ...(status.initContainerStatuses ?? []),
      ...(status.containerStatuses ?? []),
      ...(status.ephemeralContainerStatuses ?? []),
    ],
  });
  describeContainers(writer, 'Init Containers', list(spec.initContainers));
  describeContainers(writer, 'Containers', list(spec.containers));
  describeContainers(writer, 'Ephemeral Containers', list(spec.ephemeralContainers));
  const conditions = status.conditions ?? [];
  const gates = spec.readinessGates ?? [];
  if (gates.length > 0) writer.line(0, 'Readiness Gates:').line(1, 'Type\tStatus');
  for (const { conditionType } of gates) {
    const found = conditions.find(({ type }) => type === conditionType);
    writer.line(1, `${conditionType} \t${found?.status ?? '<none>'} `);
  }
  if (conditions.length > 0) writer.line(0, 'Conditions:').line(1, 'Type\tStatus');
  for (const { type, status: holds } of conditions) writer.line(1, `${type} \t${holds} `);
  describeVolumes(writer, spec.volumes ?? [], { level: 0, space: '' });
  writer.field(0, 'QoS Class', status.qosClass);
  writer.map(0, 'Node-Selectors', spec.nodeSelector);
  describeTolerations(writer, 0, spec.tolerations);
  describeSpreading(writer, 0, spec.topologySpreadConstraints);
}

function describeHead(writer: DescriptionWriter, { metadata, spec, status = {} }: Pod): void {
  writer.field(0, 'Name', metadata.name).field(0, 'Namespace', metadata.namespace);
  for (const [title, value] of [
    ['Priority', spec.priority],
    ['Priority Class Name', spec.priorityClassName || undefined],
    ['Runtime Class Name', spec.runtimeClassName || undefined],
    ['Service Account', spec.serviceAccountName || undefined],
  ] as const) {
    if (value !== undefined) writer.field(0, title, value);
  }
  writer.field(0, 'Node', spec.nodeName ? `${spec.nodeName}/${status.hostIP ?? ''}` : undefined);
  if (status.startTime) writer.field(0, 'Start Time', goTime(status.startTime));
  writer.map(0, 'Labels', metadata.labels).map(0, 'Annotations', metadata.annotations);
}

function describeStatus(writer: DescriptionWriter, pod: Pod, ages: Ages): void {
  const { metadata, spec, status = {} } = pod;
  const ends = terminating(metadata, ages);
  if (ends !== undefined && status.phase !== 'Failed' && status.phase !== 'Succeeded') {
    writer.field(0, 'Status', ends);
    writer.field(0, 'Termination Grace Period', `${metadata.deletionGracePeriodSeconds ?? 0}s`);
  } else writer.bare(0, 'Status', status.phase);
  if (status.reason) writer.field(0, 'Reason', status.reason);
  if (status.message) writer.field(0, 'Message', status.message);
  const seccomp = spec.securityContext?.seccompProfile;
  if (seccomp !== undefined) writer.field(0, 'SeccompProfile', seccomp.type);
  if (seccomp?.localhostProfile) writer.field(0, 'LocalhostProfile', seccomp.localhostProfile);
  writer.bare(0, 'IP', status.podIP);
  const ips = status.podIPs ?? [];
  if (ips.length === 0) writer.field(0, 'IPs', undefined);
  else writer.line(0, 'IPs:');
  for (const { ip } of ips) writer.field(1, 'IP', ip);
  const owner = controllerOf(pod);
  if (owner) writer.field(0, 'Controlled By', `${owner.kind}/${owner.name}`);
  if (status.nominatedNodeName) writer.field(0, 'NominatedNodeName', status.nominatedNodeName);
}
