import { describe, expect, it } from 'vitest';
import type { DaemonSet } from '../../../api/types/apps-v1.ts';
import type { Pod } from '../../../api/types/core-v1.ts';
import { unfinishedDaemonSet } from './unfinished-workloads.ts';

const set: DaemonSet = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { namespace: 'default', name: 'agent', generation: 1 },
  spec: { selector: {}, template: { spec: { containers: [] } } },
  status: {
    ...{ desiredNumberScheduled: 2, currentNumberScheduled: 2, numberMisscheduled: 0 },
    ...{ numberReady: 0, observedGeneration: 1 },
  },
};

/** Meant for a node as the controller does it, and bound to it or waiting for room. */
function daemon(node: string, state: 'bound' | 'waits', name = node): Pod {
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node] }];
  const nodeAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] },
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name },
    spec: {
      containers: [],
      affinity: { nodeAffinity },
      ...(state === 'bound' ? { nodeName: node } : {}),
    },
    status: { phase: 'Pending' },
  };
}

const TWO = 'DaemonSet default/agent has two pods on a node';

describe("a DaemonSet's pods in the end", () => {
  it('may wait for room on every node of a full cluster (seed 1299)', () => {
    expect(unfinishedDaemonSet(set, [daemon('a', 'waits'), daemon('b', 'waits')])).toEqual([]);
    expect(unfinishedDaemonSet(set, [daemon('a', 'bound'), daemon('b', 'waits')])).toEqual([]);
  });

  it.each([
    ['both bound', 'bound', 'bound'],
    ['one waiting for the place of the other', 'bound', 'waits'],
    ['both waiting', 'waits', 'waits'],
  ] as const)('may not be two on a node: %s', (_, one, other) => {
    const pods = [daemon('a', one, 'one'), daemon('a', other, 'other')];
    expect(unfinishedDaemonSet(set, pods)).toEqual([TWO]);
  });

  it('may be replaced while one ends', () => {
    const old = daemon('a', 'bound', 'old');
    const leaving = {
      ...old,
      metadata: { ...old.metadata, deletionTimestamp: '2026-11-21T00:00:00Z' },
    };
    const pods = [leaving, daemon('a', 'waits'), daemon('b', 'waits')];
    expect(unfinishedDaemonSet(set, pods)).toEqual([]);
  });
});
