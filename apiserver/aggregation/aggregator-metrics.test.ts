import { expect, it } from 'vitest';
import { Metrics } from '../../platform/metrics/metrics.ts';
import { metricsText } from '../../platform/metrics/text.ts';
import { AggregatorMetrics } from './aggregator-metrics.ts';

it('shows which extension servers are away, and counts how often they became so', () => {
  const metrics = new Metrics();
  const aggregator = new AggregatorMetrics(metrics);
  const shown = (): string[] =>
    metricsText(metrics)
      .split('\n')
      .filter((line) => line.startsWith('aggregator_'));
  const away = { status: 'False', reason: 'MissingEndpoints' };
  aggregator.found('v1.a', { status: 'True', reason: 'Passed' });
  aggregator.found('v1.b', away);
  aggregator.found('v1.b', away);
  expect(shown()).toEqual([
    'aggregator_unavailable_apiservice{name="v1.a"} 0',
    'aggregator_unavailable_apiservice{name="v1.b"} 1',
    'aggregator_unavailable_apiservice_total{name="v1.b",reason="MissingEndpoints"} 1',
  ]);
  aggregator.found('v1.b', { status: 'True', reason: 'Passed' });
  aggregator.gone('v1.a');
  expect(shown()).toContain('aggregator_unavailable_apiservice{name="v1.b"} 0');
  expect(shown().join('\n')).not.toContain('v1.a');
});
