import { humanDuration } from '../../api/duration.ts';
import type { Event } from '../../api/types/core-v1.ts';
import { parseTime } from '../../api/time.ts';
import type { DescriptionWriter } from './writer.ts';

/** The Events section that ends most descriptions: oldest first, as kubectl sorts them. */
export function describeEvents(
  writer: DescriptionWriter,
  events: readonly Event[],
  nowMs: number,
): void {
  const ago = (time: string | undefined): string => {
    const at = time === undefined ? undefined : parseTime(time);
    return at === undefined ? '<unknown>' : humanDuration(nowMs - at);
  };
  const last = (event: Event): string | undefined => event.lastTimestamp ?? event.eventTime;
  const sorted = [...events].sort((a, b) => ((last(a) ?? '') < (last(b) ?? '') ? -1 : 1));
  const rows = sorted.map((event) => {
    const repeated = event.count !== undefined && event.count > 1;
    const age = repeated
      ? `${ago(last(event))} (x${event.count} over ${ago(event.firstTimestamp)})`
      : ago(event.firstTimestamp ?? event.eventTime);
    const from = event.source?.component ?? event.reportingComponent ?? '';
    return [event.type ?? '', event.reason ?? '', age, from, (event.message ?? '').trim()];
  });
  writer.table(0, 'Events', { headers: ['Type', 'Reason', 'Age', 'From', 'Message'], rows });
}
