import { describe, expect, it } from 'vitest';
import type { Node, Taint } from '../../api/types/core-v1.ts';
import {
  awaitsEviction,
  type Eviction,
  graceMs,
  planLabels,
  planTaints,
  silentConditions,
} from './plan.ts';

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
  const cordoned = (of: Node): Node => ({ ...of, spec: { ...of.spec, unschedulable: true } });
  it.each<[string, Node, Eviction, string[] | undefined]>([
    ['ready, without any', node('True'), 'begin', undefined],
    [
      'not ready',
      node('False', [own]),
      'begin',
      ['gpu:NoSchedule', 'not-ready:NoSchedule', 'not-ready:NoExecute'],
    ],
    ['unknown', node('Unknown'), 'begin', ['unreachable:NoSchedule', 'unreachable:NoExecute']],
    ['unknown, and not its turn', node('Unknown'), 'keep', ['unreachable:NoSchedule']],
    [
      'unknown and marked',
      node('Unknown', [unreachable('NoSchedule'), unreachable('NoExecute')]),
      'keep',
      undefined,
    ],
    [
      'unknown as all are',
      node('Unknown', [unreachable('NoSchedule'), unreachable('NoExecute')]),
      'call off',
      ['unreachable:NoSchedule'],
    ],
    ['ready again', node('True', [unreachable('NoExecute'), own]), 'keep', ['gpu:NoSchedule']],
    [
      'not ready after unknown',
      node('False', [unreachable('NoSchedule'), unreachable('NoExecute')]),
      'keep',
      ['not-ready:NoSchedule', 'not-ready:NoExecute'],
    ],
    ['cordoned', cordoned(node('True')), 'keep', ['unschedulable:NoSchedule']],
    [
      'uncordoned',
      node('True', [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }]),
      'keep',
      [],
    ],
    [
      'an operator who evicts by our key',
      node('True', [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoExecute' }]),
      'keep',
      undefined,
    ],
  ])('%s', (_, ...[of, eviction, wanted]) => {
    expect(shown(planTaints(of, NOW, eviction))).toEqual(wanted);
  });

  it('follow pressure', () => {
    const pressed = {
      ...node('True'),
      status: { conditions: [{ type: 'DiskPressure', status: 'True', reason: '', message: '' }] },
    };
    expect(planTaints(pressed, NOW, 'keep')).toEqual([
      {
        key: 'node.kubernetes.io/disk-pressure',
        effect: 'NoSchedule',
        timeAdded: '2023-11-14T22:13:20Z',
      },
    ]);
  });

  it.each<[string, Node, boolean]>([
    ['ready', node('True'), false],
    ['unknown', node('Unknown'), true],
    ['under eviction', node('Unknown', [unreachable('NoExecute')]), false],
  ])('a node that is %s waits to be evicted: %s', (_, ...[of, wanted]) => {
    expect(awaitsEviction(of)).toBe(wanted);
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

it('a node has more time until its first word', () => {
  expect([graceMs(node(undefined)), graceMs(node('Unknown'))]).toEqual([60_000, 50_000]);
});

describe('the labels of a node', () => {
  const labelled = (labels: Record<string, string>): Node => ({
    ...node('True'),
    metadata: { name: 'n', labels },
  });
  it.each<[string, Record<string, string>, Record<string, string> | undefined]>([
    ['none', {}, undefined],
    ['those of old only', { 'beta.kubernetes.io/os': 'linux' }, undefined],
    ['equal ones', { 'kubernetes.io/os': 'linux', 'beta.kubernetes.io/os': 'linux' }, undefined],
    [
      'only those of today',
      { 'kubernetes.io/arch': 'arm64', a: 'b' },
      { 'kubernetes.io/arch': 'arm64', a: 'b', 'beta.kubernetes.io/arch': 'arm64' },
    ],
    [
      'different ones',
      { 'kubernetes.io/os': 'linux', 'beta.kubernetes.io/os': 'plan9' },
      { 'kubernetes.io/os': 'linux', 'beta.kubernetes.io/os': 'linux' },
    ],
  ])('%s', (_, ...[labels, wanted]) => {
    expect(planLabels(labelled(labels))).toEqual(wanted);
  });
});
