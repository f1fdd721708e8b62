import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../api/meta.ts';
import { objectFindings } from './object.ts';

const withConditions = (kind: string, conditions: object[]): KubernetesObject =>
  ({ apiVersion: 'v1', kind, metadata: { name: 'x' }, status: { conditions } }) as KubernetesObject;

const told = (kind: string, type: string, status: string): readonly string[] =>
  objectFindings(withConditions(kind, [{ type, status }])).map(({ text }) => text);

describe('conditions', () => {
  it.each([
    ['HorizontalPodAutoscaler', 'ScalingLimited', 'False'],
    ['PodDisruptionBudget', 'DisruptionAllowed', 'True'],
    ['PodDisruptionBudget', 'DisruptionAllowed', 'False'],
    ['Namespace', 'NamespaceContentRemaining', 'False'],
    ['Namespace', 'NamespaceDeletionContentFailure', 'False'],
    ['Node', 'MemoryPressure', 'False'],
    ['FlowSchema', 'Dangling', 'False'],
    ['Job', 'SuccessCriteriaMet', 'True'],
    ['Deployment', 'Available', 'True'],
  ])('%s %s=%s are as they should be', (kind, type, status) => {
    expect(told(kind, type, status)).toEqual([]);
  });

  it.each([
    ['Node', 'Ready', 'Unknown'],
    ['Node', 'DiskPressure', 'True'],
    ['Namespace', 'NamespaceContentRemaining', 'True'],
    ['HorizontalPodAutoscaler', 'AbleToScale', 'False'],
    ['FlowSchema', 'Dangling', 'True'],
    ['PersistentVolumeClaim', 'FileSystemResizePending', 'True'],
  ])('%s %s=%s are told', (kind, type, status) => {
    expect(told(kind, type, status)).toEqual([`${type} is ${status}`]);
  });

  it('tell the end of a Job once', () => {
    const job = withConditions('Job', [
      { type: 'FailureTarget', status: 'True' },
      { type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', message: 'too often' },
    ]);
    expect(objectFindings(job)).toEqual([
      { text: 'Failed is True (BackoffLimitExceeded): too often' },
    ]);
  });

  it.each([
    ['pods "a" is forbidden: exceeded quota: q', 'have the quota raised'],
    ['pods "a" is forbidden: violates PodSecurity "restricted:latest": x', 'securityContext'],
    ['Internal error occurred: failed calling webhook "a": x', 'its Service has ready pods'],
    ['admission webhook "a" denied the request: no', 'ask who runs it'],
    ['ReplicaSet "a" has timed out progressing.', 'kubectl-lite rollout undo'],
  ])('that say "%s" come with advice', (message, hint) => {
    const failure = { type: 'ReplicaFailure', status: 'True', message };
    expect(objectFindings(withConditions('ReplicaSet', [failure]))[0]?.hint).toContain(hint);
  });
});
