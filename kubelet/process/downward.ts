/** The downward API: what a container may learn of its pod and of its own resources. */
import { parseQuantity } from '../../api/quantity.ts';
import type { Container, Pod, ResourceFieldSelector } from '../../api/types/core-v1.ts';
import { ContainerConfigError } from './config-error.ts';

/** Where the pod runs: its status may not say so yet. */
export interface PodPlace {
  readonly podIp: string;
  readonly hostIp: string;
  /** Of the node: what a container without limits may use. */
  readonly allocatable: Readonly<Record<string, string | number>>;
}

const KEYED = /^metadata\.(labels|annotations)\['(.+)'\]$/;

/** Lines of `key="value"`, as in a downward volume. */
function lines(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

export function fieldOf(pod: Pod, place: PodPlace, path: string): string {
  const { metadata, spec } = pod;
  const [, list, key] = KEYED.exec(path) ?? [];
  if (list !== undefined) return metadata[list as 'labels' | 'annotations']?.[key!] ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata.name ?? '';
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid ?? '';
    case 'metadata.labels':
      return lines(metadata.labels);
    case 'metadata.annotations':
      return lines(metadata.annotations);
    case 'spec.nodeName':
      return spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return place.hostIp;
    case 'status.podIP':
    case 'status.podIPs':
      return place.podIp;
    default:
      throw new ContainerConfigError(`unsupported fieldPath: ${path}`);
  }
}

/** A whole number of divisors, rounded up. Without a limit, what the node has. */
export function resourceOf(
  container: Container,
  place: PodPlace,
  { resource, divisor }: ResourceFieldSelector,
): string {
  const [list, name = ''] = resource.split(/\.(.*)/s);
  const { limits, requests } = container.resources ?? {};
  const amount =
    list === 'requests'
      ? (requests?.[name] ?? 0)
      : (limits?.[name] ?? place.allocatable[name] ?? 0);
  const one = divisor === undefined || Number(divisor) === 0 ? '1' : divisor;
  const each = parseQuantity(one).nano;
  const { nano } = parseQuantity(amount);
  return String((nano + each - 1n) / each);
}
