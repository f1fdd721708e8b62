import { describe, expect, it } from 'vitest';
import type { FrameNetwork } from '../../platform/net/frames.ts';
import { findSelf, hasRunBefore } from './join.ts';

const member = (id: string, ...peerUrls: string[]) => ({
  ...{ id, peerUrls, name: '', clientUrls: [], isLearner: false },
});
const cluster = {
  clusterId: '77',
  members: [member('1', 'http://a:1'), member('2', 'http://b:2')],
};

const answering = (answers: Readonly<Record<string, object>>): FrameNetwork =>
  ({
    get({ url, path }: { url: string; path: string }) {
      const answer = answers[`${url}${path}`];
      if (answer === undefined) return Promise.reject(new Error('connection refused'));
      return Promise.resolve(Buffer.from(JSON.stringify(answer)));
    },
  }) as unknown as FrameNetwork;

const join = (
  answers: Readonly<Record<string, object>>,
  options: { peerUrls?: string[]; expectedMembers?: number } = {},
) =>
  findSelf({
    ...{ others: ['http://a:1', 'http://c:3'], peerUrls: ['http://b:2'], expectedMembers: 2 },
    ...{ tls: undefined, ...options },
    network: answering(answers),
  });

describe('a new process', () => {
  it('finds out who it is from the first that answers', async () => {
    const self = await join({ 'http://c:3/members': cluster });
    expect(self).toMatchObject({ clusterId: '77', memberId: '2' });
  });

  it('knows itself by all of its URLs, in any order', async () => {
    const two = {
      ...cluster,
      members: [cluster.members[0], member('2', 'http://b:2', 'http://b:3')],
    };
    const answers = { 'http://a:1/members': two };
    const urls = { peerUrls: ['http://b:3', 'http://b:2'] };
    expect(await join(answers, urls)).toMatchObject({ memberId: '2' });
    await expect(join(answers)).rejects.toThrow('no member with http://b:2');
  });

  it('does not join one that is of another size than it was told', async () => {
    const joining = join({ 'http://a:1/members': cluster }, { expectedMembers: 3 });
    await expect(joining).rejects.toThrow('member count is unequal');
  });

  it('says whom it could not reach, and why', async () => {
    await expect(join({})).rejects.toThrow(/http:\/\/a:1: connection refused; http:\/\/c:3: conn/);
  });
});

describe('the first start of a member of a new cluster', () => {
  const published = { ...member('2', 'http://b:2'), name: 'b', clientUrls: ['http://b:3'] };
  it.each<[string, object, boolean]>([
    ['is not its first if any other knows where it serves', { members: [published] }, true],
    ['is its first while it has told nobody', cluster, false],
    ['is its first if they are others', { members: [member('1', 'http://a:1')] }, false],
  ])('%s', async (_, answer, expected) => {
    const options = { others: ['http://a:1', 'http://c:3'], memberId: '2', tls: undefined };
    const network = answering({ 'http://c:3/members': answer });
    expect(await hasRunBefore({ ...options, network })).toBe(expected);
    expect(await hasRunBefore({ ...options, network: answering({}) })).toBe(false);
  });
});
