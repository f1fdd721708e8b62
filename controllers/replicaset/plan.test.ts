import { describe, expect, it } from 'vitest';
import { formatTime } from '../../api/time.ts';
import type { ReplicaSet } from '../../api/types/apps-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { countReplicas, planReplicas, planStatus, sameStatus } from './plan.ts';
import { podsToDelete } from '../runtime/ranking.ts';
import { slowStart } from '../runtime/slow-start.ts';

const NOW = 1_700_000_000_000;

interface Shape {
  readonly phase?: string;
  readonly ready?: boolean;
  readonly readyMs?: number;
  readonly node?: string;
  readonly cost?: string;
  readonly restarts?: number;
  readonly ageMs?: number;
  readonly deleting?: boolean;
}

function pod(name: string, shape: Shape = {}): Pod {
  const { phase = 'Running', ready = phase === 'Running', node = `node-${name}` } = shape;
  const since = formatTime(NOW - (shape.readyMs ?? 3_600_000));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      uid: name,
      labels: { app: 'web' },
      creationTimestamp: formatTime(NOW - (shape.ageMs ?? 3_600_000)),
      ...(shape.cost === undefined
        ? {}
        : { annotations: { 'controller.kubernetes.io/pod-deletion-cost': shape.cost } }),
      ...(shape.deleting ? { deletionTimestamp: formatTime(NOW) } : {}),
    },
    spec: { containers: [], ...(node === '' ? {} : { nodeName: node }) },
    status: {
      phase,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: since }],
      containerStatuses: [
        { name: 'c', image: '', imageID: '', ready, restartCount: shape.restarts ?? 0 },
      ],
    },
  };
}

function replicaSet(replicas: number, more: Partial<ReplicaSet['spec']> = {}): ReplicaSet {
  const template = { metadata: { labels: { app: 'web' } } };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { namespace: 'd', name: 'web', uid: 'u', generation: 2 },
    spec: { replicas, selector: {}, template, ...more },
  };
}

function state(replicas: number, pods: Pod[], more: Partial<ReplicaSet['spec']> = {}) {
  const counted = { replicaSet: replicaSet(replicas, more), nowMs: NOW };
  const counts = countReplicas(counted, pods);
  return { ...counted, counts, pods: () => pods, related: () => pods };
}

describe('the number of pods', () => {
  it.each<[string, number, Pod[], number, number]>([
    ['is made up', 3, [pod('a')], 2, 0],
    [
      'does not count what ended or is being deleted',
      2,
      [pod('a', { phase: 'Failed' }), pod('b', { deleting: true })],
      2,
      0,
    ],
    ['is cut down', 1, [pod('a'), pod('b'), pod('c')], 0, 2],
    ['stays', 2, [pod('a'), pod('b')], 0, 0],
    ['grows by 500 at a time', 2000, [], 500, 0],
  ])('%s', (_, ...[replicas, pods, create, remove]) => {
    const plan = planReplicas(state(replicas, pods));
    expect([plan.create, plan.remove.length]).toEqual([create, remove]);
  });

  it('stays as it is while the ReplicaSet is being deleted', () => {
    const { replicaSet: set, ...rest } = state(3, []);
    const metadata = { ...set.metadata, deletionTimestamp: formatTime(NOW) };
    expect(planReplicas({ ...rest, replicaSet: { ...set, metadata } }).create).toBe(0);
  });
});

describe('the first to go', () => {
  it.each<[string, Shape, Shape]>([
    ['has no node', { node: '' }, {}],
    ['is pending', { phase: 'Pending' }, {}],
    ['is not ready', { ready: false }, {}],
    ['costs less to delete', { cost: '-5' }, { cost: '0' }],
    ['is ready for less long', { readyMs: 1000 }, { readyMs: 3_600_000 }],
    ['restarted more often', { restarts: 3 }, { restarts: 1 }],
    ['is younger', { ageMs: 1000 }, { ageMs: 3_600_000 }],
    [
      'costs less, however long it is ready',
      { cost: '1', readyMs: 1e9 },
      { cost: '2', readyMs: 1 },
    ],
  ])('%s', (_, first, other) => {
    // Names against the order, so that ties do not decide by luck.
    const pods = [pod('a', other), pod('b', first)];
    const doomed = podsToDelete(pods, pods, { count: 1, nowMs: NOW });
    expect(doomed.map(({ metadata }) => metadata.name)).toEqual(['b']);
  });

  it('shares its node with more pods of the same owner', () => {
    const pods = [pod('a', { node: 'x' }), pod('b', { node: 'y' })];
    const related = [...pods, pod('c', { node: 'y' })];
    expect(podsToDelete(pods, related, { count: 1, nowMs: NOW })[0]!.metadata.name).toBe('b');
  });
});

describe('the status', () => {
  it('counts active pods, and those available long enough', () => {
    const pods = [
      pod('a'),
      pod('b', { readyMs: 1000 }),
      pod('c', { ready: false }),
      pod('d', { deleting: true }),
    ];
    expect(planStatus(state(3, pods, { minReadySeconds: 10 }))).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 3,
      readyReplicas: 2,
      availableReplicas: 1,
      observedGeneration: 2,
    });
  });

  it('says why replicas are missing, until they are not', () => {
    const failed = planStatus(state(1, []), { reason: 'FailedCreate', message: 'quota' });
    expect(failed.conditions).toMatchObject([{ type: 'ReplicaFailure', reason: 'FailedCreate' }]);
    const set = { ...replicaSet(1), status: failed };
    const worse = { reason: 'FailedDelete', message: 'webhook' } as const;
    const still = planStatus({ ...state(1, []), replicaSet: set }, worse);
    expect(still.conditions).toEqual(failed.conditions);
    const healed = planStatus({ ...state(1, [pod('a')]), replicaSet: set });
    expect(healed.conditions).toBeUndefined();
    expect(sameStatus(failed, healed)).toBe(false);
    expect(sameStatus({ replicas: 0 }, { replicas: 0, readyReplicas: 0 })).toBe(true);
  });
});

describe('slowStart', () => {
  it('doubles its batches and stops after the first with a failure', async () => {
    let calls = 0;
    const result = await slowStart(100, async () => {
      calls++;
      if (calls === 5) throw new Error('quota');
    });
    expect(calls).toBe(7);
    expect(result).toMatchObject({ succeeded: 6, error: { message: 'quota' } });
    expect(await slowStart(10, async () => {})).toEqual({ succeeded: 10 });
  });
});
