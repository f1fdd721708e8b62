/** Conditions of a CustomResourceDefinition. Each change says when it happened. */
import { formatTime } from '../../../../api/time.ts';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition as Condition,
} from '../../../../api/types/apiextensions-v1.ts';

export type { Condition };

export type ConditionType = 'NamesAccepted' | 'Established' | 'Terminating';

/** What a condition says, besides when it began to. */
export interface Finding {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

export function isTrue({ status }: CustomResourceDefinition, type: ConditionType): boolean {
  return status?.conditions?.some((one) => one.type === type && one.status === 'True') === true;
}

/** The conditions with `finding` in its place; the very same list if it says nothing new. */
export function withCondition(
  conditions: readonly Condition[],
  finding: Finding,
  nowMs: number,
): readonly Condition[] {
  const old = conditions.find(({ type }) => type === finding.type);
  const { status, reason, message } = finding;
  if (old?.status === status && old.reason === reason && old.message === message) return conditions;
  const since = old?.status === status ? old.lastTransitionTime : undefined;
  const lastTransitionTime = since ?? formatTime(nowMs);
  const condition: Condition = { lastTransitionTime, message, reason, status, type: finding.type };
  if (old === undefined) return [...conditions, condition];
  return conditions.map((one) => (one === old ? condition : one));
}
