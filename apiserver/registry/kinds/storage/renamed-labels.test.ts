import { expect, test } from 'vitest';
import type { VolumeNodeAffinity } from '../../../../api/types/core-v1.ts';
import { isOnlyRenamed } from './renamed-labels.ts';

const BETA = 'failure-domain.beta.kubernetes.io/zone';
const ZONE = 'topology.kubernetes.io/zone';

const within = (key: string, ...values: string[]): VolumeNodeAffinity => {
  const host = { key: 'host', operator: 'In', values: ['n'] };
  const matchExpressions = [host, { key, operator: 'In', values }];
  return { required: { nodeSelectorTerms: [{ matchExpressions }] } };
};

type Case = readonly [string, VolumeNodeAffinity | undefined, VolumeNodeAffinity, boolean];

test.each<Case>([
  ['nothing', within(BETA, 'a'), within(BETA, 'a'), true],
  ['the name of the zone', within(ZONE, 'a'), within(BETA, 'a'), true],
  ['it back', within(BETA, 'a'), within(ZONE, 'a'), false],
  ['the name and the zone', within(ZONE, 'b'), within(BETA, 'a'), false],
  ['zone to region', within('topology.kubernetes.io/region', 'a'), within(BETA, 'a'), false],
  ['all', undefined, within(BETA, 'a'), false],
  ['what was empty', {}, {}, true],
])('of where a volume is changes %s', (_, ...[affinity, old, renamed]) => {
  expect(isOnlyRenamed(affinity, old)).toBe(renamed);
});
