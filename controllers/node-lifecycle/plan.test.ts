import { describe, expect, it } from 'vitest';
import type { Node, Taint } from '../../api/types/core-v1.ts';
import { planTaints, silentConditions } from './plan.ts';

const NOW = 1_700_000_000_000;

const node = (ready: string | undefined, taints?: Taint[]): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n' },
  spec: taints === undefined ? {} : { taints },
  status: {
    conditions:
      ready === undefined
        ? []
        : [{ type: 'Ready', status: ready, reason: 'KubeletReady', message: '' }],
  },
});

const shown = (taints: readonly Taint[] | undefined) =>
  taints?.map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`);

describe('the taints of a node', () => {
  const own: Taint = { key: 'gpu', effect: 'NoSchedule' };
  const unreachable = (effect: string): Taint => ({
    key: 'node.kubernetes.io/unreachable',
    effect,
  });
  it.each<[string, Node, string[] | undefined]>([
    ['ready, without any', node('True'), undefined],
    [
      'not ready',
      node('False', [own]),
      ['gpu:NoSchedule', 'not-ready:NoSchedule', 'not-ready:NoExecute'],
    ],
    ['unknown', node('Unknown'), ['unreachable:NoSchedule', 'unreachable:NoExecute']],
    [
      'unknown and marked',
      node('Unknown', [unreachable('NoSchedule'), unreachable('NoExecute')]),
      undefined,
    ],
    ['ready again', node('True', [unreachable('NoExecute'), own]), ['gpu:NoSchedule']],
    [
      'not ready after unknown',
      node('False', [unreachable('NoSchedule')]),
      ['not-ready:NoSchedule', 'not-ready:NoExecute'],
    ],
  ])('%s', (_, ...[of, wanted]) => {
    expect(shown(planTaints(of, NOW))).toEqual(wanted);
  });
});

describe('a silent node', () => {
  it('is Unknown in everything its kubelet reports, once', () => {
    const conditions = silentConditions(node('True'), NOW);
    expect(conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`)).toEqual([
      'Ready Unknown NodeStatusUnknown',
      'MemoryPressure Unknown NodeStatusNeverUpdated',
      'DiskPressure Unknown NodeStatusNeverUpdated',
      'PIDPressure Unknown NodeStatusNeverUpdated',
    ]);
    const marked = { ...node('True'), status: { conditions } };
    expect(silentConditions(marked, NOW + 1)).toBe(conditions);
  });
});
