import { describe, expect, it } from 'vitest';
import type { FrameNetwork } from '../../platform/net/frames.ts';
import { findSelf } from './join.ts';

const member = (id: string, ...peerUrls: string[]) => ({
  ...{ id, peerUrls, name: '', clientUrls: [], isLearner: false },
});
const cluster = {
  clusterId: '77',
  members: [member('1', 'http://a:1'), member('2', 'http://b:2')],
};

const join = (
  answers: Readonly<Record<string, object>>,
  options: { peerUrls?: string[]; expectedMembers?: number } = {},
) =>
  findSelf({
    ...{ others: ['http://a:1', 'http://c:3'], peerUrls: ['http://b:2'], expectedMembers: 2 },
    ...{ tls: undefined, ...options },
    network: {
      get({ url }: { url: string }) {
        const answer = answers[url];
        if (answer === undefined) return Promise.reject(new Error('connection refused'));
        return Promise.resolve(Buffer.from(JSON.stringify(answer)));
      },
    } as unknown as FrameNetwork,
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
