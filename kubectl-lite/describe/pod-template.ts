import type {
  Container,
  ContainerPort,
  ContainerStatus,
  EnvVar,
  Pod,
  PodTemplateSpec,
} from '../../api/types/core-v1.ts';
import { goTime } from './go-time.ts';
import { probeText } from './probe.ts';
import { describeTolerations } from './tolerations.ts';
import { describeVolumes } from './volumes.ts';
import type { DescriptionWriter } from './writer.ts';

/** The "Pod Template:" section of workloads. */
export function describePodTemplate(writer: DescriptionWriter, template: PodTemplateSpec): void {
  writer.line(0, 'Pod Template:');
  writer.map(1, 'Labels', template.metadata?.labels);
  if (template.metadata?.annotations) {
    writer.map(1, 'Annotations', template.metadata.annotations);
  }
  if (template.spec?.serviceAccountName) {
    writer.field(1, 'Service Account', template.spec.serviceAccountName);
  }
  describeContainers(writer, 'Init Containers', {
    level: 1,
    containers: template.spec?.initContainers,
  });
  describeContainers(writer, 'Containers', { level: 1, containers: template.spec?.containers });
  describeVolumes(writer, template.spec?.volumes ?? [], { level: 1, space: ' ' });
  const selector = Object.entries(template.spec?.nodeSelector ?? {}).map(([k, v]) => `${k}=${v}`);
  writer.field(1, 'Node-Selectors', selector[0]);
  for (const text of selector.slice(1)) writer.line(1, `\t${text}`);
  describeTolerations(writer, 1, template.spec?.tolerations);
}

interface ContainerList {
  /** The pod itself, whose fields variables may be made of. */
  readonly pod?: Pod;
  readonly level: number;
  readonly containers: readonly Container[] | undefined;
  readonly statuses?: readonly ContainerStatus[] | undefined;
}

export function describeContainers(
  writer: DescriptionWriter,
  title: string,
  list: ContainerList,
): void {
  if (!list.containers || list.containers.length === 0) return;
  writer.line(list.level, `${title}:`);
  for (const container of list.containers) {
    // In a template kubectl indents names by three blanks, and their fields as in a pod.
    writer.line(1, `${list.level > 0 ? ' ' : ''}${container.name}:`);
    const status = list.statuses?.find((s) => s.name === container.name);
    describeContainer(writer, 2, { container, status, pod: list.pod });
  }
}

interface ContainerAbout {
  readonly container: Container;
  readonly status: ContainerStatus | undefined;
  readonly pod: Pod | undefined;
}

function describeContainer(
  writer: DescriptionWriter,
  level: number,
  { container, status, pod }: ContainerAbout,
): void {
  if (status) writer.field(level, 'Container ID', status.containerID);
  writer.field(level, 'Image', container.image);
  if (status) writer.field(level, 'Image ID', status.imageID);
  const ports = container.ports ?? [];
  writer.field(level, ports.length > 1 ? 'Ports' : 'Port', ports.map(portText).join(', '));
  writer.field(
    level,
    ports.length > 1 ? 'Host Ports' : 'Host Port',
    ports.map(hostPortText).join(', '),
  );
  for (const [title, words] of [
    ['Command', container.command],
    ['Args', container.args],
  ] as const) {
    if (!words || words.length === 0) continue;
    writer.line(level, `${title}:`);
    for (const word of words) writer.line(level + 1, word);
  }
  if (status) describeState(writer, level, status);
  for (const title of ['Limits', 'Requests'] as const) {
    const amounts =
      title === 'Limits' ? container.resources?.limits : container.resources?.requests;
    if (!amounts) continue;
    writer.line(level, `${title}:`);
    for (const [name, amount] of Object.entries(amounts).sort())
      writer.field(level + 1, name, amount);
  }
  for (const [title, probe] of [
    ['Liveness', container.livenessProbe],
    ['Readiness', container.readinessProbe],
    ['Startup', container.startupProbe],
  ] as const) {
    if (probe !== undefined) writer.field(level, title, probeText(probe));
  }
  describeSources(writer, level, container);
  describeEnvironment(writer, level, { container, pod });
  const mounts = container.volumeMounts ?? [];
  if (mounts.length === 0) writer.field(level, 'Mounts', undefined);
  else {
    writer.line(level, 'Mounts:');
    for (const mount of [...mounts].sort((a, b) => (a.mountPath < b.mountPath ? -1 : 1))) {
      const sub = mount.subPath ? `,path=${JSON.stringify(mount.subPath)}` : '';
      const how = `${mount.readOnly ? 'ro' : 'rw'}${sub}`;
      writer.line(level + 1, `${mount.mountPath} from ${mount.name} (${how})`);
    }
  }
}

const portText = (port: ContainerPort): string => `${port.containerPort}/${port.protocol ?? 'TCP'}`;
const hostPortText = (port: ContainerPort): string =>
  `${port.hostPort ?? 0}/${port.protocol ?? 'TCP'}`;

function describeState(writer: DescriptionWriter, level: number, status: ContainerStatus): void {
  for (const [title, state] of [
    ['State', status.state],
    ['Last State', status.lastState],
  ] as const) {
    if (!state || Object.keys(state).length === 0) continue;
    if (state.running) {
      writer.field(level, title, 'Running');
      writer.field(level + 1, 'Started', goTime(state.running.startedAt));
    } else if (state.terminated) {
      writer.field(level, title, 'Terminated');
      if (state.terminated.reason) writer.field(level + 1, 'Reason', state.terminated.reason);
      writer.field(level + 1, 'Exit Code', state.terminated.exitCode);
      writer.field(level + 1, 'Started', goTime(state.terminated.startedAt));
      writer.field(level + 1, 'Finished', goTime(state.terminated.finishedAt));
    } else {
      writer.field(level, title, 'Waiting');
      if (state.waiting?.reason) writer.field(level + 1, 'Reason', state.waiting.reason);
    }
  }
  writer.field(level, 'Ready', status.ready ? 'True' : 'False');
  writer.field(level, 'Restart Count', status.restartCount);
}

function describeSources(writer: DescriptionWriter, level: number, container: Container): void {
  const sources = container.envFrom ?? [];
  if (sources.length === 0) return;
  writer.line(level, 'Environment Variables from:');
  for (const { configMapRef, secretRef, prefix } of sources) {
    const kind = configMapRef === undefined ? 'Secret' : 'ConfigMap';
    const { name = '', optional = false } = configMapRef ?? secretRef ?? {};
    const prefixed = prefix ? ` with prefix '${prefix}'` : '';
    writer.line(level + 1, `${name}\t${kind}${prefixed}\tOptional: ${optional}`);
  }
}

function describeEnvironment(
  writer: DescriptionWriter,
  level: number,
  { container, pod }: Pick<ContainerAbout, 'container' | 'pod'>,
): void {
  const variables = container.env ?? [];
  if (variables.length === 0) {
    writer.field(level, 'Environment', undefined);
    return;
  }
  writer.line(level, 'Environment:');
  for (const variable of variables) {
    writer.line(level + 1, `${variable.name}:\t${variableText(variable, pod)}`);
  }
}

function variableText({ value = '', valueFrom }: EnvVar, pod: Pod | undefined): string {
  if (valueFrom === undefined) return value.replaceAll('\n', '\n\t');
  const { fieldRef, secretKeyRef, configMapKeyRef, resourceFieldRef } = valueFrom;
  if (fieldRef !== undefined) {
    const resolved = pod === undefined ? '' : podField(pod, fieldRef.fieldPath);
    return `${resolved} (${fieldRef.apiVersion ?? 'v1'}:${fieldRef.fieldPath})`;
  }
  if (resourceFieldRef !== undefined) return ` (${resourceFieldRef.resource})`;
  const [ref, kind] =
    secretKeyRef === undefined ? [configMapKeyRef, 'config map'] : [secretKeyRef, 'secret'];
  const optional = ref?.optional ?? false;
  return `<set to the key '${ref?.key}' in ${kind} '${ref?.name}'>  Optional: ${optional}`
    .replace(' in config map', ' of config map')
    .replace('>  Optional', '>\tOptional');
}

function podField({ metadata, spec, status }: Pod, path: string): string {
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': spec.nodeName,
    'spec.serviceAccountName': spec.serviceAccountName,
    'status.hostIP': status?.hostIP,
    'status.podIP': status?.podIP,
  };
  return fields[path] ?? '';
}
