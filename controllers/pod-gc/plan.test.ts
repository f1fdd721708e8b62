import { describe, expect, it } from 'vitest';
import { formatTime } from '../../api/time.ts';
import type { Node, Pod, Taint } from '../../api/types/core-v1.ts';
import { outOfService, surplus, unscheduledTerminating } from './plan.ts';

const NOW = 1_700_000_000_000;

const pod = (
  name: string,
  ageSeconds: number,
  status: Pod['status'] = { phase: 'Failed' },
): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, uid: name, creationTimestamp: formatTime(NOW - ageSeconds * 1000) },
  spec: { containers: [] },
  status,
});

describe('ended pods', () => {
  const pods = [
    pod('young', 1),
    pod('old', 9),
    pod('evicted', 2, { phase: 'Failed', reason: 'Evicted' }),
    pod('middle', 5, { phase: 'Succeeded' }),
    pod('b', 5),
  ];
  it.each([
    [5, []],
    [4, ['evicted']],
    [3, ['evicted', 'old']],
    [2, ['evicted', 'old', 'b']],
    [0, ['evicted', 'old', 'b', 'middle', 'young']],
  ])('beyond %i are', (threshold, names) => {
    expect(surplus(pods, threshold).map(({ metadata }) => metadata.name)).toEqual(names);
  });
});

const node = (ready: string, ...taints: Taint[]): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n' },
  spec: { taints },
  status: { conditions: [{ type: 'Ready', status: ready, reason: '', message: '' }] },
});

it.each<[string, Node | undefined, boolean]>([
  ['no node', undefined, false],
  ['a silent one', node('Unknown'), false],
  [
    'a declared one',
    node('Unknown', { key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }),
    true,
  ],
  [
    'one that works',
    node('True', { key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }),
    false,
  ],
])('out of service: %s', (_, of, wanted) => {
  expect(outOfService(of)).toBe(wanted);
});

it('tells who waits for a kubelet that never was', () => {
  const terminating = pod('p', 1, { phase: 'Pending' });
  const metadata = { ...terminating.metadata, deletionTimestamp: formatTime(NOW) };
  expect(unscheduledTerminating({ ...terminating, metadata })).toBe(true);
  expect(unscheduledTerminating(terminating)).toBe(false);
  const placed = { ...terminating, metadata, spec: { containers: [], nodeName: 'n' } };
  expect(unscheduledTerminating(placed)).toBe(false);
});
