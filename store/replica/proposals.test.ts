import { describe, expect, it } from 'vitest';
import type { Role } from '../raft/core.ts';
import type { Proposal } from '../raft/entry.ts';
import type { ProposeResult } from '../raft/raw-node.ts';
import { Proposals } from './proposals.ts';

/** Raft as proposals see it: who leads, and what was handed to it. */
class Raft {
  term = 2;
  role: Role = 'leader';
  answer: ProposeResult = 'accepted';
  readonly taken: string[] = [];

  propose(proposals: readonly Proposal[]): ProposeResult {
    if (this.answer !== 'noLeader')
      this.taken.push(...proposals.map(({ data }) => Buffer.from(data).toString()));
    return this.answer;
  }
}

interface Told {
  outcome: string;
}

function setUp() {
  const raft = new Raft();
  const proposals = new Proposals(7, raft);
  const submit = (text: string, officeTerm?: number): Told & { id: number; data: Buffer } => {
    const id = proposals.nextId();
    const data = Buffer.from(text);
    const told = { outcome: 'waiting', id, data };
    const what = { proposal: { type: 'normal', data }, command: undefined, deadline: 10 } as const;
    proposals.submit(id, { ...what, officeTerm }).then(
      () => (told.outcome = 'applied'),
      ({ reason }: { reason: string }) => (told.outcome = reason),
    );
    return told;
  };
  return { raft, proposals, submit };
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('proposals', () => {
  it('are answered when they are applied, by ID and bytes', async () => {
    const { proposals, submit } = setUp();
    const [one, two] = [submit('one'), submit('two')];
    proposals.resolve(two.id, Buffer.from('of another member'));
    proposals.resolve(one.id, Buffer.from('one'));
    await soon();
    expect([one.outcome, two.outcome]).toEqual(['applied', 'waiting']);
  });

  it('wait in order for a leader', () => {
    const { raft, proposals, submit } = setUp();
    raft.answer = 'noLeader';
    submit('one');
    submit('two');
    raft.answer = 'forwarded';
    submit('three');
    expect(raft.taken).toEqual([]);
    proposals.retry();
    expect(raft.taken).toEqual(['one', 'two', 'three']);
  });

  it('given to a leader of before are given up, those given to nobody are not', async () => {
    const { raft, proposals, submit } = setUp();
    const given = submit('given');
    raft.answer = 'noLeader';
    const kept = submit('kept');
    proposals.leaderChanged(3);
    await soon();
    expect([given.outcome, kept.outcome]).toEqual(['timeoutLeaderFailed', 'waiting']);
  });

  it('are given up at their deadline', async () => {
    const { proposals, submit } = setUp();
    const late = submit('late');
    proposals.expire(10);
    await soon();
    expect([late.outcome, proposals.size, proposals.failed]).toEqual(['timeout', 0, 1]);
  });
});

// Seed 1763 of the simulator, and etcd's bug 15247: a leader that was handing over decided that a
// lease was over; its successor, where the lease had been renewed, was handed the revocation.
describe('what a leader decides by itself', () => {
  it('is proposed in its own term', () => {
    const { raft, submit } = setUp();
    submit('revoke', 2);
    expect(raft.taken).toEqual(['revoke']);
  });

  it.each<[string, Partial<Raft>]>([
    ['while it hands over', { answer: 'noLeader' }],
    ['once it follows another', { role: 'follower', answer: 'forwarded', term: 3 }],
    ['in a later term of its own', { term: 4 }],
  ])('is not handed to anybody %s, nor later', async (_, situation) => {
    const { raft, proposals, submit } = setUp();
    Object.assign(raft, situation);
    const told = submit('revoke', 2);
    raft.answer = 'forwarded';
    proposals.retry();
    await soon();
    expect([told.outcome, raft.taken]).toEqual(['notLeader', []]);
  });
});
