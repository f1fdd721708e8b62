/** The autoscaler against a real API server, whose metrics follow annotations, in virtual time. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  deployments,
  events,
  horizontalPodAutoscalers as hpaType,
  nodes,
  pods,
  serviceAccounts,
} from '../api/resources.ts';
import { formatTime } from '../api/time.ts';
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
} from '../api/types/autoscaling-v2.ts';
import type { RestClient } from '../client/rest.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import type { FakeClock } from '../test/support/fake-clock.ts';
import { startSteppedControllers } from '../test/support/stepped-controllers.ts';

let parts: Lifecycle;
let clock: FakeClock;
let client: RestClient;
let made = 0;

const namespace = 'default';
const web = { namespace, name: 'web' };
const merge = 'application/merge-patch+json';

beforeEach(async () => {
  parts = new Lifecycle();
  made = 0;
  ({ clock, client } = await startSteppedControllers(parts, {
    controllers: ['horizontal-pod-autoscaler-controller'],
    resourceTypes: [pods, deployments, hpaType],
  }));
  await client.create(serviceAccounts, { metadata: { namespace, name: 'default' } });
  const status = { conditions: [{ type: 'Ready', status: 'True' }] };
  await client.create(nodes, { metadata: { name: 'n' }, spec: {}, status });
  const template = {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  };
  const selector = { matchLabels: { app: 'web' } };
  await client.create(deployments, { metadata: web, spec: { replicas: 2, selector, template } });
});

afterEach(() => parts.stop());

/** The server may wait for its cache to follow the store: that takes time too. */
async function answer<T>(call: Promise<T>): Promise<T> {
  await clock.advance(200);
  return call;
}

/** Running since long ago. */
async function addPods(count: number, cpu: string): Promise<void> {
  for (let i = 0; i < count; i++) {
    const name = `web-${made++}`;
    const annotations = { 'wherry.io/cpu-usage': cpu };
    const pod = client.create(pods, {
      metadata: { namespace, name, labels: { app: 'web' }, annotations },
      spec: {
        nodeName: 'n',
        containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '200m' } } }],
      },
    });
    await answer(pod);
    const since = formatTime(clock.now() - 1_000_000);
    const running = { name: 'c', image: 'i', imageID: '', ready: true, restartCount: 0 };
    const status = {
      phase: 'Running',
      startTime: since,
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: since }],
      containerStatuses: [{ ...running, state: { running: { startedAt: since } } }],
    };
    const ref = { namespace, name };
    await answer(client.patch(pods, ref, { type: merge, body: { status }, subresource: 'status' }));
  }
}

async function autoscale(more: Partial<HorizontalPodAutoscalerSpec> = {}): Promise<void> {
  await client.create(hpaType, {
    metadata: web,
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 1,
      maxReplicas: 10,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
        },
      ],
      ...more,
    },
  });
  await clock.advance(100);
}

const replicas = async (): Promise<number | undefined> =>
  (await answer(client.get(deployments, web))).spec.replicas;
const seen = (): Promise<HorizontalPodAutoscaler> => answer(client.get(hpaType, web));
const conditions = async (): Promise<readonly string[]> =>
  ((await seen()).status?.conditions ?? []).map(
    ({ type, status, reason }) => `${type} ${status} ${reason}`,
  );
const told = async (): Promise<readonly string[]> =>
  (await answer(client.list(events))).items.map(({ reason, message }) => `${reason}: ${message}`);

describe('the autoscaler', () => {
  it('scales up with the load, and down five minutes after it', async () => {
    await addPods(2, '200m');
    await autoscale();
    expect(await replicas()).toBe(4);
    expect((await seen()).status).toMatchObject({
      currentReplicas: 2,
      desiredReplicas: 4,
      currentMetrics: [
        { resource: { name: 'cpu', current: { averageUtilization: 100, averageValue: '200m' } } },
      ],
    });
    expect(await conditions()).toEqual([
      'AbleToScale True SucceededRescale',
      'ScalingActive True ValidMetricFound',
      'ScalingLimited False DesiredWithinRange',
    ]);
    expect(await told()).toContain(
      'SuccessfulRescale: New size: 4; reason: cpu resource utilization ' +
        '(percentage of request) above target',
    );
    await addPods(2, '200m');
    for (let i = 0; i < 4; i++) {
      const body = { metadata: { annotations: { 'wherry.io/cpu-usage': '10m' } } };
      await answer(client.patch(pods, { namespace, name: `web-${i}` }, { type: merge, body }));
    }
    await clock.advance(60_000);
    expect(await replicas()).toBe(4);
    expect(await conditions()).toContain('AbleToScale True ScaleDownStabilized');
    await clock.advance(300_000);
    expect(await replicas()).toBe(1);
  });

  it('keeps to its bounds without asking for metrics', async () => {
    await autoscale({ minReplicas: 3 });
    expect(await replicas()).toBe(3);
    expect((await told())[0]).toMatch(/reason: Current number of replicas below Spec.MinReplicas$/);
  });

  it('leaves a target at zero alone', async () => {
    await client.patch(deployments, web, { type: merge, body: { spec: { replicas: 0 } } });
    await autoscale();
    expect(await conditions()).toContain('ScalingActive False ScalingDisabled');
    expect(await replicas()).toBe(0);
  });

  it('says why it cannot tell', async () => {
    await autoscale();
    expect(await conditions()).toContain('ScalingActive False FailedGetResourceMetric');
    const message =
      'FailedGetResourceMetric: failed to get cpu utilization: unable to get metrics for ' +
      'resource cpu: no metrics returned from resource metrics API';
    expect(await told()).toContain(message);
    expect(await replicas()).toBe(2);
  });

  it('says that its target is not there', async () => {
    await client.delete(deployments, web);
    await autoscale();
    expect(await conditions()).toEqual(['AbleToScale False FailedGetScale']);
    expect(await told()).toContain('FailedGetScale: deployments.apps "web" not found');
  });

  it('raises replicas for the metric it knows, and lowers none while one is unknown', async () => {
    const unknown = {
      type: 'Pods',
      pods: { metric: { name: 'qps' }, target: { type: 'AverageValue', averageValue: '1' } },
    };
    const cpu = {
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'AverageValue', averageValue: '100m' } },
    };
    await addPods(2, '10m');
    await autoscale({ metrics: [cpu, unknown] });
    expect(await conditions()).toContain('ScalingActive False FailedGetPodsMetric');
    for (const name of ['web-0', 'web-1']) {
      const body = { metadata: { annotations: { 'wherry.io/cpu-usage': '150m' } } };
      await answer(client.patch(pods, { namespace, name }, { type: merge, body }));
    }
    await clock.advance(20_000);
    expect(await replicas()).toBe(3);
  });
});
