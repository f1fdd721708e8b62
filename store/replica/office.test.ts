import { expect, it } from 'vitest';
import { silentLogger } from '../../platform/logger.ts';
import type { Role } from '../raft/core.ts';
import { NONE } from '../raft/entry.ts';
import { Office } from './office.ts';

const settings = { heartbeatMs: 100, electionTimeoutMs: 1000, logger: silentLogger };

function officeOf(isAlone = false) {
  const told: string[] = [];
  const raft = {
    role: 'follower' as Role,
    term: 1,
    leader: NONE,
    stepDown: () => void told.push('steps down'),
  };
  const disk = { stalledMs: 0 };
  const office = new Office({
    ...{ settings, raft, isAlone: () => isAlone, stalledMs: () => disk.stalledMs },
    onLeader: () => told.push('leader'),
    onLeadership: (leads) => told.push(leads ? 'takes office' : 'leaves office'),
  });
  return { office, raft, disk, told };
}

it('is held from the turn on in which it was told, for that term alone', () => {
  const { office, raft, told } = officeOf();
  Object.assign(raft, { role: 'leader', leader: '7', term: 2 });
  expect([office.leads, office.isHeld]).toEqual([true, false]);
  office.look();
  expect([told, office.isHeld]).toEqual([['leader', 'takes office'], true]);
  raft.term = 3;
  expect(office.isHeld).toBe(false);
  office.look();
  expect([told.splice(2), office.isHeld]).toEqual([['takes office'], true]);
  Object.assign(raft, { role: 'follower', leader: NONE });
  office.look();
  office.look();
  expect([told.splice(2), office.leaderChanges]).toEqual([['leader', 'leaves office'], 1]);
});

it.each([
  { who: 'a leader leaves', role: 'leader', isAlone: false, expected: ['steps down'] },
  { who: 'the only voter keeps', role: 'leader', isAlone: true, expected: [] },
  { who: 'a follower has not', role: 'follower', isAlone: false, expected: [] },
] as const)('$who it when the disk does not answer', ({ role, isAlone, expected }) => {
  const { office, raft, disk, told } = officeOf(isAlone);
  raft.role = role;
  disk.stalledMs = 999;
  office.tick(100);
  expect(told).toEqual([]);
  disk.stalledMs = 1000;
  office.tick(200);
  expect(told).toEqual(expected);
});

it('counts the heartbeats of a leader that left late', () => {
  const { office, raft } = officeOf();
  for (const now of [0, 500]) office.tick(now);
  raft.role = 'leader';
  for (const now of [600, 800, 1001, 1101]) office.tick(now);
  expect(office.lateHeartbeats).toBe(1);
});
