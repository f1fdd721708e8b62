import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import type { Container, PodSpec } from '../../api/types/core-v1.ts';

/** Where the pod template's spec of a workload stands; undefined for what has none. */
export function podSpecPath(object: KubernetesObject): readonly string[] | undefined {
  if (object.kind === 'Pod') return ['spec'];
  if (object.kind === 'CronJob') return ['spec', 'jobTemplate', 'spec', 'template', 'spec'];
  const { template } = (object as { spec?: { template?: { spec?: unknown } } }).spec ?? {};
  return template?.spec === undefined ? undefined : ['spec', 'template', 'spec'];
}

/** A copy of the object whose pod spec was changed by `change`. */
export function withPodSpec(
  object: KubernetesObject,
  path: readonly string[],
  change: (spec: Mutable<PodSpec>) => void,
): KubernetesObject {
  const copy = structuredClone(object);
  let at: unknown = copy;
  for (const field of path) at = (at as Record<string, unknown>)[field];
  change(at as Mutable<PodSpec>);
  return copy;
}

/** The containers that `pattern` names: a name, or wildcards ("*", "web-*"). */
export function containersNamed(spec: Mutable<PodSpec>, pattern: string): Mutable<Container>[] {
  const expression = new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );
  const all = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  return all.filter((container) => expression.test(container.name));
}
