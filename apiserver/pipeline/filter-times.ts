/** How long the filters take, as kube-apiserver tells: from one to the next, of what goes on. */
import type { Clock } from '../../platform/clock.ts';
import type { Metrics } from '../../platform/metrics/metrics.ts';
import type { Filter } from './filter.ts';

const SECONDS = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 5, 10, 15, 30];

/** Yields the filter that is given to it, timed under kube-apiserver's name for it. */
export function filterTimes(metrics: Metrics, clock: Clock): (name: string, of: Filter) => Filter {
  const family = metrics.histogram(
    'apiserver_request_filter_duration_seconds',
    'Time that a request spent in a filter.',
    { bounds: SECONDS, labels: ['filter'] },
  );
  return (name, filter) => {
    const took = family.with(name);
    return (next) => {
      const inner = filter((request) => {
        took.observe((clock.monotonic() - request.notes.filterBegunMs) / 1000);
        return next(request);
      });
      return (request) => {
        request.notes.filterBegunMs = clock.monotonic();
        return inner(request);
      };
    };
  };
}
