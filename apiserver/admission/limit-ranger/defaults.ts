import type { Mutable } from '../../../api/meta.ts';
import { canonicalQuantity } from '../../../api/quantity.ts';
import type { Container, LimitRange, Pod } from '../../../api/types/core-v1.ts';

const ANNOTATION = 'kubernetes.io/limit-ranger';

type Quantities = Record<string, string | number>;

/** The last item that says something counts. */
function standardOf({ spec }: LimitRange): { requests: Quantities; limits: Quantities } {
  const items = (spec.limits ?? []).filter(({ type }) => type === 'Container');
  const merged = (field: 'default' | 'defaultRequest'): Quantities =>
    Object.assign({}, ...items.map((item) => item[field] ?? {})) as Quantities;
  return { requests: merged('defaultRequest'), limits: merged('default') };
}

/** Fills in what is missing; answers the names, sorted. */
function fill(list: Quantities | undefined, standard: Quantities): [Quantities, string[]] {
  const filled = { ...list };
  const names = Object.keys(standard).filter((name) => !Object.hasOwn(filled, name));
  for (const name of names) filled[name] = canonicalQuantity(standard[name]!);
  return [filled, names.sort()];
}

/**
 * Gives containers what the range says they ask for when they say nothing, and notes in an
 * annotation what that was.
 */
export function applyLimitDefaults(range: LimitRange, pod: Mutable<Pod>): void {
  const { requests, limits } = standardOf(range);
  if (Object.keys(requests).length === 0 && Object.keys(limits).length === 0) return;
  const notes: string[] = [];
  const complete = (container: Mutable<Container>, what: string): void => {
    const { resources } = container;
    const [request, requested] = fill(resources?.requests, requests);
    const [limit, limited] = fill(resources?.limits, limits);
    if (requested.length + limited.length === 0) return;
    container.resources = { ...resources };
    if (requested.length > 0) container.resources.requests = request;
    if (limited.length > 0) container.resources.limits = limit;
    const note = (names: string[], kind: string): void => {
      if (names.length > 0) notes.push(`${names.join(', ')} ${kind} for ${what} ${container.name}`);
    };
    note(requested, 'request');
    note(limited, 'limit');
  };
  const spec = pod.spec as Mutable<Pod['spec']> | undefined;
  for (const container of spec?.containers ?? []) complete(container, 'container');
  for (const container of spec?.initContainers ?? []) complete(container, 'init container');
  if (notes.length === 0) return;
  const text = `LimitRanger plugin set: ${notes.join('; ')}`;
  pod.metadata.annotations = { ...pod.metadata.annotations, [ANNOTATION]: text };
}
