/**
 * Eviction: a deletion that asks the pod's disruption budget first. A permission is taken from the
 * budget at once, so that no number of evictions can spend it twice; the disruption controller
 * gives it back when the pod is gone, or stays.
 */
import type { Mutable } from '../../../../api/meta.ts';
import { podDisruptionBudgets } from '../../../../api/resources.ts';
import { matchesLabelSelector } from '../../../../api/selector/label.ts';
import { StatusError, statusError } from '../../../../api/status.ts';
import { formatTime } from '../../../../api/time.ts';
import type { Pod } from '../../../../api/types/core-v1.ts';
import type {
  PodDisruptionBudget,
  PodDisruptionBudgetStatus,
} from '../../../../api/types/policy-v1.ts';
import type { Permit, PermitRequest, Subresource } from '../../declaration.ts';
import type { OtherResources } from '../../other-resources.ts';
import { withCondition } from './conditions.ts';

/** Permissions that the disruption controller may not have seen yet. */
const MAX_DISRUPTED_PODS = 2_000;
const RETRY_AFTER_SECONDS = 10;

function tooMany(message: string, retryAfterSeconds?: number): StatusError {
  return statusError(
    'TooManyRequests',
    "Cannot evict pod as it would violate the pod's disruption budget.",
    {
      causes: [{ reason: 'DisruptionBudget', message }],
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    },
  );
}

function beingProcessed(budget: string): StatusError {
  const message = `The disruption budget ${budget} is still being processed by the server.`;
  return tooMany(message, RETRY_AFTER_SECONDS);
}

function refused(budget: string, why: string): StatusError {
  const message = `poddisruptionbudget.policy ${JSON.stringify(budget)} is forbidden: ${why}`;
  return statusError('Forbidden', message, {
    name: budget,
    group: 'policy',
    kind: 'poddisruptionbudget',
  });
}

function checkBudget({ metadata, status }: PodDisruptionBudget): void {
  const { name = '', generation = 0 } = metadata;
  const { observedGeneration = 0, disruptionsAllowed = 0, disruptedPods = {} } = status ?? {};
  if (observedGeneration < generation) throw beingProcessed(name);
  if (disruptionsAllowed < 0) throw refused(name, 'pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > MAX_DISRUPTED_PODS) {
    const why = 'too many evictions not confirmed by PDB controller';
    throw refused(name, `DisruptedPods map too big - ${why}`);
  }
  if (disruptionsAllowed > 0) return;
  const { desiredHealthy = 0, currentHealthy = 0 } = status ?? {};
  const counts = `needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  throw tooMany(`The disruption budget ${name} ${counts}`);
}

function exhausted(status: PodDisruptionBudgetStatus, now: string) {
  const conditions = status.conditions ?? [];
  const old = conditions.find(({ type }) => type === 'DisruptionAllowed');
  const others = conditions.filter((each) => each !== old);
  const lastTransitionTime = old?.status === 'False' ? old.lastTransitionTime : now;
  const { observedGeneration } = status;
  const changed = {
    type: 'DisruptionAllowed',
    status: 'False',
    reason: 'InsufficientPods',
    message: '',
    lastTransitionTime,
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
  };
  return [...others, changed];
}

/** The budget with one disruption less, spent on `pod`. Throws StatusError if there is none. */
function spent(
  budget: PodDisruptionBudget,
  pod: string,
  nowMs: number,
): Mutable<PodDisruptionBudget> {
  checkBudget(budget);
  const status = budget.status!;
  const now = formatTime(nowMs);
  const disruptionsAllowed = status.disruptionsAllowed - 1;
  const after: PodDisruptionBudgetStatus = {
    ...status,
    disruptionsAllowed,
    disruptedPods: { ...status.disruptedPods, [pod]: now },
    ...(disruptionsAllowed > 0 ? {} : { conditions: exhausted(status, now) }),
  };
  const changed = { ...budget, metadata: { ...budget.metadata }, status: after };
  return changed as Mutable<PodDisruptionBudget>;
}

/** What has ended, or never ran, or is about to end, is no disruption. */
function isNoDisruption({ metadata, status }: Pod): boolean {
  if (metadata.deletionTimestamp !== undefined) return true;
  return ['Succeeded', 'Failed', 'Pending'].includes(status?.phase ?? '');
}

function isReady({ status }: Pod): boolean {
  return (status?.conditions ?? []).some((each) => each.type === 'Ready' && each.status === 'True');
}

/** An unready pod counts for nothing as long as the budget is met without it. */
function mayGoUnready({ spec, status }: PodDisruptionBudget): boolean {
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}

function selects({ spec }: PodDisruptionBudget, pod: Pod): boolean {
  const { matchLabels = {}, matchExpressions = [] } = spec.selector ?? {};
  if (Object.keys(matchLabels).length + matchExpressions.length === 0) return false;
  return matchesLabelSelector(spec.selector, pod.metadata.labels);
}

async function permit(
  pod: Pod,
  others: OtherResources,
  { nowMs, dryRun }: PermitRequest,
): Promise<Permit> {
  const { phase } = pod.status ?? {};
  if (isNoDisruption(pod)) {
    // A pending pod may become ready meanwhile; an ended one stays ended.
    return { anyVersion: phase !== 'Pending' || pod.metadata.deletionTimestamp !== undefined };
  }
  const { namespace = '', name = '' } = pod.metadata;
  const all = await others.list(podDisruptionBudgets, namespace);
  const [budget, ...more] = all.filter((each) => selects(each, pod));
  if (budget === undefined) return { anyVersion: true };
  const at = { namespace, name: budget.metadata.name ?? '' };
  if (more.length > 0) {
    const message =
      'This pod has more than one PodDisruptionBudget, ' +
      'which the eviction subresource does not support.';
    const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' } as const;
    throw new StatusError({ ...status, message, code: 500 });
  }
  if (!isReady(pod) && mayGoUnready(budget)) {
    return { anyVersion: false, outdated: beingProcessed(at.name) };
  }
  if (dryRun) checkBudget(budget);
  else await others.update(podDisruptionBudgets, at, (current) => spent(current, name, nowMs));
  return { anyVersion: true };
}

export const eviction: Subresource<Pod> = {
  name: 'eviction',
  verbs: ['create'],
  kind: { group: 'policy', version: 'v1', kind: 'Eviction' },
  olderVersions: ['policy/v1beta1'],
  write(_sent, parent, context) {
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    };
    return withCondition(parent, condition, context);
  },
  validateUpdate: () => [],
  answer: 'status',
  deletesParent: true,
  permit,
};
