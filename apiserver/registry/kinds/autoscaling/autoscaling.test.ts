import { describe, expect, test } from 'vitest';
import type { HorizontalPodAutoscaler as V1 } from '../../../../api/types/autoscaling-v1.ts';
import type { HorizontalPodAutoscaler as V2 } from '../../../../api/types/autoscaling-v2.ts';
import {
  created,
  createErrors,
  row,
  type Sent,
  updateErrors,
} from '../../../../test/support/kinds.ts';
import { horizontalPodAutoscaler } from './autoscaler.ts';
import { horizontalPodAutoscalerV1 } from './v1.ts';

const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const sent = (spec: Sent = {}): Sent => ({ spec: { scaleTargetRef, maxReplicas: 5, ...spec } });

test('defaults', () => {
  const { spec, status } = created(
    horizontalPodAutoscaler,
    sent({ behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } }),
  );
  expect(spec).toEqual({
    scaleTargetRef,
    maxReplicas: 5,
    minReplicas: 1,
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
      },
    ],
    behavior: {
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [
          { type: 'Pods', value: 4, periodSeconds: 15 },
          { type: 'Percent', value: 100, periodSeconds: 15 },
        ],
      },
      scaleDown: {
        stabilizationWindowSeconds: 60,
        selectPolicy: 'Max',
        policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
      },
    },
  });
  expect(status).toEqual({ desiredReplicas: 0 });
});

const cpu = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } };

test.each<[string, Sent, string[]]>([
  ['good', {}, []],
  [
    'numbers',
    { minReplicas: 0, maxReplicas: 0 },
    [
      'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
      'spec.maxReplicas: Invalid value: 0: must be greater than 0',
      'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
    ],
  ],
  [
    'nothing to scale',
    { scaleTargetRef: { apiVersion: 'v1', kind: 'Pod/x' }, minReplicas: 9 },
    [
      'spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`',
      'spec.scaleTargetRef.kind: Invalid value: "Pod/x": may not contain \'/\'',
      'spec.scaleTargetRef.name: Required value',
      'spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group',
    ],
  ],
  [
    'metrics',
    {
      metrics: [
        { type: 'Weather' },
        { type: 'Pods', resource: cpu },
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Value', value: '0' } } },
        {
          type: 'External',
          external: { metric: { name: 'q' }, target: { type: 'Value', value: 1, averageValue: 1 } },
        },
      ],
    },
    [
      'spec.metrics[0].type: Unsupported value: "Weather": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
      'spec.metrics[1].pods: Required value: must populate information for the given metric source',
      'spec.metrics[2].resource.target.value: Invalid value: "0": must be positive',
      'spec.metrics[2].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization',
      'spec.metrics[3].external.target.value: Forbidden: may not set both a target value for metric and a per-pod target',
    ],
  ],
  [
    'behavior',
    {
      behavior: {
        scaleUp: { stabilizationWindowSeconds: 3601, selectPolicy: 'Most', policies: [] },
        scaleDown: { policies: [{ type: 'Half', value: 0, periodSeconds: 1801 }] },
      },
    },
    [
      'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600',
      'spec.behavior.scaleUp.selectPolicy: Unsupported value: "Most": supported values: "Disabled", "Max", "Min"',
      'spec.behavior.scaleUp.policies: Required value: must specify at least one Policy',
      'spec.behavior.scaleDown.policies[0].type: Unsupported value: "Half": supported values: "Percent", "Pods"',
      'spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero',
      'spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
    ],
  ],
])('%s', (_title, spec, errors) => {
  expect(createErrors(horizontalPodAutoscaler, sent(spec))).toEqual(errors);
});

test('an update may keep a target that would be refused today', () => {
  const core = { kind: 'Node', name: 'n', apiVersion: 'v1' };
  const old = created(horizontalPodAutoscaler, sent({ scaleTargetRef: core }));
  expect(updateErrors(horizontalPodAutoscaler, old, ({ spec }) => (spec.maxReplicas = 6))).toEqual(
    [],
  );
});

test('rows', () => {
  const metrics = [
    { type: 'Resource', resource: cpu },
    {
      type: 'Pods',
      pods: { metric: { name: 'rps' }, target: { type: 'AverageValue', averageValue: '1k' } },
    },
    {
      type: 'External',
      external: { metric: { name: 'q' }, target: { type: 'AverageValue', averageValue: 30 } },
    },
  ];
  const status = {
    currentReplicas: 2,
    currentMetrics: [
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 12 } } },
    ],
  };
  expect(
    row(horizontalPodAutoscaler, { metadata: {}, ...sent({ metrics, minReplicas: 1 }), status }),
  ).toMatchObject({
    Reference: 'Deployment/web',
    Targets: 'cpu: 12%/50%, <unknown>/1k + 1 more...',
    MinPods: '1',
    MaxPods: 5,
    Replicas: 2,
  });
});

describe('as autoscaling/v1', () => {
  const { fromStored, toStored } = horizontalPodAutoscalerV1.view;
  const metadata = { name: 'web', annotations: { mine: 'kept' } };
  const v2: V2 = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata,
    spec: {
      scaleTargetRef,
      minReplicas: 2,
      maxReplicas: 5,
      metrics: [
        {
          type: 'Object',
          object: {
            describedObject: scaleTargetRef,
            metric: { name: 'rps' },
            target: { type: 'Value', value: '10' },
          },
        },
        { type: 'Resource', resource: cpu },
      ],
      behavior: {
        scaleDown: {
          selectPolicy: 'Disabled',
          policies: [{ type: 'Pods', value: 1, periodSeconds: 5 }],
        },
      },
    },
    status: {
      currentReplicas: 2,
      desiredReplicas: 3,
      currentMetrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', current: { averageUtilization: 60, averageValue: '6m' } },
        },
      ],
      conditions: [{ type: 'AbleToScale', status: 'True' }],
    },
  };

  test('has a field for one metric, and annotations for all the rest', () => {
    const v1 = fromStored(v2) as V1;
    expect(v1.spec).toEqual({
      scaleTargetRef,
      minReplicas: 2,
      maxReplicas: 5,
      targetCPUUtilizationPercentage: 50,
    });
    expect(v1.status).toEqual({
      currentReplicas: 2,
      desiredReplicas: 3,
      currentCPUUtilizationPercentage: 60,
    });
    expect(v1.metadata.annotations).toMatchObject({
      mine: 'kept',
      'autoscaling.alpha.kubernetes.io/behavior':
        '{"ScaleDown":{"SelectPolicy":"Disabled","Policies":[{"Type":"Pods","Value":1,"PeriodSeconds":5}]}}',
    });
  });

  test('gives everything back', () => {
    expect(toStored(fromStored(v2) as V1)).toEqual(v2);
  });

  test('without a metric it means 80 % of the CPU', () => {
    const { metrics: _m, behavior: _b, ...spec } = v2.spec;
    const back = toStored({ ...fromStored(v2), metadata: { name: 'web' }, spec });
    expect(back.spec.metrics).toEqual([
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
      },
    ]);
  });

  test('annotations that cannot be read are passed over', () => {
    const annotations = { 'autoscaling.alpha.kubernetes.io/metrics': '{' };
    const back = toStored({ ...fromStored(v2), metadata: { annotations } });
    expect(back.spec.metrics).toEqual([{ type: 'Resource', resource: cpu }]);
    expect(back.metadata).toEqual({});
  });
});
