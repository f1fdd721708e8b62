import type {
  Container,
  ContainerPort,
  ContainerStatus,
  PodTemplateSpec,
} from '../../api/types/core-v1.ts';
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
  const volumes = template.spec?.volumes ?? [];
  if (volumes.length === 0) writer.field(1, 'Volumes', undefined);
  else writer.field(1, 'Volumes', volumes.map((volume) => volume.name).join(', '));
  const selector = Object.entries(template.spec?.nodeSelector ?? {}).map(([k, v]) => `${k}=${v}`);
  writer.field(1, 'Node-Selectors', selector.join(', '));
  writer.field(
    1,
    'Tolerations',
    (template.spec?.tolerations ?? []).map((t) => t.key ?? '').join(', '),
  );
}

interface ContainerList {
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
    describeContainer(writer, 2, { container, status });
  }
}

function describeContainer(
  writer: DescriptionWriter,
  level: number,
  { container, status }: { container: Container; status: ContainerStatus | undefined },
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
  describeEnvironment(writer, level, container);
  const mounts = container.volumeMounts ?? [];
  if (mounts.length === 0) writer.field(level, 'Mounts', undefined);
  else {
    writer.line(level, 'Mounts:');
    for (const mount of mounts) {
      writer.line(
        level + 1,
        `${mount.mountPath} from ${mount.name} (${mount.readOnly ? 'ro' : 'rw'})`,
      );
    }
  }
}

const portText = (port: ContainerPort): string =>
  `${port.containerPort}/${port.protocol ?? 'TCP'}${port.name ? ` (${port.name})` : ''}`;
const hostPortText = (port: ContainerPort): string =>
  `${port.hostPort ?? 0}/${port.protocol ?? 'TCP'}${port.name ? ` (${port.name})` : ''}`;

function describeState(writer: DescriptionWriter, level: number, status: ContainerStatus): void {
  for (const [title, state] of [
    ['State', status.state],
    ['Last State', status.lastState],
  ] as const) {
    if (!state || Object.keys(state).length === 0) continue;
    if (state.running) {
      writer.field(level, title, 'Running');
      writer.field(level + 1, 'Started', state.running.startedAt);
    } else if (state.terminated) {
      writer.field(level, title, 'Terminated');
      if (state.terminated.reason) writer.field(level + 1, 'Reason', state.terminated.reason);
      writer.field(level + 1, 'Exit Code', state.terminated.exitCode);
      writer.field(level + 1, 'Started', state.terminated.startedAt);
      writer.field(level + 1, 'Finished', state.terminated.finishedAt);
    } else {
      writer.field(level, title, 'Waiting');
      if (state.waiting?.reason) writer.field(level + 1, 'Reason', state.waiting.reason);
    }
  }
  writer.field(level, 'Ready', status.ready ? 'True' : 'False');
  writer.field(level, 'Restart Count', status.restartCount);
}

function describeEnvironment(writer: DescriptionWriter, level: number, container: Container): void {
  const variables = container.env ?? [];
  if (variables.length === 0) {
    writer.field(level, 'Environment', undefined);
    return;
  }
  writer.line(level, 'Environment:');
  for (const variable of variables) {
    const from = variable.valueFrom;
    const shown =
      from?.fieldRef !== undefined
        ? `(${from.fieldRef.apiVersion ?? 'v1'}:${from.fieldRef.fieldPath})`
        : from?.secretKeyRef !== undefined
          ? `<set to the key '${from.secretKeyRef.key}' in secret '${from.secretKeyRef.name}'>`
          : from?.configMapKeyRef !== undefined
            ? `<set to the key '${from.configMapKeyRef.key}' of config map ` +
              `'${from.configMapKeyRef.name}'>`
            : (variable.value ?? '');
    writer.line(level + 1, `${variable.name}:\t${shown}`);
  }
}
