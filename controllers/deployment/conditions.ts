/** Available, Progressing and ReplicaFailure: when each changes, and the words that go with it. */
import { formatTime, parseTime } from '../../api/time.ts';
import type {
  Deployment,
  DeploymentCondition,
  DeploymentStatus,
  ReplicaSet,
} from '../../api/types/apps-v1.ts';
import { maxUnavailable, wanted } from './limits.ts';

export type Conditions = readonly DeploymentCondition[];

/** kubectl and kube-controller-manager write "no deadline" as the largest int32. */
const NO_DEADLINE = 2_147_483_647;

export interface ConditionText {
  readonly type: 'Available' | 'Progressing' | 'ReplicaFailure';
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

export function conditionOf(
  conditions: Conditions | undefined,
  type: ConditionText['type'],
): DeploymentCondition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** No change while status and reason stay; the transition time changes with the status only. */
export function withCondition(
  conditions: Conditions,
  text: ConditionText,
  nowMs: number,
): Conditions {
  const current = conditionOf(conditions, text.type);
  if (current?.status === text.status && current.reason === text.reason) return conditions;
  const now = formatTime(nowMs);
  const since = current?.status === text.status ? current.lastTransitionTime : undefined;
  const next = { ...text, lastUpdateTime: now, lastTransitionTime: since ?? now };
  return [...withoutCondition(conditions, text.type), next];
}

export function withoutCondition(conditions: Conditions, type: string): Conditions {
  return conditions.filter((condition) => condition.type !== type);
}

export const hasDeadline = (seconds: number | undefined): seconds is number =>
  seconds !== undefined && seconds !== NO_DEADLINE;

function deadlineMs({
  spec: { progressDeadlineSeconds: seconds },
}: Deployment): number | undefined {
  return hasDeadline(seconds) ? seconds * 1000 : undefined;
}

export function availableText(deployment: Deployment, available: number): ConditionText {
  const enough = available >= wanted(deployment) - maxUnavailable(deployment);
  return enough
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
}

const progressing = (
  status: ConditionText['status'],
  reason: string,
  message: string,
): ConditionText => ({ type: 'Progressing', status, reason, message });

export const createdText = (name: string): ConditionText =>
  progressing('True', 'NewReplicaSetCreated', `Created new replica set "${name}"`);

export const foundText = (name: string): ConditionText =>
  progressing('True', 'FoundNewReplicaSet', `Found new replica set "${name}"`);

export const createFailedText = (name: string, message: string): ConditionText =>
  progressing(
    'False',
    'ReplicaSetCreateError',
    `Failed to create new replica set "${name}": ${message}`,
  );

/** Pausing stops the deadline's clock, resuming starts it anew. Undefined: leave it as it is. */
export function pauseText(deployment: Deployment): ConditionText | undefined {
  if (deadlineMs(deployment) === undefined) return undefined;
  const reason = conditionOf(deployment.status?.conditions, 'Progressing')?.reason;
  if (reason === 'ProgressDeadlineExceeded') return undefined;
  const wasPaused = reason === 'DeploymentPaused';
  const isPaused = deployment.spec.paused === true;
  if (isPaused === wasPaused) return undefined;
  return isPaused
    ? progressing('Unknown', 'DeploymentPaused', 'Deployment is paused')
    : progressing('Unknown', 'DeploymentResumed', 'Deployment is resumed');
}

export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const replicas = wanted(deployment);
  return (
    status.updatedReplicas === replicas &&
    status.replicas === replicas &&
    status.availableReplicas === replicas &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

/** The rollout ended well, and the condition already says so. */
function isSettled(deployment: Deployment, status: DeploymentStatus): boolean {
  const reason = conditionOf(deployment.status?.conditions, 'Progressing')?.reason;
  return status.replicas === status.updatedReplicas && reason === 'NewReplicaSetAvailable';
}

function hasProgressed(before: DeploymentStatus | undefined, now: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus | undefined): number =>
    (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0);
  return (
    (now.updatedReplicas ?? 0) > (before?.updatedReplicas ?? 0) ||
    old(now) < old(before) ||
    (now.readyReplicas ?? 0) > (before?.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (before?.availableReplicas ?? 0)
  );
}

/** Time left before the rollout counts as stuck; undefined if it is not being timed. */
export function timeLeftMs(
  deployment: Deployment,
  conditions: Conditions,
  nowMs: number,
): number | undefined {
  const deadline = deadlineMs(deployment);
  const condition = conditionOf(conditions, 'Progressing');
  if (deadline === undefined || condition === undefined) return undefined;
  const untimed = ['NewReplicaSetAvailable', 'ProgressDeadlineExceeded', 'DeploymentPaused'];
  if (untimed.includes(condition.reason ?? '')) return undefined;
  const since = parseTime(condition.lastUpdateTime ?? '');
  return since === undefined ? undefined : since + deadline - nowMs;
}

export interface Progress {
  readonly deployment: Deployment;
  /** Counts of now; its conditions are ignored. */
  readonly status: DeploymentStatus;
  readonly newest: ReplicaSet | undefined;
  readonly nowMs: number;
}

/** The Progressing condition after a step of a rollout. */
export function withProgress(conditions: Conditions, progress: Progress): Conditions {
  const { deployment, status, newest, nowMs } = progress;
  if (deadlineMs(deployment) === undefined) return withoutCondition(conditions, 'Progressing');
  if (isSettled(deployment, status)) return conditions;
  const subject =
    newest === undefined
      ? `Deployment "${deployment.metadata.name}"`
      : `ReplicaSet "${newest.metadata.name}"`;
  if (isComplete(deployment, status)) {
    const message = `${subject} has successfully progressed.`;
    return withCondition(conditions, progressing('True', 'NewReplicaSetAvailable', message), nowMs);
  }
  if (hasProgressed(deployment.status, status)) {
    const text = progressing('True', 'ReplicaSetUpdated', `${subject} is progressing.`);
    // Every bit of progress starts the deadline anew: lastUpdateTime must change.
    const since = conditionOf(conditions, 'Progressing');
    const renewed = withCondition(withoutCondition(conditions, 'Progressing'), text, nowMs);
    return since?.status === 'True' ? keepTransition(renewed, since) : renewed;
  }
  const left = timeLeftMs(deployment, conditions, nowMs);
  if (left === undefined || left >= 0) return conditions;
  const message = `${subject} has timed out progressing.`;
  return withCondition(
    conditions,
    progressing('False', 'ProgressDeadlineExceeded', message),
    nowMs,
  );
}

function keepTransition(conditions: Conditions, since: DeploymentCondition): Conditions {
  return conditions.map((condition) =>
    condition.type === since.type && since.lastTransitionTime
      ? { ...condition, lastTransitionTime: since.lastTransitionTime }
      : condition,
  );
}
