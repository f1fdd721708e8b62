import type { Container, PodSpec } from '../types/core-v1.ts';
import type { Quantity } from '../quantity.ts';
import { addTo, amountsOf, type Amounts, raiseTo } from './amounts.ts';

export type Side = 'requests' | 'limits';

/** What can be given for a pod as a whole (KEP-2837). */
export const isPodLevel = (name: string): boolean =>
  name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

/**
 * What a pod's containers ask for at most at any time, in exact quantities: those that run on and
 * the sidecars, or the step of initialization that needs more.
 */
export function containersTotal(spec: PodSpec, side: Side): Map<string, Quantity> {
  const of = (container: Container): Amounts => amountsOf(container.resources?.[side]);
  const total = new Map<string, Quantity>();
  for (const container of spec.containers ?? []) addTo(total, of(container));
  const sidecars = new Map<string, Quantity>();
  const steps = new Map<string, Quantity>();
  for (const container of spec.initContainers ?? []) {
    const own = of(container);
    if (container.restartPolicy === 'Always') {
      addTo(total, own);
      addTo(sidecars, own);
      raiseTo(steps, sidecars);
    } else {
      const step = new Map(own);
      addTo(step, sidecars);
      raiseTo(steps, step);
    }
  }
  raiseTo(total, steps);
  return total;
}

/** The same for the pod: what is given for it as a whole counts instead. */
export function podTotal(
  spec: PodSpec,
  side: Side,
  options: { readonly overhead: boolean } = { overhead: true },
): Map<string, Quantity> {
  const total = containersTotal(spec, side);
  for (const [name, amount] of amountsOf(spec.resources?.[side]))
    if (isPodLevel(name)) total.set(name, amount);
  if (options.overhead) addOverhead(total, spec, side);
  return total;
}

/** Where there is no limit, what the pod costs besides makes none. */
function addOverhead(total: Map<string, Quantity>, spec: PodSpec, side: Side): void {
  const overhead = amountsOf(spec.overhead);
  if (side === 'limits')
    for (const name of overhead.keys())
      if ((total.get(name)?.nano ?? 0n) === 0n) overhead.delete(name);
  addTo(total, overhead);
}
