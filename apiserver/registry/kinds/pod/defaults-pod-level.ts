/** Defaults of the resources of a pod as a whole (KEP-2837). */
import type { Mutable } from '../../../../api/meta.ts';
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
} from '../../../../api/quantity.ts';
import type { PodSpec } from '../../../../api/types/core-v1.ts';

type Quantities = ReadonlyMap<string, Quantity>;
type Combine = (a: Quantity, b: Quantity) => Quantity;

const HUGE_PAGES = 'hugepages-';
const isShared = (name: string): boolean => name === 'cpu' || name === 'memory';

/**
 * Limits of huge pages and requests that the pod does not state follow from its containers, other
 * requests from its own limits. Containers' defaults come first.
 */
export function defaultPodLevelResources(spec: Mutable<PodSpec>): void {
  const { resources } = spec;
  if (resources === undefined) return;
  const { limits = {}, requests = {} } = resources;
  if (Object.keys(limits).length === 0 && Object.keys(requests).length === 0) return;
  for (const [name, limit] of wholeOf(spec, 'limits')) {
    if (!name.startsWith(HUGE_PAGES) || requests[name] !== undefined) continue;
    limits[name] ??= formatQuantity(limit);
  }
  if (Object.keys(limits).length === 0) return;
  resources.limits = limits;
  for (const [name, request] of wholeOf(spec, 'requests'))
    if (isShared(name)) requests[name] ??= formatQuantity(request);
  for (const [name, limit] of Object.entries(limits))
    if (isShared(name) || name.startsWith(HUGE_PAGES)) requests[name] ??= limit;
  if (Object.keys(requests).length > 0) resources.requests = requests;
}

/** What the containers hold at most: sidecars beside all, other init containers one at a time. */
function wholeOf(spec: PodSpec, which: 'requests' | 'limits'): Quantities {
  const of = (container: PodSpec['containers'][number]): Quantities => {
    const stated = Object.entries(container.resources?.[which] ?? {});
    return new Map(stated.map(([name, quantity]) => [name, parseQuantity(quantity)]));
  };
  let running: Quantities = new Map();
  for (const container of spec.containers) running = merged(running, of(container), addQuantities);
  let sidecars: Quantities = new Map();
  let peak: Quantities = new Map();
  for (const container of spec.initContainers ?? []) {
    const beside = merged(of(container), sidecars, addQuantities);
    peak = merged(peak, beside, larger);
    if (container.restartPolicy !== 'Always') continue;
    running = merged(running, of(container), addQuantities);
    sidecars = beside;
  }
  return merged(running, peak, larger);
}

const larger: Combine = (a, b) => (compareQuantities(a, b) < 0 ? b : a);

function merged(a: Quantities, b: Quantities, combine: Combine): Quantities {
  const out = new Map(a);
  for (const [name, quantity] of b) {
    const other = out.get(name);
    out.set(name, other === undefined ? quantity : combine(other, quantity));
  }
  return out;
}
