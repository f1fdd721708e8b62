import { describe, expect, it } from 'vitest';
import type { OwnerReference } from '../../api/meta.ts';
import type { StatefulSet } from '../../api/types/apps-v1.ts';
import type { PersistentVolumeClaim, Pod } from '../../api/types/core-v1.ts';
import { claimProblem, ownersOf } from './retention.ts';

const setOf = (whenDeleted: string, whenScaled: string): StatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db', uid: 'set' },
  spec: {
    selector: {},
    serviceName: 'db',
    template: {},
    persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled },
  },
});

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'db-1', uid: 'pod' },
  spec: { containers: [] },
};

const claimOwnedBy = (...ownerReferences: OwnerReference[]): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'disk-db-1', ownerReferences },
  spec: {},
});

const owner = (kind: string, name: string, uid: string): OwnerReference => ({
  apiVersion: kind === 'Pod' ? 'v1' : 'apps/v1',
  kind,
  name,
  uid,
  controller: true,
  blockOwnerDeletion: true,
});
const bySet = owner('StatefulSet', 'db', 'set');
const byPod = owner('Pod', 'db-1', 'pod');
const byOldPod = owner('Pod', 'db-1', 'before');

describe('a claim belongs to', () => {
  it.each<[string, string, boolean, OwnerReference[], string[] | undefined]>([
    ['Retain', 'Retain', false, [], undefined],
    ['Retain', 'Retain', true, [bySet], []],
    ['Delete', 'Retain', false, [], ['StatefulSet']],
    ['Delete', 'Retain', true, [bySet], undefined],
    ['Retain', 'Delete', false, [byPod], []],
    ['Retain', 'Delete', true, [], ['Pod']],
    ['Delete', 'Delete', true, [bySet], ['Pod']],
    ['Delete', 'Delete', false, [byOldPod], ['StatefulSet']],
    ['Delete', 'Delete', true, [owner('Other', 'x', 'x')], undefined],
  ])('whenDeleted %s, whenScaled %s, scaled away %s', (...row) => {
    const [whenDeleted, whenScaled, condemned, before, wanted] = row;
    const use = { set: setOf(whenDeleted, whenScaled), pod, condemned };
    const owners = ownersOf(claimOwnedBy(...before), use);
    expect(owners?.map(({ kind }) => kind)).toEqual(wanted);
    expect(ownersOf(claimOwnedBy(...(owners ?? before)), use)).toBeUndefined();
  });
});

it('is no use to a new pod while it goes with the one before', () => {
  expect(claimProblem(claimOwnedBy(bySet), 'db-1')).toBeUndefined();
  expect(claimProblem(claimOwnedBy(byOldPod), 'db-1')).toContain('scaled away');
  const going = { ...claimOwnedBy(), metadata: { name: 'c', deletionTimestamp: 'now' } };
  expect(claimProblem(going, 'db-1')).toBe('pvc c is being deleted');
});
