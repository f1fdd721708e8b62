import { describe, expect, it } from 'vitest';
import { formatTime } from '../../api/time.ts';
import type { Deployment, DeploymentStatus, ReplicaSet } from '../../api/types/apps-v1.ts';
import { createFailedText } from './conditions.ts';
import { planStatus, statusWithout } from './status.ts';

const T0 = 1_700_000_000_000;

function deployment(status?: DeploymentStatus, replicas = 2): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'd', name: 'web', uid: 'u', generation: 4 },
    spec: {
      replicas,
      progressDeadlineSeconds: 60,
      selector: {},
      template: {},
    },
    ...(status === undefined ? {} : { status }),
  };
}

const replicaSet = (replicas: number, available: number, more: object = {}): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { namespace: 'd', name: 'web-1' },
  spec: { replicas, selector: {} },
  status: { replicas, readyReplicas: available, availableReplicas: available, ...more },
});

function statusAfter(before: DeploymentStatus | undefined, newest: ReplicaSet, nowMs = T0) {
  const versions = { newest, old: [] };
  return planStatus({ deployment: deployment(before), versions, nowMs, timed: true });
}

const conditions = (status: DeploymentStatus): string[] =>
  (status.conditions ?? []).map((c) => `${c.type} ${c.status} ${c.reason}: ${c.message}`).sort();

describe('the status of a Deployment', () => {
  it('sums up its ReplicaSets', () => {
    const versions = { newest: replicaSet(2, 1), old: [replicaSet(3, 3)] };
    const status = planStatus({ deployment: deployment(), versions, nowMs: T0, timed: true });
    expect(status).toMatchObject({
      observedGeneration: 4,
      replicas: 5,
      updatedReplicas: 2,
      readyReplicas: 4,
      availableReplicas: 4,
      unavailableReplicas: 1,
    });
  });

  it('goes from progressing to complete, and stays complete when a pod fails', () => {
    const half = statusAfter(undefined, replicaSet(2, 1));
    expect(conditions(half)).toEqual([
      'Available False MinimumReplicasUnavailable: Deployment does not have minimum availability.',
      'Progressing True ReplicaSetUpdated: ReplicaSet "web-1" is progressing.',
    ]);
    const done = statusAfter(half, replicaSet(2, 2), T0 + 5000);
    expect(conditions(done)).toEqual([
      'Available True MinimumReplicasAvailable: Deployment has minimum availability.',
      'Progressing True NewReplicaSetAvailable: ReplicaSet "web-1" has successfully progressed.',
    ]);
    const failing = statusAfter(done, replicaSet(2, 1), T0 + 500_000);
    expect(conditions(failing)[1]).toContain('NewReplicaSetAvailable');
  });

  it('exceeds its deadline only without progress', () => {
    const begun = statusAfter(undefined, replicaSet(2, 0));
    const inTime = statusAfter(begun, replicaSet(2, 0), T0 + 59_000);
    expect(conditions(inTime)[1]).toContain('ReplicaSetUpdated');
    const moved = statusAfter(begun, replicaSet(2, 1), T0 + 59_000);
    const progressing = moved.conditions!.find(({ type }) => type === 'Progressing')!;
    expect(progressing.lastUpdateTime).toBe(formatTime(T0 + 59_000));
    expect(progressing.lastTransitionTime).toBe(formatTime(T0));
    const late = statusAfter(begun, replicaSet(2, 0), T0 + 61_000);
    expect(conditions(late)[1]).toBe(
      'Progressing False ProgressDeadlineExceeded: ReplicaSet "web-1" has timed out progressing.',
    );
  });

  it('passes a failure of its ReplicaSet on, and drops it when it is over', () => {
    const failure = {
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      message: 'quota',
    };
    const failed = statusAfter(undefined, replicaSet(2, 0, { conditions: [failure] }));
    expect(conditions(failed)).toContain('ReplicaFailure True FailedCreate: quota');
    expect(conditions(statusAfter(failed, replicaSet(2, 0))).join()).not.toContain(
      'ReplicaFailure',
    );
  });

  it('leaves a failure as it is told while it is paused', () => {
    const failure = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' };
    const failed = statusAfter(undefined, replicaSet(2, 0, { conditions: [failure] }));
    const versions = { newest: replicaSet(2, 2), old: [] };
    const state = { deployment: deployment(failed), versions, nowMs: T0, timed: false };
    expect(conditions(planStatus(state)).join()).toContain('ReplicaFailure True FailedCreate');
  });

  it('tells of a ReplicaSet that is refused nothing but why, if it has a deadline', () => {
    const text = createFailedText('web-1', 'quota');
    const refused = statusWithout(deployment(), { text }, T0);
    expect(Object.keys(refused)).toEqual(['conditions']);
    expect(conditions(refused)).toEqual([
      'Progressing False ReplicaSetCreateError: Failed to create new replica set "web-1": quota',
    ]);
    const endless = deployment();
    const spec = { ...endless.spec, progressDeadlineSeconds: 2_147_483_647 };
    expect(statusWithout({ ...endless, spec }, { text }, T0)).toEqual({});
    const known = { observedGeneration: 3, replicas: 2 };
    expect(statusWithout(deployment(known), { collisionCount: 1 }, T0)).toEqual({
      ...known,
      collisionCount: 1,
    });
  });
});
