/** Autoscalers by metrics that an extension server serves. */
import type { Seen, SeenCondition } from '../place.ts';
import { type Scenario, template } from '../scenario.ts';

const scaled = (metric: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  ${template('web').trim()}
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
  minReplicas: 1
  maxReplicas: 4
  metrics: [${metric}]`;

const condition = (type: string, reason: string) => (each: Seen) =>
  (each.status?.conditions ?? []).some(
    (of: SeenCondition) => of.type === type && of.reason === reason,
  );

const service = 'describedObject: { apiVersion: v1, kind: Service, name: web }';
const external = (target: string, metric = 'name: mails'): string =>
  `{ type: External, external: { metric: { ${metric} }, target: { ${target} } } }`;
const ofPods = (name: string): string =>
  `{ type: Pods, pods: { metric: { name: ${name} }, target: { type: AverageValue, averageValue: "10" } } }`;
const ofObject = (target: string, metric = 'name: hits'): string =>
  `{ type: Object, object: { ${service}, metric: { ${metric} }, target: { ${target} } } }`;

/** Until it has scaled, or, without a number, has found the metric and stayed. */
const scales = (name: string, metric: string, replicas: number): Scenario => ({
  name: `autoscaler by ${name}`,
  async run(at) {
    await at.create(scaled(metric));
    await at.until(
      'HorizontalPodAutoscaler',
      'web',
      condition('ScalingActive', 'ValidMetricFound'),
    );
    await at.until('Deployment', 'web', ({ status }) => status?.availableReplicas === replicas);
  },
});

const fails = (name: string, metric: string, reason: string): Scenario => ({
  name: `autoscaler by ${name}`,
  async run(at) {
    await at.create(scaled(metric));
    await at.until('HorizontalPodAutoscaler', 'web', condition('ScalingActive', reason));
    await at.until('Deployment', 'web', ({ status }) => status?.availableReplicas === 2);
  },
});

export const autoscalerScenarios: readonly Scenario[] = [
  scales('a metric of its pods', ofPods('qps'), 4),
  scales('the value of a metric of an object', ofObject('type: Value, value: "200"'), 3),
  scales(
    'the share of a metric of an object',
    ofObject('type: AverageValue, averageValue: "100"'),
    3,
  ),
  scales('the value of an external metric', external('type: Value, value: "7"'), 2),
  scales(
    'the share of an external metric that labels select',
    external(
      'type: AverageValue, averageValue: "2"',
      'name: mails, selector: { matchLabels: { queue: a } }',
    ),
    4,
  ),
  fails('a metric of pods that nobody measures', ofPods('sparks'), 'FailedGetPodsMetric'),
  fails(
    'a metric of an object that nobody measures',
    ofObject('type: Value, value: "1"', 'name: sparks'),
    'FailedGetObjectMetric',
  ),
  fails(
    'an external metric that nobody measures',
    external('type: Value, value: "1"', 'name: sparks'),
    'FailedGetExternalMetric',
  ),
];
