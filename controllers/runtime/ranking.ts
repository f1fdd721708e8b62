/** Which pods go first when there are too many, in kube-controller-manager's order. */
import type { Pod } from '../../api/types/core-v1.ts';
import { podCondition, podReady, timeOf } from './pods.ts';

/** Annotation: an integer; the pod with the lower one goes first. */
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

const phaseOrder: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

interface Ranked {
  readonly pod: Pod;
  /** To delete another instead could make it two. */
  readonly removing: boolean;
  readonly assigned: boolean;
  readonly phase: number;
  readonly ready: boolean;
  readonly cost: number;
  /** Active pods of the same owner on its node. */
  readonly company: number;
  /** Ages are compared by powers of two: a minute's difference does not matter after a week. */
  readonly readyAge: number;
  readonly restarts: number;
  readonly age: number;
}

/**
 * The `count` pods to delete. `related` are the active pods that compete for nodes with these:
 * of those crowded together on a node, some go before those that are alone.
 */
export function podsToDelete(
  pods: readonly Pod[],
  related: readonly Pod[],
  options: {
    readonly count: number;
    readonly nowMs: number;
    readonly removing?: ReadonlySet<string>;
  },
): Pod[] {
  if (options.count >= pods.length) return [...pods];
  const company = new Map<string, number>();
  for (const { spec } of related) {
    if (spec.nodeName) company.set(spec.nodeName, (company.get(spec.nodeName) ?? 0) + 1);
  }
  return pods
    .map((pod) => rank(pod, company, options))
    .sort(goesFirst)
    .slice(0, options.count)
    .map(({ pod }) => pod);
}

function rank(
  pod: Pod,
  company: ReadonlyMap<string, number>,
  { nowMs, removing }: { readonly nowMs: number; readonly removing?: ReadonlySet<string> },
): Ranked {
  const ready = podReady(pod);
  return {
    pod,
    removing: removing?.has(pod.metadata.uid ?? '') ?? false,
    assigned: Boolean(pod.spec.nodeName),
    phase: phaseOrder[pod.status?.phase ?? 'Pending'] ?? 0,
    ready,
    cost: deletionCost(pod),
    company: company.get(pod.spec.nodeName ?? '') ?? 0,
    readyAge: ready ? ageBucket(podCondition(pod, 'Ready')?.lastTransitionTime, nowMs) : 0,
    restarts: Math.max(0, ...(pod.status?.containerStatuses ?? []).map((c) => c.restartCount)),
    age: ageBucket(pod.metadata.creationTimestamp, nowMs),
  };
}

/** Negative if `a` is to be deleted before `b`. */
function goesFirst(a: Ranked, b: Ranked): number {
  return (
    Number(b.removing) - Number(a.removing) ||
    Number(a.assigned) - Number(b.assigned) ||
    a.phase - b.phase ||
    Number(a.ready) - Number(b.ready) ||
    a.cost - b.cost ||
    b.company - a.company ||
    a.readyAge - b.readyAge ||
    b.restarts - a.restarts ||
    a.age - b.age ||
    ((a.pod.metadata.uid ?? '') < (b.pod.metadata.uid ?? '') ? -1 : 1)
  );
}

/** Grows with the age's power of two; an unknown time counts as just now. */
function ageBucket(time: string | undefined, nowMs: number): number {
  const at = timeOf(time);
  if (at === undefined || at >= nowMs) return 0;
  return Math.floor(Math.log2(nowMs - at)) + 1;
}

function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[DELETION_COST] ?? '';
  return /^-?\d+$/.test(text) ? Number(text) : 0;
}
