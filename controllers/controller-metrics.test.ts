import { expect, it } from 'vitest';
import type { EndpointSlice } from '../api/types/discovery-v1.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import { WorkQueue } from '../client/work-queue.ts';
import { Metrics } from '../platform/metrics/metrics.ts';
import { metricsText } from '../platform/metrics/text.ts';
import { FakeClock } from '../test/support/fake-clock.ts';
import { controllerMetrics } from './controller-metrics.ts';

it('counts the endpoints of slices, of which an empty one has null', () => {
  const slice = (service: string, endpoints: EndpointSlice['endpoints']) => ({
    metadata: { namespace: 'default', labels: { 'kubernetes.io/service-name': service } },
    endpoints,
  });
  const endpoint = { addresses: ['10.0.0.1'] };
  const slices = [slice('a', null), slice('b', [endpoint, endpoint])];
  const informers = {
    of: () => ({ lister: { list: () => slices } }),
  } as unknown as InformerFactory;
  const clock = new FakeClock();
  const metrics = new Metrics();
  const controller = {
    name: 'endpointslice-controller',
    queue: new WorkQueue({ clock }),
    informers: [],
    reconcile: () => Promise.resolve(undefined),
  };
  controllerMetrics({ controllers: [controller], informers, metrics, clock });
  const text = metricsText(metrics);
  expect(text).toContain('endpoint_slice_controller_endpoints_desired 2\n');
  expect(text).toContain('endpoint_slice_controller_num_endpoint_slices 2\n');
  expect(text).toContain('endpoint_slice_controller_desired_endpoint_slices 2\n');
});
