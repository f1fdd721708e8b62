/** Autoscalers by what pods use, which hollow pods declare. */
import type { Seen, SeenCondition } from '../place.ts';
import { type Scenario, template } from '../scenario.ts';

const deployment = (replicas: number, annotations: Record<string, string> = {}): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  ${template('web', { annotations }).trim()}
          resources: { requests: { cpu: 100m, memory: 64Mi }, limits: { cpu: 200m } }`;

const scaler = (metrics: string, more = ''): string => `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
  minReplicas: 1
  maxReplicas: 3
  ${more}
  metrics: [${metrics}]`;

const cpu = (average: number): string =>
  `{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: ${average} } } }`;

const condition = (type: string, reason: string) => (each: Seen) =>
  (each.status?.conditions ?? []).some(
    (of: SeenCondition) => of.type === type && of.reason === reason,
  );

const used = (cpuShare: string, memory = '0'): Record<string, string> => ({
  'wherry.io/cpu-usage': cpuShare,
  'wherry.io/memory-usage': memory,
});
const memory = (average: string): string =>
  `{ type: Resource, resource: { name: memory, target: { type: AverageValue, averageValue: ${average} } } }`;
const unserved =
  '{ type: Pods, pods: { metric: { name: hits }, target: { type: AverageValue, averageValue: "1" } } }';
const ofContainer = (container: string): string =>
  `{ type: ContainerResource, containerResource: { name: cpu, container: ${container}, target: { type: Utilization, averageUtilization: 50 } } }`;

const at50 = (behavior: string): string => scaler(cpu(50), `behavior: { ${behavior} }`);
const scaleUp = (rules: string): string => at50(`scaleUp: { ${rules} }`);
const scaleDown = (rules: string): string => at50(`scaleDown: { ${rules} }`);
const oneEach = (type: string, value: number): string =>
  `policies: [{ type: ${type}, value: ${value}, periodSeconds: 1800 }]`;

interface Sizes {
  /** What there is of them at first, and what they use. */
  readonly of: string;
  readonly becomes: number;
  /** Of a condition, when it is done. */
  readonly once?: readonly [type: string, reason: string];
}

const available = ({ status = {} }: Seen): boolean =>
  status.availableReplicas !== undefined && status.availableReplicas === status.replicas;

/** Sizes that last: nothing happens after they are reached. */
const sized = (name: string, scalers: string, { of, becomes, once }: Sizes): Scenario => ({
  name: `autoscaler ${name}`,
  async run(at) {
    await at.create(of);
    // Ours looks at an autoscaler as soon as it is there, Kubernetes' 15 seconds later.
    await at.until('Deployment', 'web', available);
    await at.create(scalers);
    await at.until('Deployment', 'web', ({ status }) => status?.availableReplicas === becomes);
    const [type, reason] = once ?? ['ScalingActive', 'ValidMetricFound'];
    await at.until('HorizontalPodAutoscaler', 'web', condition(type, reason));
  },
});

const idle = deployment(3, used('1%'));
const busy = deployment(2, used('100%'));

/** How fast sizes change, by which metrics, and pods that say nothing. */
const sizeScenarios: readonly Scenario[] = [
  sized('by what is used', scaler(cpu(50)), { of: busy, becomes: 3 }),
  sized('by memory', scaler(memory('32Mi')), { of: deployment(1, used('0', '64Mi')), becomes: 2 }),
  sized('by odd amounts of memory', scaler(memory('1234567')), {
    of: deployment(1, used('0', '1234001')),
    becomes: 1,
  }),
  sized('that keeps within its tolerance', scaler(cpu(50)), {
    of: deployment(2, used('54%')),
    becomes: 2,
  }),
  sized('by two metrics, the one that asks for more', scaler(`${cpu(200)}, ${memory('32Mi')}`), {
    of: deployment(1, used('100%', '64Mi')),
    becomes: 2,
  }),
  sized('by two metrics of pods that use nothing', scaler(`${cpu(50)}, ${memory('32Mi')}`), {
    of: deployment(1),
    becomes: 1,
  }),
  sized('by one metric while another is unknown', scaler(`${cpu(50)}, ${unserved}`), {
    of: busy,
    becomes: 3,
  }),
  sized('that lowers nothing while a metric is unknown', scaler(`${cpu(50)}, ${unserved}`), {
    of: deployment(3, used('10%')),
    becomes: 3,
    once: ['ScalingActive', 'FailedGetPodsMetric'],
  }),
  sized('that waits before it lowers', scaler(cpu(50)), {
    of: idle,
    becomes: 3,
    once: ['AbleToScale', 'ScaleDownStabilized'],
  }),
  sized('that may not lower', scaleDown('selectPolicy: Disabled, stabilizationWindowSeconds: 0'), {
    of: idle,
    becomes: 3,
    once: ['ScalingLimited', 'ScaleDownLimit'],
  }),
  sized('that lowers at once', scaleDown('stabilizationWindowSeconds: 0'), {
    of: idle,
    becomes: 1,
  }),
  sized('that lowers by one', scaleDown(`stabilizationWindowSeconds: 0, ${oneEach('Pods', 1)}`), {
    of: idle,
    becomes: 2,
    once: ['ScalingLimited', 'ScaleDownLimit'],
  }),
  sized(
    'that lowers by a share',
    scaleDown(`stabilizationWindowSeconds: 0, ${oneEach('Percent', 60)}`),
    { of: idle, becomes: 1 },
  ),
  sized('that may not raise', scaleUp('selectPolicy: Disabled'), {
    of: busy,
    becomes: 2,
    once: ['ScalingLimited', 'ScaleUpLimit'],
  }),
  sized(
    'that raises by one',
    scaleUp(oneEach('Pods', 1)).replace('maxReplicas: 3', 'maxReplicas: 9'),
    {
      of: busy,
      becomes: 3,
      once: ['ScalingLimited', 'ScaleUpLimit'],
    },
  ),
  sized(
    'that raises by the lesser of two policies',
    scaleUp(
      'selectPolicy: Min, policies: [{ type: Percent, value: 10, periodSeconds: 1800 }, { type: Pods, value: 4, periodSeconds: 1800 }]',
    ).replace('maxReplicas: 3', 'maxReplicas: 9'),
    { of: busy, becomes: 3, once: ['ScalingLimited', 'ScaleUpLimit'] },
  ),
  sized('that waits before it raises', scaleUp('stabilizationWindowSeconds: 1800'), {
    of: busy,
    becomes: 2,
    once: ['AbleToScale', 'ScaleUpStabilized'],
  }),
  sized('of one container', scaler(ofContainer('main')), { of: busy, becomes: 3 }),
  sized('of a container that is not there', scaler(ofContainer('other')), {
    of: busy,
    becomes: 2,
    once: ['ScalingActive', 'FailedGetContainerResourceMetric'],
  }),
  sized('of requests of whole pods', scaler(cpu(50)), {
    of: deployment(2, used('50m'))
      .replace('containers:', 'resources: { requests: { cpu: 50m } }\n      containers:')
      .replace('requests: { cpu: 100m, memory: 64Mi }, limits: { cpu: 200m }', 'requests: {}'),
    becomes: 3,
  }),
  sized('of whole pods that request something else', scaler(cpu(50)), {
    of: deployment(2, used('50m'))
      .replace('containers:', 'resources: { requests: { memory: 128Mi } }\n      containers:')
      .replace('requests: { cpu: 100m, memory: 64Mi }, limits: { cpu: 200m }', 'requests: {}'),
    becomes: 2,
    once: ['ScalingActive', 'FailedGetResourceMetric'],
  }),
  sized('with a pod that is not ready', scaler(cpu(50)), {
    of: `${busy}\n---${extra('unready', 'wherry.io/ready-seconds: "3600"')}`,
    becomes: 2,
  }),
  sized('with pods that have no node', scaler(cpu(50)), {
    of: `${busy}\n---${extra('nowhere', 'a: b', 'nodeSelector: { no: where }')}`,
    becomes: 2,
  }),
];

/** A pod that the autoscaler's target selects and does not own. */
function extra(name: string, annotation: string, spec = ''): string {
  return `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: web }, annotations: { ${annotation} } }
spec:
  ${spec}
  containers:
    - { name: main, image: "example.org/main:1", resources: { requests: { cpu: 100m } } }`;
}

export const resourceAutoscalerScenarios: readonly Scenario[] = [
  ...sizeScenarios,
  {
    name: 'autoscaler of what does not exist',
    async run(at) {
      await at.create(scaler(cpu(50)));
      await at.until('HorizontalPodAutoscaler', 'web', condition('AbleToScale', 'FailedGetScale'));
    },
  },
  {
    name: 'autoscalers of the same pods',
    async run(at) {
      await at.create(deployment(1));
      await at.until('Deployment', 'web', ({ status }) => status?.availableReplicas === 1);
      await at.create(scaler(cpu(50)));
      const alone = condition('ScalingActive', 'ValidMetricFound');
      await at.until('HorizontalPodAutoscaler', 'web', alone);
      const twin = scaler(cpu(50)).replace('metadata: { name: web }', 'metadata: { name: twin }');
      await at.create(twin);
      for (const name of ['web', 'twin'])
        await at.until(
          'HorizontalPodAutoscaler',
          name,
          condition('ScalingActive', 'AmbiguousSelector'),
        );
    },
  },
  {
    name: 'autoscaler of pods without requests',
    async run(at) {
      await at.create(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  ${template('web').trim()}`);
      await at.until('Deployment', 'web', ({ status }) => status?.availableReplicas === 1);
      await at.create(scaler(cpu(50)));
      const failed = condition('ScalingActive', 'FailedGetResourceMetric');
      await at.until('HorizontalPodAutoscaler', 'web', failed);
    },
  },
  {
    name: 'autoscaler above its most',
    async run(at) {
      await at.create(`${deployment(4)}\n---${scaler(cpu(50))}`);
      await at.untilEvent('SuccessfulRescale');
      await at.until('Deployment', 'web', ({ status }) => status?.availableReplicas === 3);
    },
  },
  {
    name: 'autoscaler of what is a part of a pod',
    async run(at) {
      await at.create(deployment(1));
      await at.until('Deployment', 'web', ({ status }) => status?.availableReplicas === 1);
      const metric =
        '{ type: ContainerResource, containerResource: { name: memory, container: main, target: { type: AverageValue, averageValue: 1Gi } } }';
      await at.create(scaler(metric));
      await at.until(
        'HorizontalPodAutoscaler',
        'web',
        condition('ScalingActive', 'ValidMetricFound'),
      );
    },
  },
  {
    name: 'autoscaler of a deployment of none',
    async run(at) {
      await at.create(`${deployment(0)}\n---${scaler(cpu(50))}`);
      const off = condition('ScalingActive', 'ScalingDisabled');
      await at.until('HorizontalPodAutoscaler', 'web', off);
    },
  },
  {
    name: 'autoscaler below its least',
    async run(at) {
      await at.create(
        `${deployment(1)}\n---${scaler(cpu(50)).replace('minReplicas: 1', 'minReplicas: 2')}`,
      );
      await at.untilEvent('SuccessfulRescale');
      await at.until('Deployment', 'web', ({ status }) => status?.availableReplicas === 2);
    },
  },
  {
    name: 'autoscaler with metrics nobody serves',
    async run(at) {
      await at.create(deployment(1));
      await at.until('Deployment', 'web', ({ status }) => status?.availableReplicas === 1);
      const metric = `{ type: Pods, pods: { metric: { name: hits }, target: { type: AverageValue, averageValue: "1" } } }`;
      await at.create(scaler(metric));
      const failed = condition('ScalingActive', 'FailedGetPodsMetric');
      await at.until('HorizontalPodAutoscaler', 'web', failed);
    },
  },
];
