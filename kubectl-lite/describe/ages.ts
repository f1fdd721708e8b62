import { humanDuration } from '../../api/duration.ts';
import type { ObjectMeta } from '../../api/meta.ts';
import { parseTime } from '../../api/time.ts';

/** How long ago a time was, for people. */
export type Ages = (time: string | undefined) => string;

export function agesAt(nowMs: number): Ages {
  return (time) => {
    const at = time === undefined ? undefined : parseTime(time);
    return at === undefined ? '<unknown>' : humanDuration(nowMs - at);
  };
}

/** The status of what is being deleted; undefined for what is not. */
export function terminating({ deletionTimestamp }: ObjectMeta, ages: Ages): string | undefined {
  return deletionTimestamp === undefined
    ? undefined
    : `Terminating (lasts ${ages(deletionTimestamp)})`;
}
