/** Containers, init containers and ephemeral containers. */
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notFound,
  required,
} from '../../../../api/field-errors.ts';
import type {
  Container,
  ContainerPort,
  ContainerResizePolicy,
  PodSpec,
} from '../../../../api/types/core-v1.ts';
import { portName, portNumber } from '../../../../api/validation/formats.ts';
import { dns1123Label } from '../../../../api/validation/names.ts';
import { check, oneOf } from '../checks.ts';
import { validateEnv, validateEnvFrom } from './validation-env.ts';
import { validateHandlers } from './validation-handler.ts';
import { validateVolumeDevices, validateVolumeMounts, type Volumes } from './validation-mounts.ts';
import { validateResources } from './validation-resources.ts';
import { validateSecurityContext } from './validation-security.ts';

const protocols = ['SCTP', 'TCP', 'UDP'];

/** What a container may refer to in its pod. */
export interface Surroundings {
  readonly spec: PodSpec;
  /** Path of the pod spec. */
  readonly field: string;
  readonly volumes: Volumes;
  readonly claims: ReadonlySet<string>;
}

function validatePorts(ports: readonly ContainerPort[], field: string): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap(({ name, containerPort, hostPort, protocol }, i) => {
    const at = `${field}[${i}]`;
    const errors: FieldError[] = [];
    if (name) {
      const problems = check(portName, name, `${at}.name`);
      errors.push(...problems);
      if (problems.length === 0 && names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    if (!containerPort) errors.push(required(`${at}.containerPort`));
    else errors.push(...check(portNumber, containerPort, `${at}.containerPort`));
    if (hostPort) errors.push(...check(portNumber, hostPort, `${at}.hostPort`));
    return [...errors, ...oneOf(protocol, protocols, { field: `${at}.protocol` })];
  });
}

function validateImage(image: string | undefined, field: string): FieldError[] {
  if (!image) return [required(field)];
  if (image.trim() === image) return [];
  return [invalid(field, image, 'must not have leading or trailing whitespace')];
}

const resizable = ['cpu', 'memory'];
const resizes = ['NotRequired', 'RestartContainer'];

/** Kubernetes' paths name the list alone, but for duplicates. */
function validateResizePolicy(
  policies: readonly ContainerResizePolicy[],
  { restartPolicy: ofPod }: PodSpec,
  field: string,
): FieldError[] {
  const seen = new Set<string>();
  return policies.flatMap(({ resourceName = '', restartPolicy = '' }, i) => {
    const errors: FieldError[] = [];
    if (seen.has(resourceName)) errors.push(duplicate(`${field}[${i}]`, resourceName));
    seen.add(resourceName);
    errors.push(...oneOf(resourceName, resizable, { field }));
    errors.push(...oneOf(restartPolicy, resizes, { field }));
    if (ofPod !== 'Never' || restartPolicy === 'NotRequired') return errors;
    const detail = "must be 'NotRequired' when `restartPolicy` is 'Never'";
    return [...errors, invalid(field, restartPolicy, detail)];
  });
}

/** What every kind of container must keep. */
function validateCommon(container: Container, pod: Surroundings, at: string): FieldError[] {
  const { name, image, resources } = container;
  return [
    ...(name ? check(dns1123Label, name, `${at}.name`) : [required(`${at}.name`)]),
    ...validateImage(image, `${at}.image`),
    ...oneOf(container.terminationMessagePolicy, ['File', 'FallbackToLogsOnError'], {
      asListed: true,
      field: `${at}.terminationMessagePolicy`,
    }),
    ...validatePorts(container.ports ?? [], `${at}.ports`),
    ...validateEnv(container.env, `${at}.env`),
    ...validateEnvFrom(container.envFrom, `${at}.envFrom`),
    ...validateVolumeMounts(container, pod.volumes, `${at}.volumeMounts`),
    ...validateVolumeDevices(container, pod.volumes, `${at}.volumeDevices`),
    ...oneOf(container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never'], {
      field: `${at}.imagePullPolicy`,
    }),
    ...validateResources(resources, `${at}.resources`, pod),
    ...validateResizePolicy(container.resizePolicy ?? [], pod.spec, `${at}.resizePolicy`),
    ...validateSecurityContext(container.securityContext, pod.spec, `${at}.securityContext`),
  ];
}

/** Two containers of one pod cannot listen on the same port of the node. */
function hostPortConflicts(containers: readonly Container[], field: string): FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap(({ ports = [] }, i) =>
    ports.flatMap(({ hostPort, hostIP = '', protocol }, j) => {
      if (!hostPort) return [];
      const socket = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(socket)) return [duplicate(`${field}[${i}].ports[${j}].hostPort`, socket)];
      taken.add(socket);
      return [];
    }),
  );
}

const graceOf = ({ spec }: Surroundings): number => spec.terminationGracePeriodSeconds ?? 0;

export function validateContainers(pod: Surroundings): FieldError[] {
  const field = `${pod.field}.containers`;
  const containers = pod.spec.containers ?? [];
  if (containers.length === 0) return [required(field)];
  const names = new Set<string>();
  const errors = containers.flatMap((container, i) => {
    const at = `${field}[${i}]`;
    const own = validateCommon(container, pod, at);
    if (names.has(container.name)) own.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    own.push(...validateHandlers(container, graceOf(pod), at));
    return own;
  });
  return [...errors, ...hostPortConflicts(containers, field)];
}

const sidecarOnly = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const;

export function validateInitContainers(pod: Surroundings): FieldError[] {
  const field = `${pod.field}.initContainers`;
  const names = new Set((pod.spec.containers ?? []).map(({ name }) => name));
  return (pod.spec.initContainers ?? []).flatMap((container, i) => {
    const at = `${field}[${i}]`;
    const { restartPolicy } = container;
    const errors = validateCommon(container, pod, at);
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    if (restartPolicy === 'Always') errors.push(...validateHandlers(container, graceOf(pod), at));
    else {
      const detail = 'may not be set for init containers without restartPolicy=Always';
      const set = sidecarOnly.filter((name) => container[name] !== undefined);
      errors.push(...set.map((name) => forbidden(`${at}.${name}`, detail)));
    }
    return [...errors, ...hostPortConflicts([container], field)];
  });
}

/** Joined later to look around: they promise nothing, so they may ask for nothing. */
const neverEphemeral = [
  'ports',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'resizePolicy',
] as const;

const NOT_EPHEMERAL = 'cannot be set for an Ephemeral Container';

export function validateEphemeralContainers(pod: Surroundings): FieldError[] {
  const { spec } = pod;
  const targets = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const names = new Set(targets.map(({ name }) => name));
  return (spec.ephemeralContainers ?? []).flatMap((container, i) => {
    const at = `${pod.field}.ephemeralContainers[${i}]`;
    const errors = validateCommon(container, pod, at);
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    const target = container.targetContainerName;
    if (target && !targets.some(({ name }) => name === target)) {
      errors.push(notFound(`${at}.targetContainerName`, target));
    }
    for (const name of neverEphemeral) {
      if (container[name] !== undefined) errors.push(forbidden(`${at}.${name}`, NOT_EPHEMERAL));
    }
    const { limits, requests } = container.resources ?? {};
    if (limits !== undefined || requests !== undefined) {
      errors.push(forbidden(`${at}.resources`, NOT_EPHEMERAL));
    }
    for (const [j, mount] of (container.volumeMounts ?? []).entries()) {
      for (const name of ['subPath', 'subPathExpr'] as const) {
        if (!mount[name]) continue;
        errors.push(forbidden(`${at}.volumeMounts[${j}].${name}`, NOT_EPHEMERAL));
      }
    }
    return errors;
  });
}
