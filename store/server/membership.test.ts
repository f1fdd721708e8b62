import { describe, expect, it } from 'vitest';
import { sha1 } from '../../platform/node/crypto/sha1.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { ClusterChange } from '../persistence/cluster-state.ts';
import { ClusterState } from '../persistence/cluster-state.ts';
import { ClusterMembership } from './membership.ts';
import type { Peers } from '../replica/peers.ts';
import type { Replica } from '../replica/replica.ts';

interface Situation {
  /** "1 2 3" have started; "4?" has not; "5L" learns. */
  readonly members: string;
  /** Whom member 1, which leads, has been connected to for long; "3*" only just. */
  readonly connected: string;
  readonly strictly?: boolean;
  readonly maxLearners?: number;
}

/** The service on member 1 of a cluster in a given situation, and the changes it proposed. */
function membership({ members, connected, strictly = true, maxLearners = 1 }: Situation) {
  const clock = new FakeClock();
  const known = members.split(' ').map((text) => ({
    ...{ id: text[0]!, peerUrls: [`http://m${text[0]}:2380`], clientUrls: [] },
    ...{ name: text.endsWith('?') ? '' : `m${text[0]}`, isLearner: text.endsWith('L') },
  }));
  const since = new Map(
    connected.split(' ').map((text) => [text[0]!, text.endsWith('*') ? -100 : -60_000]),
  );
  const proposed: ClusterChange[] = [];
  const cluster = new ClusterState({ members: known, removed: [] });
  const progress = new Map([['5', { match: 95 }]]);
  const replica = {
    ...{ cluster, leads: true, assertRunning() {}, assertVoter() {} },
    raft: { id: '1', leader: '1', lastIndex: 100, progressOf: (id: string) => progress.get(id) },
    confirmRead: () => undefined,
    proposeChange(change: ClusterChange) {
      proposed.push(change);
      cluster.apply(change);
      return Promise.resolve();
    },
  };
  const service = new ClusterMembership({
    ...{ clock, sha1, strictReconfigCheck: strictly, maxLearners },
    replica: () => replica as unknown as Replica,
    peers: () => ({ connectedSince: (id: string) => since.get(id) }) as unknown as Peers,
  });
  return { service, proposed, progress };
}

const url = ['http://new:2380'];
const voter = { peerUrls: url, isLearner: false };
const refusal = (reason: string): object => expect.objectContaining({ reason }) as object;

describe('with --strict-reconfig-check', () => {
  it.each([
    ['when all run', { members: '1 2 3', connected: '2 3' }, undefined],
    ['to a lone member', { members: '1', connected: '' }, undefined],
    ['while one is down', { members: '1 2 3', connected: '2' }, 'unhealthy'],
    ['while one is connected only just', { members: '1 2 3', connected: '2 3*' }, 'unhealthy'],
    ['while one of four is down', { members: '1 2 3 4', connected: '2 3' }, undefined],
    ['while one of five is down', { members: '1 2 3 4 5', connected: '2 3 4' }, undefined],
    ['while two of five are', { members: '1 2 3 4 5', connected: '2 3' }, 'unhealthy'],
    ['while another has not started', { members: '1 2?', connected: '' }, 'notEnoughStarted'],
  ])('a voter is added %s', async (_, situation, reason) => {
    const { service, proposed } = membership(situation);
    const before = situation.members.split(' ').length;
    const adding = service.add(voter);
    if (reason !== undefined) await expect(adding).rejects.toEqual(refusal(reason));
    else expect((await adding).members).toHaveLength(before + 1);
    expect(proposed).toHaveLength(reason === undefined ? 1 : 0);
  });

  it.each([
    ['when all run', { members: '1 2 3', connected: '2 3' }, undefined],
    ['to a lone member', { members: '1', connected: '' }, undefined],
    ['to one that has yet to tell its name', { members: '1?', connected: '' }, undefined],
    ['while one is down', { members: '1 2 3', connected: '2' }, 'unhealthy'],
    ['while one of four is down', { members: '1 2 3 4', connected: '2 3' }, undefined],
  ])('a learner is added %s', async (_, situation, reason) => {
    const { service } = membership(situation);
    const adding = service.add({ peerUrls: url, isLearner: true });
    if (reason !== undefined) await expect(adding).rejects.toEqual(refusal(reason));
    else expect((await adding).member).toMatchObject({ isLearner: true, name: '', peerUrls: url });
  });

  it('so many learners are added as --max-learners says, whatever the others say', async () => {
    const { service, proposed } = membership({ members: '1', connected: '', maxLearners: 2 });
    const learner = (n: number) => ({ peerUrls: [`http://l${n}:2380`], isLearner: true });
    await service.add(learner(1));
    await service.add(learner(2));
    await expect(service.add(learner(3))).rejects.toEqual(refusal('tooManyLearners'));
    const elsewhere = new ClusterState();
    for (const change of proposed) elsewhere.apply(change);
    expect(elsewhere.configuration.learners).toHaveLength(2);
  });

  it.each([
    ['3, that is down', { members: '1 2 3', connected: '2' }, undefined],
    ['3, of three that run', { members: '1 2 3', connected: '2 3' }, undefined],
    ['2, when another is down', { members: '1 2 3', connected: '2' }, 'unhealthy'],
    ['1, that leads, of three that run', { members: '1 2 3', connected: '2 3' }, undefined],
    ['1, the only one', { members: '1', connected: '' }, 'notEnoughStarted'],
    ['1, beside one that never started', { members: '1 2?', connected: '' }, 'notEnoughStarted'],
    ['5, that learns, whoever is down', { members: '1 2 3 5L', connected: '' }, undefined],
  ])('one is removed: %s', async (text, situation, reason) => {
    const { service, proposed } = membership(situation);
    const id = text[0]!;
    const removing = service.remove(id);
    if (reason !== undefined) await expect(removing).rejects.toEqual(refusal(reason));
    else expect((await removing).map((member) => member.id)).not.toContain(id);
    expect(proposed).toHaveLength(reason === undefined ? 1 : 0);
  });

  it('a learner is promoted once its log is nine tenths of the leader’s', async () => {
    const { service, progress } = membership({ members: '1 2 3 5L', connected: '2 3 5' });
    progress.set('5', { match: 89 });
    await expect(service.promote('5')).rejects.toEqual(refusal('learnerNotReady'));
    progress.set('5', { match: 90 });
    const members = await service.promote('5');
    expect(members.find(({ id }) => id === '5')!.isLearner).toBe(false);
    expect(service.counters).toEqual({ promoted: 1, notPromoted: 1 });
  });

  it.each([
    ['though a voter is down or has just come', '1 2 3 5L', undefined],
    ['beside a lone voter', '1 5L', undefined],
    ['beside one voter of three that has started', '1 2? 3? 5L', 'notEnoughStarted'],
  ])('a learner in sync is promoted %s, as in etcd', async (_, members, reason) => {
    const { service } = membership({ members, connected: '2*' });
    const promoting = service.promote('5');
    if (reason !== undefined) await expect(promoting).rejects.toEqual(refusal(reason));
    else expect((await promoting).find(({ id }) => id === '5')!.isLearner).toBe(false);
  });
});

describe('without it', () => {
  it('nothing is refused for the quorum’s sake', async () => {
    const { service } = membership({ members: '1 2? 3?', connected: '', strictly: false });
    await service.add(voter);
    expect(await service.remove('2')).toHaveLength(3);
  });
});

describe('always', () => {
  it.each([
    ['no URL', []],
    ['no port', ['http://new']],
    ['a path', ['http://new:2380/members']],
    ['another scheme', ['ftp://new:2380']],
  ])('a member is not added with %s', async (_, peerUrls) => {
    const { service } = membership({ members: '1', connected: '' });
    await expect(service.add({ peerUrls, isLearner: false })).rejects.toEqual(
      refusal('memberUrlsInvalid'),
    );
  });

  it('IDs differ by the second they were made in', async () => {
    const { service } = membership({ members: '1 2 3', connected: '2 3' });
    const { member } = await service.add(voter);
    expect(member.id).toMatch(/^\d{15,20}$/);
  });
});
