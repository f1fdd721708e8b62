import { describe, expect, it } from 'vitest';
import type { HorizontalPodAutoscalerSpec } from '../../api/types/autoscaling-v2.ts';
import { normalize, type ScalingHistory } from './behavior.ts';

const NOW = 10_000_000;
const ago = (seconds: number): number => NOW - seconds * 1000;

const nothing: ScalingHistory = { recommendations: [], ups: [], downs: [] };
const recommended = (...list: [replicas: number, seconds: number][]): ScalingHistory => ({
  ...nothing,
  recommendations: list.map(([replicas, seconds]) => ({ replicas, atMs: ago(seconds) })),
});

const spec = (more: Partial<HorizontalPodAutoscalerSpec> = {}): HorizontalPodAutoscalerSpec => ({
  scaleTargetRef: { kind: 'Deployment', name: 'web' },
  minReplicas: 2,
  maxReplicas: 100,
  ...more,
});

type Row = [string, HorizontalPodAutoscalerSpec, [number, number], ScalingHistory, unknown[]];

const outcome = (...[, of, [current, desired], history]: Row): unknown[] => {
  const { limited, stabilized } = normalize(of, { current, desired, nowMs: NOW }, history);
  return [limited.replicas, limited.reason, stabilized.reason];
};

describe('without spec.behavior', () => {
  it.each<Row>([
    ['up', spec(), [5, 8], nothing, [8, 'DesiredWithinRange', 'ReadyForNewScale']],
    ['up at most twofold', spec(), [5, 11], nothing, [10, 'ScaleUpLimit', 'ReadyForNewScale']],
    ['up to four from one', spec(), [1, 9], nothing, [4, 'ScaleUpLimit', 'ReadyForNewScale']],
    [
      'up to the maximum',
      spec({ maxReplicas: 7 }),
      [5, 9],
      nothing,
      [7, 'TooManyReplicas', 'ReadyForNewScale'],
    ],
    ['down', spec(), [9, 3], nothing, [3, 'DesiredWithinRange', 'ReadyForNewScale']],
    ['down to the minimum', spec(), [9, 1], nothing, [2, 'TooFewReplicas', 'ReadyForNewScale']],
    [
      'down not before five minutes',
      spec(),
      [9, 3],
      recommended([8, 299]),
      [8, 'DesiredWithinRange', 'ScaleDownStabilized'],
    ],
    [
      'down after them',
      spec(),
      [9, 3],
      recommended([8, 301]),
      [3, 'DesiredWithinRange', 'ReadyForNewScale'],
    ],
  ])('%s', (...row) => {
    expect(outcome(...row)).toEqual(row[4]);
  });
});

describe('with spec.behavior', () => {
  const up = (value: number, type = 'Pods', periodSeconds = 60) => ({
    behavior: { scaleUp: { policies: [{ type, value, periodSeconds }] } },
  });
  const down = (value: number, more = {}) => ({
    behavior: {
      scaleDown: {
        stabilizationWindowSeconds: 0,
        policies: [
          { type: 'Percent', value, periodSeconds: 60 },
          { type: 'Pods', value: 1, periodSeconds: 60 },
        ],
        ...more,
      },
    },
  });
  const scaled = (ups: number, downs: number): ScalingHistory => ({
    recommendations: [],
    ups: [{ change: ups, atMs: ago(30) }],
    downs: [{ change: downs, atMs: ago(30) }],
  });
  it.each<Row>([
    ['so many pods', spec(up(3)), [5, 20], nothing, [8, 'ScaleUpLimit', 'ReadyForNewScale']],
    [
      'counting those that came',
      spec(up(3)),
      [7, 20],
      scaled(2, 0),
      [8, 'ScaleUpLimit', 'ReadyForNewScale'],
    ],
    [
      'but not those of long ago',
      spec(up(3, 'Pods', 20)),
      [7, 20],
      scaled(2, 0),
      [10, 'ScaleUpLimit', 'ReadyForNewScale'],
    ],
    [
      'never downwards',
      spec(up(1)),
      [9, 20],
      scaled(5, 0),
      [9, 'ScaleUpLimit', 'ReadyForNewScale'],
    ],
    [
      'a share, rounded up',
      spec(up(50, 'Percent')),
      [5, 20],
      nothing,
      [8, 'ScaleUpLimit', 'ReadyForNewScale'],
    ],
    [
      'the boldest policy down',
      spec(down(50)),
      [9, 2],
      nothing,
      [4, 'ScaleDownLimit', 'ReadyForNewScale'],
    ],
    [
      'a share in Go’s doubles: ninety percent off are a little more',
      spec(down(90)),
      [100, 2],
      nothing,
      [9, 'ScaleDownLimit', 'ReadyForNewScale'],
    ],
    [
      'the shyest policy down',
      spec(down(50, { selectPolicy: 'Min' })),
      [9, 2],
      nothing,
      [8, 'ScaleDownLimit', 'ReadyForNewScale'],
    ],
    [
      'never down',
      spec(down(50, { selectPolicy: 'Disabled' })),
      [9, 2],
      nothing,
      [9, 'ScaleDownLimit', 'ReadyForNewScale'],
    ],
    [
      'after those that went',
      spec(down(50)),
      [9, 2],
      scaled(0, 3),
      [6, 'ScaleDownLimit', 'ReadyForNewScale'],
    ],
    ['to the minimum', spec(down(100)), [9, 1], nothing, [2, 'TooFewReplicas', 'ReadyForNewScale']],
    [
      'up once the lowest of its window says so',
      spec({
        behavior: { scaleUp: { ...up(50).behavior.scaleUp, stabilizationWindowSeconds: 60 } },
      }),
      [5, 20],
      recommended([6, 50], [30, 10], [5, 70]),
      [6, 'DesiredWithinRange', 'ScaleUpStabilized'],
    ],
  ])('%s', (...row) => {
    expect(outcome(...row)).toEqual(row[4]);
  });
});
