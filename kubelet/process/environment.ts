/** A container's variables, in the kubelet's order: services, envFrom, env; later ones win. */
import { namespaceOf } from '../../api/meta.ts';
import { services } from '../../api/resources.ts';
import type { Container, EnvFromSource, EnvVar, Pod } from '../../api/types/core-v1.ts';
import { ContainerConfigError } from './config-error.ts';
import { fieldOf, resourceOf, type PodPlace } from './downward.ts';
import { expand } from './expansion.ts';
import type { Keys, PodObjects } from './pod-objects.ts';
import { serviceEnvironment } from './service-environment.ts';

export interface EnvironmentSources {
  readonly pod: Pod;
  readonly container: Container;
  readonly place: PodPlace;
  readonly objects: PodObjects;
  /** What the runtime sets; the container's own win. */
  readonly base: Readonly<Record<string, string>>;
}

/** Rejects with {@link ContainerConfigError} where something the container names is missing. */
export async function environmentOf(sources: EnvironmentSources): Promise<Map<string, string>> {
  const { pod, container, objects, base } = sources;
  const visible = serviceEnvironment(await servicesOf(sources), {
    namespace: namespaceOf(pod),
    links: pod.spec.enableServiceLinks !== false,
  });
  const result = new Map(Object.entries(base));
  for (const source of container.envFrom ?? [])
    for (const [name, value] of await fromAll(source, objects)) result.set(name, value);
  for (const variable of container.env ?? []) {
    const value = await valueOf(variable, sources, (name) => result.get(name) ?? visible.get(name));
    if (value !== undefined) result.set(variable.name, value);
  }
  for (const [name, value] of visible) if (!result.has(name)) result.set(name, value);
  return result;
}

async function servicesOf({ pod, objects }: EnvironmentSources) {
  const own = await objects.client.list(services, { namespace: namespaceOf(pod) });
  if (namespaceOf(pod) === 'default') return own.items;
  const api = await objects.client.list(services, {
    namespace: 'default',
    fieldSelector: 'metadata.name=kubernetes',
  });
  return [...own.items, ...api.items];
}

async function fromAll(
  { configMapRef, secretRef, prefix = '' }: EnvFromSource,
  objects: PodObjects,
): Promise<[string, string][]> {
  const ref = configMapRef ?? secretRef;
  if (ref === undefined) return [];
  const name = ref.name ?? '';
  const keys = await (configMapRef === undefined ? objects.secret(name) : objects.configMap(name));
  if (keys === undefined) {
    if (ref.optional === true) return [];
    throw missing(configMapRef === undefined ? 'secret' : 'configmap', name);
  }
  return [...keys].map(([key, value]) => [prefix + key, value.toString('utf8')]);
}

/** Undefined: optional and not there. */
async function valueOf(
  { name: _name, value, valueFrom }: EnvVar,
  { pod, container, place, objects }: EnvironmentSources,
  lookup: (name: string) => string | undefined,
): Promise<string | undefined> {
  if (valueFrom === undefined) return expand(value ?? '', lookup);
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (fieldRef !== undefined) return fieldOf(pod, place, fieldRef.fieldPath);
  if (resourceFieldRef !== undefined) {
    const { containerName } = resourceFieldRef;
    const of = pod.spec.containers.find(({ name }) => name === containerName) ?? container;
    return resourceOf(of, place, resourceFieldRef);
  }
  if (configMapKeyRef !== undefined) {
    const keys = await objects.configMap(configMapKeyRef.name ?? '');
    return keyOf(keys, configMapKeyRef, { kind: 'ConfigMap', namespace: objects.namespace });
  }
  if (secretKeyRef !== undefined) {
    const keys = await objects.secret(secretKeyRef.name ?? '');
    return keyOf(keys, secretKeyRef, { kind: 'Secret', namespace: objects.namespace });
  }
  throw new ContainerConfigError('env.valueFrom.fileKeyRef is not supported');
}

function keyOf(
  keys: Keys | undefined,
  ref: { readonly name?: string; readonly key: string; readonly optional?: boolean },
  { kind, namespace }: { readonly kind: string; readonly namespace: string },
): string | undefined {
  const value = keys?.get(ref.key);
  if (value !== undefined) return value.toString('utf8');
  if (ref.optional === true) return undefined;
  if (keys === undefined) throw missing(kind.toLowerCase(), ref.name ?? '');
  throw new ContainerConfigError(
    `couldn't find key ${ref.key} in ${kind} ${namespace}/${ref.name}`,
  );
}

function missing(kind: string, name: string): ContainerConfigError {
  return new ContainerConfigError(`${kind} "${name}" not found`);
}
