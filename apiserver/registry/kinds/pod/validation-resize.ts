/** Changes of a pod through its resize subresource (KEP-1287). */
import { deepEqual } from '../../../../api/deep.ts';
import { type FieldError, forbidden, invalid } from '../../../../api/field-errors.ts';
import type { Container, Pod, PodSpec } from '../../../../api/types/core-v1.ts';
import type { ResourceList } from '../resource-list.ts';
import { qosClass } from './qos.ts';
import { validatePodSpec } from './validation.ts';

/** How Kubernetes writes the path of a whole object. */
const WHOLE = '[]';
const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';
const lists = ['containers', 'initContainers'] as const;
type ListName = (typeof lists)[number];

/** A sidecar: it runs beside the others, and is resized as they are. */
const isSidecar = ({ restartPolicy }: Container): boolean => restartPolicy === 'Always';

const hasOwnResources = ({ spec: { resources } }: Pod): boolean =>
  Object.keys({ ...resources?.requests, ...resources?.limits }).length > 0;

export function validatePodResize(pod: Pod, old: Pod): FieldError[] {
  if (hasOwnResources(pod) || hasOwnResources(old))
    return [forbidden(WHOLE, 'pods with pod-level resources cannot be resized')];
  if (old.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined)
    return [forbidden(WHOLE, 'static pods cannot be resized')];
  if (old.spec.os?.name === 'windows') return [forbidden(WHOLE, 'windows pods cannot be resized')];
  const errors = validatePodSpec(pod.spec, 'spec', pod);
  const before = old.status?.qosClass ?? qosClass(old.spec);
  if (qosClass(pod.spec) !== before) {
    const detail = 'Pod QOS Class may not change as a result of resizing';
    errors.push(invalid('spec', before, detail));
  }
  if (!isSupported(old))
    errors.push(forbidden('spec', 'Pod running on node without support for resize'));
  const moved = lists.flatMap((list) => validateOrder(pod.spec, old.spec, list));
  if (moved.length > 0) return [...errors, ...moved];
  return [
    ...errors,
    ...lists.toReversed().flatMap((list) => validateRemovals(pod.spec, old.spec, list)),
    ...lists.flatMap((list) => validateMutations(pod.spec, old.spec, list)),
  ];
}

/** A node's agent that can resize says of running containers what they really have. */
function isSupported({ status }: Pod): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

function validateOrder(spec: PodSpec, old: PodSpec, list: ListName): FieldError[] {
  const [now = [], before = []] = [spec[list], old[list]];
  if (now.length !== before.length)
    return [forbidden(`spec.${list}`, `${list} may not be added or removed on resize`)];
  return before.flatMap(({ name }, i) => {
    if (now[i]!.name === name) return [];
    const detail = `${list} may not be renamed or reordered on resize`;
    return [forbidden(`spec.${list}[${i}].name`, detail)];
  });
}

function validateRemovals(spec: PodSpec, old: PodSpec, list: ListName): FieldError[] {
  const resized = (container: Container): boolean => list === 'containers' || isSidecar(container);
  return (old[list] ?? []).flatMap((before, i) => {
    if (!resized(before)) return [];
    const now = spec[list]![i]!.resources ?? {};
    return (['requests', 'limits'] as const).flatMap((part) => {
      const kept = Object.keys(before.resources?.[part] ?? {}).every((name) =>
        Object.hasOwn(now[part] ?? {}, name),
      );
      if (kept) return [];
      const field = `spec.${list}[${i}].resources.${part}`;
      return [forbidden(field, `resource ${part} cannot be removed`)];
    });
  });
}

/** Cpu and memory may change, and nothing else; claims on devices may not be there at all. */
function validateMutations(spec: PodSpec, old: PodSpec, list: ListName): FieldError[] {
  return (old[list] ?? []).flatMap((before, i) => {
    const now = spec[list]![i]!;
    if (list === 'initContainers' && !isSidecar(now)) {
      if (deepEqual(now, before)) return [];
      return [forbidden('spec', 'resources for non-sidecar init containers are immutable')];
    }
    const claims = [...(now.resources?.claims ?? []), ...(before.resources?.claims ?? [])];
    if (claims.length === 0 && deepEqual(comparable(now, before), comparable(before, before)))
      return [];
    const whose = list === 'initContainers' ? ' for sidecar containers' : '';
    return [forbidden('spec', `only cpu and memory resources${whose} are mutable`)];
  });
}

/** Without cpu and memory; a list that was not there before is not looked at. */
function comparable({ resources = {}, ...container }: Container, before: Container): object {
  const { limits, requests } = before.resources ?? {};
  return {
    ...container,
    limits: limits && others(resources.limits),
    requests: requests && others(resources.requests),
  };
}

function others(list: ResourceList = {}): ResourceList {
  const { cpu: _cpu, memory: _memory, ...rest } = list;
  return rest;
}
