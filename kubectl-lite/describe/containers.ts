import type {
  Container,
  ContainerPort,
  ContainerStatus,
  EnvVar,
  EphemeralContainer,
  Pod,
} from '../../api/types/core-v1.ts';
import { parseQuantity } from '../../api/quantity.ts';
import { goTime } from './go-time.ts';
import { probeText } from './probe.ts';
import type { DescriptionWriter } from './writer.ts';

export interface ContainerList {
  /** The pod itself, whose fields variables may be made of. */
  readonly pod?: Pod;
  readonly level: number;
  readonly containers: readonly (Container | EphemeralContainer)[] | undefined;
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
  readonly container: Container | EphemeralContainer;
  readonly status: ContainerStatus | undefined;
  readonly pod: Pod | undefined;
}

function describeContainer(
  writer: DescriptionWriter,
  level: number,
  { container, status, pod }: ContainerAbout,
): void {
  if (status) writer.bare(level, 'Container ID', status.containerID);
  writer.bare(level, 'Image', container.image);
  if (status) writer.bare(level, 'Image ID', status.imageID);
  const ports = container.ports ?? [];
  writer.field(level, ports.length > 1 ? 'Ports' : 'Port', ports.map(portText).join(', '));
  writer.field(
    level,
    ports.length > 1 ? 'Host Ports' : 'Host Port',
    ports.map(hostPortText).join(', '),
  );
  const seccomp = container.securityContext?.seccompProfile;
  if (seccomp !== undefined) writer.field(level, 'SeccompProfile', seccomp.type);
  if (seccomp?.localhostProfile) {
    writer.field(level + 1, 'LocalhostProfile', seccomp.localhostProfile);
  }
  for (const [title, words] of [
    ['Command', container.command],
    ['Args', container.args],
  ] as const) {
    if (!words || words.length === 0) continue;
    writer.line(level, `${title}:`);
    for (const line of words.flatMap((word) => word.split('\n'))) writer.line(level + 1, line);
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
  describeMounts(writer, level, container);
}

function describeMounts(
  writer: DescriptionWriter,
  level: number,
  { volumeMounts: mounts = [], volumeDevices: devices = [] }: ContainerAbout['container'],
): void {
  if (mounts.length === 0) writer.field(level, 'Mounts', undefined);
  else {
    writer.line(level, 'Mounts:');
    for (const mount of [...mounts].sort((a, b) => (a.mountPath < b.mountPath ? -1 : 1))) {
      const sub = mount.subPath ? `,path=${JSON.stringify(mount.subPath)}` : '';
      const how = `${mount.readOnly ? 'ro' : 'rw'}${sub}`;
      writer.line(level + 1, `${mount.mountPath} from ${mount.name} (${how})`);
    }
  }
  if (devices.length === 0) return;
  writer.line(level, mounts.length === 0 ? 'Devices:\t<none>' : 'Devices:');
  for (const device of [...devices].sort((a, b) => (a.devicePath < b.devicePath ? -1 : 1))) {
    writer.line(level + 1, `${device.devicePath} from ${device.name}`);
  }
}

const portText = (port: ContainerPort): string => `${port.containerPort}/${port.protocol ?? 'TCP'}`;
const hostPortText = (port: ContainerPort): string =>
  `${port.hostPort ?? 0}/${port.protocol ?? 'TCP'}`;

function describeState(writer: DescriptionWriter, level: number, status: ContainerStatus): void {
  for (const [title, state] of [
    ['State', status.state ?? {}],
    ['Last State', status.lastState ?? {}],
  ] as const) {
    if (title === 'Last State' && !state.terminated) continue;
    if (state.running) {
      writer.field(level, title, 'Running');
      writer.field(level + 1, 'Started', goTime(state.running.startedAt));
    } else if (state.terminated) {
      writer.field(level, title, 'Terminated');
      const { reason, message, exitCode, signal } = state.terminated;
      if (reason) writer.field(level + 1, 'Reason', reason);
      if (message) writer.field(level + 1, 'Message', message);
      writer.field(level + 1, 'Exit Code', exitCode);
      if (signal) writer.field(level + 1, 'Signal', signal);
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

function describeSources(
  writer: DescriptionWriter,
  level: number,
  { envFrom: sources = [] }: ContainerAbout['container'],
): void {
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
    writer.line(level + 1, `${variable.name}:\t${variableText(variable, { container, pod })}`);
  }
}

function variableText(
  { value = '', valueFrom }: EnvVar,
  { container, pod }: Pick<ContainerAbout, 'container' | 'pod'>,
): string {
  if (valueFrom === undefined) return value.replaceAll('\n', '\n      \t');
  const { fieldRef, secretKeyRef, configMapKeyRef, resourceFieldRef } = valueFrom;
  if (fieldRef !== undefined) {
    const resolved = pod === undefined ? '' : podField(pod, fieldRef.fieldPath);
    return `${resolved} (${fieldRef.apiVersion ?? 'v1'}:${fieldRef.fieldPath})`;
  }
  if (resourceFieldRef !== undefined) {
    const { resource, divisor = '1' } = resourceFieldRef;
    return `${resourceText(container, resource, String(divisor))} (${resource})`;
  }
  const [ref, where] =
    secretKeyRef === undefined ? [configMapKeyRef, 'of config map'] : [secretKeyRef, 'in secret'];
  const optional = ref?.optional ?? false;
  return `<set to the key '${ref?.key}' ${where} '${ref?.name}'>\tOptional: ${optional}`;
}

/** An amount in units of `divisor`, rounded up, as the container will see it. */
function resourceText(
  { resources }: ContainerAbout['container'],
  resource: string,
  divisor: string,
): string {
  const [bound = '', name = ''] = resource.split('.');
  const amounts = bound === 'limits' ? resources?.limits : resources?.requests;
  const amount = amounts?.[name];
  const unit = parseQuantity(divisor === '0' ? '1' : divisor).nano;
  const units = amount === undefined ? 0n : (parseQuantity(amount).nano + unit - 1n) / unit;
  if (units === 0n && ['limits.cpu', 'limits.memory'].includes(resource)) return 'node allocatable';
  return String(units);
}

/** kubectl knows these two fields; of all others it shows the path alone. */
function podField({ metadata }: Pod, path: string): string {
  if (path === 'metadata.name') return metadata.name ?? '';
  return path === 'metadata.namespace' ? (metadata.namespace ?? '') : '';
}
