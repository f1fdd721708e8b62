import { describe, expect, it } from 'vitest';
import type { PersistentVolumeClaim, Volume } from '../../api/types/core-v1.ts';
import { aPod } from '../../test/support/scheduling.ts';
import { planVolumes } from './plan.ts';

const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
const volume = (name: string, metadata = {}): Volume => ({
  name,
  ephemeral: { volumeClaimTemplate: { metadata, spec } },
});
const pod = (more: object = {}) => {
  const made = aPod({
    volumes: [
      { name: 'cache', emptyDir: {} },
      volume('data', { labels: { app: 'web' } }),
      volume('logs'),
    ],
  });
  return { ...made, metadata: { ...made.metadata, uid: 'u1', ...more } };
};
const owner = { apiVersion: 'v1', kind: 'Pod', name: 'pod', uid: 'u1', controller: true };
const claim = (name: string, ownerReferences = [owner]): PersistentVolumeClaim => ({
  ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', spec },
  metadata: { namespace: 'default', name, ownerReferences },
});
const among =
  (...claims: PersistentVolumeClaim[]) =>
  (name: string): PersistentVolumeClaim | undefined =>
    claims.find(({ metadata }) => metadata.name === name);

describe('the claims of ephemeral volumes', () => {
  it('are made from their templates, named after pod and volume, and owned by the pod', () => {
    const owned = {
      ...{ namespace: 'default', ownerReferences: [{ ...owner, blockOwnerDeletion: true }] },
    };
    expect(planVolumes(pod(), among())).toEqual({
      missing: [
        {
          volume: 'data',
          claim: { metadata: { ...owned, name: 'pod-data', labels: { app: 'web' } }, spec },
        },
        { volume: 'logs', claim: { metadata: { ...owned, name: 'pod-logs' }, spec } },
      ],
    });
  });

  it('are not made twice', () => {
    const { missing } = planVolumes(pod(), among(claim('pod-data')));
    expect(missing.map(({ volume }) => volume)).toEqual(['logs']);
  });

  it('are made again for a pod that has ended, and not for one that is being deleted', () => {
    const ended = { ...pod(), status: { phase: 'Failed' } };
    expect(planVolumes(ended, among()).missing).toHaveLength(2);
    const leaving = pod({ deletionTimestamp: '2026-01-01T00:00:00Z' });
    expect(planVolumes(leaving, among(claim('pod-data', [])))).toEqual({ missing: [] });
  });

  it.each([
    ['nobody', []],
    ['an earlier pod of the name', [{ ...owner, uid: 'u0' }]],
    ['the pod, which does not control it', [{ ...owner, controller: false }]],
  ])('are not those that belong to %s', (_, owners) => {
    expect(planVolumes(pod(), among(claim('pod-logs', owners)))).toMatchObject({
      missing: [{ volume: 'data' }],
      problem:
        'ephemeral volume logs: ' +
        'PVC default/pod-logs was not created for pod default/pod (pod is not owner)',
    });
  });
});
