import { goTime } from './go-time.ts';
import type { DescriptionWriter } from './writer.ts';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime?: string;
  readonly reason?: string;
  readonly message?: string;
}

/** Nothing if there are none. */
export function describeConditions(
  writer: DescriptionWriter,
  conditions: readonly Condition[],
): void {
  if (conditions.length === 0) return;
  writer.table(0, 'Conditions', {
    headers: ['Type', 'Status', 'LastTransitionTime', 'Reason', 'Message'],
    rows: conditions.map(({ type, status, lastTransitionTime, reason = '', message = '' }) => [
      ...[type, status, goTime(lastTransitionTime)],
      ...[reason, message],
    ]),
  });
}
