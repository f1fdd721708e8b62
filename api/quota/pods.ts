import { parseTime } from '../time.ts';
import type {
  Container,
  Pod,
  PodAffinityTerm,
  ScopedResourceSelectorRequirement,
} from '../types/core-v1.ts';
import type { Quantity } from '../quantity.ts';
import { type Amounts, amountsOf, count } from './amounts.ts';
import { countName, type Evaluator } from './evaluator.ts';
import { podTotal } from './pod-resources.ts';
import { selects } from './scopes.ts';

const COUNT = countName({ group: '', resource: 'pods' });

const compute = ['cpu', 'memory', 'ephemeral-storage'] as const;

const names = new Set([
  COUNT,
  'pods',
  ...compute.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
]);

const isNative = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');

function covers(name: string): boolean {
  return (
    names.has(name) ||
    name.startsWith('hugepages-') ||
    name.startsWith('requests.hugepages-') ||
    (name.startsWith('requests.') && !isNative(name))
  );
}

/** What requests and limits are in the words of quotas. */
function computeUsage(requests: Amounts, limits: Amounts): Map<string, Quantity> {
  const used = new Map([['pods', count(1)]]);
  for (const name of compute) {
    const request = requests.get(name);
    if (request !== undefined) used.set(name, request).set(`requests.${name}`, request);
    const limit = limits.get(name);
    if (limit !== undefined) used.set(`limits.${name}`, limit);
  }
  for (const [name, request] of requests) {
    if (name.startsWith('hugepages-')) used.set(name, request).set(`requests.${name}`, request);
    else if (!isNative(name)) used.set(`requests.${name}`, request);
  }
  return used;
}

/** A pod that has ended, or should have, holds nothing any more. */
function isOver({ status, metadata }: Pod, nowMs: number): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return true;
  const { deletionTimestamp, deletionGracePeriodSeconds: grace } = metadata;
  if (deletionTimestamp === undefined || grace === undefined) return false;
  return nowMs > (parseTime(deletionTimestamp) ?? nowMs) + grace * 1_000;
}

function usage(pod: Pod, nowMs: number): Amounts {
  if (isOver(pod, nowMs)) return new Map([[COUNT, count(1)]]);
  const used = computeUsage(podTotal(pod.spec, 'requests'), podTotal(pod.spec, 'limits'));
  return used.set(COUNT, count(1));
}

function isBestEffort({ spec, status }: Pod): boolean {
  if (status?.qosClass !== undefined) return status.qosClass === 'BestEffort';
  const holders = spec.resources
    ? [{ resources: spec.resources }]
    : [...spec.containers, ...(spec.initContainers ?? [])];
  return holders.every(({ resources }) =>
    [amountsOf(resources?.requests), amountsOf(resources?.limits)].every((amounts) =>
      ['cpu', 'memory'].every((name) => (amounts.get(name)?.nano ?? 0n) <= 0n),
    ),
  );
}

function spansNamespaces({ spec: { affinity = {} } }: Pod): boolean {
  const spans = ({ namespaces, namespaceSelector }: PodAffinityTerm): boolean =>
    (namespaces?.length ?? 0) > 0 || namespaceSelector !== undefined;
  return [affinity.podAffinity, affinity.podAntiAffinity].some(
    (terms) =>
      terms?.requiredDuringSchedulingIgnoredDuringExecution?.some(spans) ||
      terms?.preferredDuringSchedulingIgnoredDuringExecution?.some((term) =>
        spans(term.podAffinityTerm),
      ),
  );
}

const isTerminating = ({ spec }: Pod): boolean => spec.activeDeadlineSeconds !== undefined;

function inScope(pod: Pod, scope: ScopedResourceSelectorRequirement): boolean {
  switch (scope.scopeName) {
    case 'Terminating':
      return isTerminating(pod);
    case 'NotTerminating':
      return !isTerminating(pod);
    case 'BestEffort':
      return isBestEffort(pod);
    case 'NotBestEffort':
      return !isBestEffort(pod);
    case 'PriorityClass':
      return selects(scope, [pod.spec.priorityClassName ?? '']);
    case 'CrossNamespacePodAffinity':
      return spansNamespaces(pod);
    default:
      return false;
  }
}

/** A mistake that Kubernetes keeps for old quotas: these must be said by every container. */
const mustBeSaid = new Set([
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
]);

function missing({ spec }: Pod, limited: readonly string[]): string | undefined {
  const needed = limited.filter((name) => mustBeSaid.has(name)).sort();
  if (needed.length === 0) return undefined;
  const ofPod = computeUsage(
    amountsOf(spec.resources?.requests),
    amountsOf(spec.resources?.limits),
  );
  const says = ({ resources }: Container): Amounts =>
    computeUsage(amountsOf(resources?.requests), amountsOf(resources?.limits));
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  const faults = needed
    .filter((name) => !ofPod.has(name))
    .map((name) => ({
      name,
      silent: containers.filter((container) => !says(container).has(name)),
    }))
    .filter(({ silent }) => silent.length > 0)
    .map(({ name, silent }) => {
      const of = [...new Set(silent.map((container) => container.name))].sort();
      return `${name} for: ${of.join(',')}`;
    });
  return faults.length === 0 ? undefined : `must specify ${faults.join('; ')}`;
}

/** A deadline brings a pod into another scope. */
const grows = (pod: Pod, old: Pod): boolean => isTerminating(pod) !== isTerminating(old);

export const podEvaluator: Evaluator<Pod> = { covers, usage, inScope, missing, grows };
