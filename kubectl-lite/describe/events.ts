import type { Event } from '../../api/types/core-v1.ts';
import { agesAt } from './ages.ts';
import type { DescriptionWriter } from './writer.ts';

/** The Events section that ends most descriptions: oldest first, as kubectl sorts them. */
export function describeEvents(
  writer: DescriptionWriter,
  events: readonly Event[],
  nowMs: number,
): void {
  const ago = agesAt(nowMs);
  // Events of events.k8s.io have no lastTimestamp and come first.
  const last = (event: Event): string => event.lastTimestamp ?? '';
  const sorted = [...events].sort((a, b) => (last(a) < last(b) ? -1 : last(a) > last(b) ? 1 : 0));
  const rows = sorted.map((event) => {
    const { series, count = 0, source } = event;
    const first = ago(event.eventTime ?? event.firstTimestamp);
    const age =
      series !== undefined
        ? `${ago(series.lastObservedTime)} (x${series.count ?? 0} over ${first})`
        : count > 1
          ? `${ago(event.lastTimestamp)} (x${count} over ${first})`
          : first;
    const from = source?.component || (event.reportingComponent ?? '');
    return [event.type ?? '', event.reason ?? '', age, from, (event.message ?? '').trim()];
  });
  writer.table(0, 'Events', { headers: ['Type', 'Reason', 'Age', 'From', 'Message'], rows });
}
