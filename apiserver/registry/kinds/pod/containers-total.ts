import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  type Quantity,
} from '../../../../api/quantity.ts';
import type { Container, PodSpec } from '../../../../api/types/core-v1.ts';

type Quantities = ReadonlyMap<string, Quantity>;
type Combine = (a: Quantity, b: Quantity) => Quantity;

/** What the containers hold at most: sidecars beside all, other init containers one at a time. */
export function containersTotal(spec: PodSpec, which: 'requests' | 'limits'): Quantities {
  const of = (container: Container): Quantities => {
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
