/** kube-apiserver's metrics about priority and fairness, looked up when asked for. */
import type { Metrics } from '../../platform/metrics/metrics.ts';
import type { FlowControl } from './flow-control.ts';

const PREFIX = 'apiserver_flowcontrol_';

type Level = FlowControl['levels'] extends Iterable<infer L> ? L : never;

export function flowMetrics(metrics: Metrics, control: FlowControl): void {
  const { counts } = control;
  const gauge = (name: string, help: string, of: (level: Level) => number): (() => void) => {
    const family = metrics.gauge(PREFIX + name, help, ['priority_level']);
    return () => {
      family.clear();
      for (const level of control.levels) family.with(level.name).value = of(level);
    };
  };
  const flow = ['priority_level', 'flow_schema'];
  const counter = (
    name: string,
    help: string,
    [labels, totals]: readonly [readonly string[], ReadonlyMap<string, number>],
  ): (() => void) => {
    const family = metrics.counter(PREFIX + name, help, labels);
    return () => {
      for (const [key, value] of totals) family.with(...key.split('|')).value = value;
    };
  };
  const updates = [
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
  metrics.collect(() => {
    for (const update of updates) update();
  });
}
