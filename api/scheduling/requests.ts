import { milliValue, wholeValue } from '../quantity.ts';
import type { Container, Pod } from '../types/core-v1.ts';

/**
 * What a pod asks for, or a node offers, as plain numbers: scheduler and node agent add and
 * compare them far too often to go through quantity text each time.
 */
export interface Resources {
  readonly milliCpu: number;
  /** Bytes. */
  readonly memory: number;
  /** Bytes. */
  readonly ephemeralStorage: number;
  /** Extended resources and huge pages, by name. */
  readonly scalars: ReadonlyMap<string, number>;
}

/** Of a resource by its name; 0 if it is not among them. */
export function amountOf(resources: Resources, name: string): number {
  switch (name) {
    case 'cpu':
      return resources.milliCpu;
    case 'memory':
      return resources.memory;
    case 'ephemeral-storage':
      return resources.ephemeralStorage;
    default:
      return resources.scalars.get(name) ?? 0;
  }
}

/** Extended resources and huge pages: neither cpu, memory nor storage. */
export const isScalar = (name: string): boolean =>
  name !== 'cpu' && name !== 'memory' && name !== 'ephemeral-storage';

type Quantities = Readonly<Record<string, string | number>> | undefined;

const noScalars: ReadonlyMap<string, number> = new Map();

export const noResources: Resources = {
  milliCpu: 0,
  memory: 0,
  ephemeralStorage: 0,
  scalars: noScalars,
};

/** What a container without a request counts as when nodes are scored (never when filtered). */
const scoringDefaults = { cpu: '100m', memory: '200Mi' } as const;

/**
 * Fractions round up, as in Kubernetes: half a byte asked for is a byte. `pods` is not a request.
 */
export function resourcesOf(quantities: Quantities): Resources {
  if (quantities === undefined) return noResources;
  let milliCpu = 0;
  let memory = 0;
  let ephemeralStorage = 0;
  let scalars: Map<string, number> | undefined;
  for (const name in quantities) {
    const quantity = quantities[name]!;
    if (name === 'cpu') milliCpu = milliValue(quantity);
    else if (name === 'memory') memory = wholeValue(quantity);
    else if (name === 'ephemeral-storage') ephemeralStorage = wholeValue(quantity);
    else if (name !== 'pods') (scalars ??= new Map()).set(name, wholeValue(quantity));
  }
  return { milliCpu, memory, ephemeralStorage, scalars: scalars ?? noScalars };
}

/** A running sum of {@link Resources}. */
export class ResourceTotals implements Resources {
  milliCpu = 0;
  memory = 0;
  ephemeralStorage = 0;
  readonly scalars = new Map<string, number>();

  add(resources: Resources, sign: 1 | -1): void {
    this.milliCpu += sign * resources.milliCpu;
    this.memory += sign * resources.memory;
    this.ephemeralStorage += sign * resources.ephemeralStorage;
    if (resources.scalars.size === 0) return;
    for (const [name, amount] of resources.scalars)
      this.scalars.set(name, (this.scalars.get(name) ?? 0) + sign * amount);
  }
}

function combine(a: Resources, b: Resources, how: (x: number, y: number) => number): Resources {
  if (a === noResources && b === noResources) return noResources;
  let scalars = a.scalars;
  if (b.scalars.size > 0) {
    const merged = new Map(a.scalars);
    for (const [name, amount] of b.scalars) merged.set(name, how(merged.get(name) ?? 0, amount));
    scalars = merged;
  }
  return {
    milliCpu: how(a.milliCpu, b.milliCpu),
    memory: how(a.memory, b.memory),
    ephemeralStorage: how(a.ephemeralStorage, b.ephemeralStorage),
    scalars,
  };
}

const sum = (x: number, y: number): number => x + y;

function total(pod: Pod, requestsOf: (container: Container) => Quantities): Resources {
  let running = noResources;
  for (const container of pod.spec.containers)
    running = combine(running, resourcesOf(requestsOf(container)), sum);
  // Init containers run one after another, each beside the sidecars started before it.
  let sidecars = noResources;
  let peak = noResources;
  for (const container of pod.spec.initContainers ?? []) {
    const requests = resourcesOf(requestsOf(container));
    if (container.restartPolicy === 'Always') {
      running = combine(running, requests, sum);
      sidecars = combine(sidecars, requests, sum);
      peak = combine(peak, sidecars, Math.max);
    } else {
      peak = combine(peak, combine(requests, sidecars, sum), Math.max);
    }
  }
  return combine(running, peak, Math.max);
}

/** Requests on the pod itself (KEP-2837) replace what its containers add up to. */
function withPodLevel(pod: Pod, resources: Resources): Resources {
  const requests = pod.spec.resources?.requests;
  if (requests === undefined) return resources;
  const own = resourcesOf(requests);
  return {
    milliCpu: requests['cpu'] === undefined ? resources.milliCpu : own.milliCpu,
    memory: requests['memory'] === undefined ? resources.memory : own.memory,
    ephemeralStorage: resources.ephemeralStorage,
    scalars: new Map([...resources.scalars, ...own.scalars]),
  };
}

/** The most the pod holds at any time: max(containers + sidecars, any init step) + overhead. */
export function podRequests(pod: Pod): Resources {
  const requests = withPodLevel(
    pod,
    total(pod, (container) => container.resources?.requests),
  );
  return combine(requests, resourcesOf(pod.spec.overhead), sum);
}

/** As {@link podRequests}, each container without a cpu or memory request counting the default. */
export function scoringRequests(pod: Pod): Resources {
  const requests = withPodLevel(
    pod,
    total(pod, (container) => ({ ...scoringDefaults, ...container.resources?.requests })),
  );
  return combine(requests, resourcesOf(pod.spec.overhead), sum);
}
