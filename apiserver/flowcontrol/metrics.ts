import type { FlowControl } from './flow-control.ts';

/** One metric of Prometheus' text format; names are kube-apiserver's. */
export interface MetricFamily {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
  readonly samples: readonly (readonly [labels: readonly string[], value: number])[];
}

const PREFIX = 'apiserver_flowcontrol_';

function counter(
  name: string,
  help: string,
  [labels, counts]: readonly [readonly string[], ReadonlyMap<string, number>],
): MetricFamily {
  const samples = [...counts].map(([key, value]) => [key.split('|'), value] as const);
  return { name: PREFIX + name, type: 'counter', help, labels, samples };
}

export function flowMetrics({ levels, counts }: FlowControl): MetricFamily[] {
  const all = [...levels];
  const gauge = (name: string, help: string, of: (level: (typeof all)[number]) => number) => ({
    ...{ name: PREFIX + name, type: 'gauge' as const, help, labels: ['priority_level'] },
    samples: all.map((level) => [[level.name], of(level)] as const),
  });
  const flow = ['priority_level', 'flow_schema'];
  return [
    gauge('current_executing_requests', 'Requests at work.', (level) => level.executing),
    gauge('current_executing_seats', 'Seats they hold.', (level) => level.seats.used),
    gauge('current_inqueue_requests', 'Requests in line.', (level) => level.waiting),
    gauge('nominal_limit_seats', "The level's own seats.", (level) => level.seats.nominal),
    counter('dispatched_requests_total', 'Requests that got their seats.', [
      flow,
      counts.dispatchedTotal,
    ]),
    counter('rejected_requests_total', 'Requests turned away.', [
      [...flow, 'reason'],
      counts.rejectedTotal,
    ]),
  ];
}
