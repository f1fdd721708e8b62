/**
 * Which pods a node under pressure ends, as the kubelet ranks them (pkg/kubelet/eviction: those
 * above their requests first, then by priority, then by how far above). Usage is what annotations
 * declare.
 */
import {
  containerStorage,
  containerUsage,
  nodeStorage,
  nodeUsage,
  runningContainers,
} from '../../api/hollow-usage.ts';
import { formatQuantity, wholeValue } from '../../api/quantity.ts';
import { podRequests } from '../../api/scheduling/requests.ts';
import type { Container, Node, Pod } from '../../api/types/core-v1.ts';
import { isMirror } from '../static/static-pod.ts';
import { type PressedResource, type Threshold, thresholdBytes } from './thresholds.ts';

export interface Pressure {
  readonly resource: PressedResource;
  /** Before anything is done about it. */
  readonly available: number;
}

export interface Victim {
  readonly pod: Pod;
  /** What it has to go for. */
  readonly resource: PressedResource;
  readonly message: string;
}

export interface EvictionPlan {
  /** Resources of which less than their threshold is left. */
  readonly pressures: readonly Pressure[];
  /** In their order; no more than it takes. */
  readonly victims: readonly Victim[];
}

export interface Pressed {
  readonly thresholds: readonly Threshold[];
  readonly capacity: Readonly<Record<string, string>>;
  readonly node: Node | undefined;
  /** Those that are to go on. */
  readonly pods: readonly Pod[];
}

const SYSTEM_CRITICAL = 2_000_000_000;
const CONFIG_SOURCE = 'kubernetes.io/config.source';

/** Static pods, and those of the highest priorities: a node cannot do without them. */
export function isCritical(pod: Pod): boolean {
  const source = pod.metadata.annotations?.[CONFIG_SOURCE];
  const isStatic = source !== undefined && source !== 'api';
  return isStatic || isMirror(pod) || (pod.spec.priority ?? 0) >= SYSTEM_CRITICAL;
}

function usedBy(resource: PressedResource, pod: Pod, container: Container): number {
  return resource === 'memory'
    ? containerUsage(pod, container).memoryBytes
    : containerStorage(pod, container);
}

function podUsage(resource: PressedResource, pod: Pod): number {
  let sum = 0;
  for (const container of runningContainers(pod)) sum += usedBy(resource, pod, container);
  return sum;
}

function nodeOwn(resource: PressedResource, node: Node | undefined): number {
  if (node === undefined) return 0;
  return resource === 'memory' ? nodeUsage(node).memoryBytes : nodeStorage(node);
}

function requested(resource: PressedResource, pod: Pod): number {
  const { memory, ephemeralStorage } = podRequests(pod);
  return resource === 'memory' ? memory : ephemeralStorage;
}

const text = (bytes: number): string =>
  formatQuantity({ nano: BigInt(Math.round(bytes)) * 1_000_000_000n, format: 'BinarySI' });

const isUsage = (name: string): boolean =>
  name.endsWith('wherry.io/memory-usage') || name.endsWith('wherry.io/ephemeral-storage-usage');
const declaresUsage = ({ metadata }: Pod | Node): boolean =>
  Object.keys(metadata.annotations ?? {}).some(isUsage);

export function planEviction({ pods, ...others }: Pressed): EvictionPlan {
  const pressed = { ...others, pods: pods.filter(declaresUsage) };
  if (pressed.pods.length === 0 && (pressed.node === undefined || !declaresUsage(pressed.node)))
    return { pressures: [], victims: [] };
  const pressures: Pressure[] = [];
  // As the kubelet: memory before all others, and one resource at a time.
  let victims: readonly Victim[] = [];
  for (const threshold of pressed.thresholds) {
    const { resource } = threshold;
    const capacity = wholeValue(pressed.capacity[resource] ?? 0);
    const used = pressed.pods.reduce((sum, pod) => sum + podUsage(resource, pod), 0);
    const available = Math.max(0, capacity - used - nodeOwn(resource, pressed.node));
    const least = thresholdBytes(threshold, capacity);
    if (capacity === 0 || available >= least) continue;
    pressures.push({ resource, available });
    if (victims.length === 0) victims = victimsOf(pressed, { resource, least, available });
  }
  return { pressures, victims };
}

interface Shortage extends Pressure {
  readonly least: number;
}

function victimsOf({ pods }: Pressed, { resource, least, available }: Shortage): Victim[] {
  const ranked = pods
    .map((pod) => {
      const used = podUsage(resource, pod);
      return { pod, used, above: used - requested(resource, pod) };
    })
    .filter(({ pod, used }) => used > 0 && !isCritical(pod))
    .sort(
      (a, b) =>
        Number(b.above > 0) - Number(a.above > 0) ||
        (a.pod.spec.priority ?? 0) - (b.pod.spec.priority ?? 0) ||
        b.above - a.above,
    );
  const victims: Victim[] = [];
  let left = available;
  for (const { pod, used } of ranked) {
    if (left >= least) break;
    const message = messageOf(pod, { resource, least, available: left });
    victims.push({ pod, resource, message });
    left += used;
  }
  return victims;
}

function messageOf(pod: Pod, { resource, least, available }: Shortage): string {
  const above = runningContainers(pod).map((container) => {
    const used = usedBy(resource, pod, container);
    const request = container.resources?.requests?.[resource] ?? '0';
    if (used <= wholeValue(request)) return '';
    return (
      `Container ${container.name} was using ${text(used)}, request is ${request}, ` +
      `has larger consumption of ${resource}. `
    );
  });
  return (
    `The node was low on resource: ${resource}. ` +
    `Threshold quantity: ${text(least)}, available: ${text(available)}. ${above.join('')}`
  );
}
