/**
 * What "In Search of an Understandable Consensus Algorithm" (Ongaro, Ousterhout; extended
 * version) demands, section by section.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RaftNetwork } from '../../test/model/raft-network.ts';
import type { RaftPeer } from '../../test/model/raft-network.ts';
import type { Entry } from './entry.ts';
import type { Message } from './message.ts';
import { committedIndex, voteResult } from './quorum.ts';

const data = (text: string): { type: 'normal'; data: Buffer }[] => [
  { type: 'normal', data: Buffer.from(text) },
];
const applied = (peer: RaftPeer): string[] =>
  peer.applied.map((entry) => Buffer.from(entry.data).toString()).filter((text) => text !== '');

const entry = (index: number, term = 1): Entry => ({
  ...{ term, index, type: 'normal', data: Buffer.from(String(index)) },
});

function elected(size: number, id = '1'): RaftNetwork {
  const network = new RaftNetwork(size);
  network.peer(id).node.campaign();
  network.settle();
  expect(network.peer(id).node.role).toBe('leader');
  return network;
}

/** Node 1 of three, standing for election, its vote for itself on its disk. */
function candidate(term = 0): RaftPeer {
  const peer = new RaftNetwork(3, { preVote: false }).peer('1');
  peer.hardState = { term, vote: '0', commit: 0 };
  peer.restart();
  peer.node.campaign();
  peer.handle();
  return peer;
}

describe('5.1 Raft basics', () => {
  it('a greater term in a message makes anybody a follower of that term', () => {
    const network = elected(3);
    const { node } = network.peer('1');
    node.step({ type: 'appendResponse', from: '2', to: '1', term: 9, index: 0 });
    expect([node.role, node.term]).toEqual(['follower', 9]);
  });

  it('a candidate that hears of a greater term gives up its own election', () => {
    const { node } = candidate();
    node.step({ type: 'voteResponse', from: '2', to: '1', term: 4, granted: false });
    expect([node.role, node.term]).toEqual(['follower', 4]);
  });

  it('a message of an old term is refused, and its sender told of the new one', () => {
    const peer = new RaftNetwork(3).peer('2');
    peer.hardState = { term: 5, vote: '2', commit: 0 };
    peer.restart();
    const old = { from: '1', to: '2', term: 1 };
    const append = { previousIndex: 0, previousTerm: 0, entries: [], commit: 0 };
    peer.node.step({ type: 'append', ...old, ...append });
    expect(peer.handle()!.sent).toMatchObject([{ type: 'appendResponse', to: '1', term: 5 }]);
    peer.node.step({ type: 'vote', ...old, lastIndex: 9, lastTerm: 9 });
    expect(peer.handle()).toBeUndefined();
    expect([peer.node.term, peer.node.leader]).toEqual([5, '0']);
  });
});

describe('5.2 Leader election', () => {
  const heartbeat = (term: number): Message => ({
    ...{ type: 'heartbeat', from: '2', to: '1', term, commit: 0 },
  });

  it('a candidate votes for itself, and leads at once when a majority has', () => {
    const peer = candidate();
    expect(peer.hardState).toMatchObject({ term: 1, vote: '1' });
    peer.node.step({ type: 'voteResponse', from: '3', to: '1', term: 1, granted: true });
    expect(peer.node.role).toBe('leader');
    expect(peer.handle()!.sent).toMatchObject([
      { type: 'append', to: '2', term: 1 },
      { type: 'append', to: '3', term: 1 },
    ]);
  });

  it('a candidate that hears a leader of its term follows it, one of an older term not', () => {
    const { node } = candidate();
    node.step(heartbeat(1));
    expect([node.role, node.term, node.leader]).toEqual(['follower', 1, '2']);
    const later = candidate(3).node;
    later.step(heartbeat(2));
    expect([later.role, later.term]).toEqual(['candidate', 4]);
  });

  it('a split vote elects nobody; after another timeout the next term does', () => {
    const network = new RaftNetwork(4, { preVote: false });
    network.peer('1').node.campaign();
    network.peer('2').node.campaign();
    for (const [voter, candidateId] of [
      ['3', '1'],
      ['4', '2'],
    ] as const) {
      const ask = { type: 'vote', from: candidateId, to: voter, term: 1 } as const;
      network.peer(voter).node.step({ ...ask, lastIndex: 0, lastTerm: 0 });
    }
    network.settle();
    expect(network.leader()).toBeUndefined();
    network.tick(30);
    expect(network.leader()!.node.term).toBeGreaterThan(1);
  });

  it('servers start as followers, and a silent leader is replaced', () => {
    const network = new RaftNetwork(3);
    expect([...network.peers.values()].map(({ node }) => node.role)).toEqual(
      Array(3).fill('follower'),
    );
    network.tick(30);
    expect(network.leader()).toBeDefined();
  });

  it('a leader keeps office by heartbeats', () => {
    const network = elected(3);
    network.tick(100);
    expect(network.leader()!.id).toBe('1');
    expect(network.leader()!.node.term).toBe(1);
  });

  it('each server gives one vote a term, first come first served, and remembers it', () => {
    const network = new RaftNetwork(3);
    const peer = network.peer('3');
    const ask = (from: string): Message => ({
      type: 'vote',
      from,
      to: '3',
      term: 1,
      lastIndex: 0,
      lastTerm: 0,
    });
    peer.node.step(ask('1'));
    expect(peer.handle()!.sent).toMatchObject([{ to: '1', granted: true }]);
    peer.restart();
    peer.node.step(ask('2'));
    expect(peer.handle()!.sent).toMatchObject([{ to: '2', granted: false }]);
    peer.node.step(ask('1'));
    expect(peer.handle()!.sent).toMatchObject([{ to: '1', granted: true }]);
  });

  it('a vote is told only after it is persisted', () => {
    const peer = new RaftNetwork(3).peer('2');
    peer.node.step({ type: 'vote', from: '1', to: '2', term: 1, lastIndex: 0, lastTerm: 0 });
    const ready = peer.node.ready();
    expect(ready).toMatchObject({ mustSync: true, hardState: { vote: '1' }, messages: [] });
    expect(ready.messagesAfterPersist).toMatchObject([{ type: 'voteResponse', granted: true }]);
  });

  it('a candidate that hears the leader of its term gives way', () => {
    const network = elected(3);
    const { node } = network.peer('2');
    node.campaign();
    expect(node.role).toBe('preCandidate');
    network.tick(1);
    expect([node.role, node.leader]).toEqual(['follower', '1']);
  });

  it('election timeouts are spread over [T, 2T)', () => {
    for (const id of ['1', '5', '9']) {
      const network = new RaftNetwork(9);
      const { node } = network.peer(id);
      for (let i = 0; i < 10 + Number(id) - 1; i++) node.tick();
      expect(node.role).toBe('follower');
      node.tick();
      expect(node.role).toBe('preCandidate');
    }
  });
});

describe('5.3 Log replication', () => {
  it('an entry is applied once a majority has it, and by everybody in the end', () => {
    const network = elected(3);
    network.isolate('3');
    network.peer('1').node.propose(data('x'));
    network.settle();
    expect([applied(network.peer('1')), applied(network.peer('2'))]).toEqual([['x'], ['x']]);
    expect(applied(network.peer('3'))).toEqual([]);
    network.heal();
    network.tick(2);
    expect(applied(network.peer('3'))).toEqual(['x']);
  });

  it('nothing is applied without a majority', () => {
    const network = elected(3);
    network.isolate('1');
    network.peer('1').node.propose(data('x'));
    network.settle();
    expect(applied(network.peer('1'))).toEqual([]);
  });

  it('the leader does not count itself before its own disk has the entry', () => {
    const network = elected(1);
    const { node } = network.peer('1');
    node.propose(data('x'));
    const ready = node.ready();
    expect(ready.entries).toHaveLength(1);
    expect(node.commit).toBe(1);
    network.peer('1').persist(ready);
    node.advance();
    expect(node.commit).toBe(2);
  });

  it('a follower whose disk was emptied refuses to commit what it has confirmed', () => {
    const { node } = new RaftNetwork(3).peer('2');
    const heartbeat = { type: 'heartbeat', from: '1', to: '2', term: 1, commit: 8 } as const;
    expect(() => node.step(heartbeat)).toThrow(/confirmed entries up to 8 and its log ends at 0:/);
  });

  it('a follower accepts only what continues its log', () => {
    const network = elected(3);
    const peer = network.peer('2');
    const entries = [{ term: 1, index: 8, type: 'normal', data: Buffer.from('gap') }] as const;
    peer.node.step({
      type: 'append',
      from: '1',
      to: '2',
      term: 1,
      previousIndex: 7,
      previousTerm: 1,
      entries,
      commit: 1,
    });
    expect(peer.handle()!.sent).toMatchObject([{ type: 'appendResponse', rejected: {} }]);
    expect(peer.node.lastIndex).toBe(1);
  });

  it('a follower commits what its leader has committed, but no further than they agree', () => {
    const peer = elected(3).peer('2');
    const append = { type: 'append', from: '1', to: '2', term: 1, previousTerm: 1 } as const;
    const doomed = [entry(2), entry(3), entry(4)];
    peer.node.step({ ...append, previousIndex: 1, entries: doomed, commit: 1 });
    peer.handle();
    const next = { ...append, from: '3', term: 2, previousIndex: 1 };
    peer.node.step({ ...next, entries: [entry(2)], commit: 4 });
    expect(peer.node.commit).toBe(2);
  });

  it('an append that comes late and is short cuts nothing off', () => {
    const peer = elected(3).peer('2');
    const append = { type: 'append', from: '1', to: '2', term: 1, previousTerm: 1 } as const;
    const entries = [entry(2), entry(3), entry(4)];
    peer.node.step({ ...append, previousIndex: 1, entries, commit: 1 });
    peer.handle();
    peer.node.step({ ...append, previousIndex: 1, entries: [entry(2)], commit: 1 });
    expect(peer.node.lastIndex).toBe(4);
  });

  it('committing an entry commits those before it, of other leaders too', () => {
    const network = elected(3);
    for (const id of ['2', '3']) network.cut.add(`${id}>1`);
    network.peer('1').node.propose(data('of the first'));
    network.settle();
    network.isolate('1');
    network.tick(25);
    network.leader()!.node.propose(data('of the second'));
    network.settle();
    expect(applied(network.leader()!)).toEqual(['of the first', 'of the second']);
  });

  it('conflicting entries of a follower are overwritten by the leader', () => {
    const network = elected(3);
    network.isolate('1');
    for (let i = 0; i < 5; i++) network.peer('1').node.propose(data(`doomed ${i}`));
    network.settle();
    network.tick(25);
    const leader = network.leader()!;
    expect(leader.id).not.toBe('1');
    leader.node.propose(data('kept'));
    network.settle();
    network.heal();
    network.tick(3);
    for (const peer of network.peers.values()) expect(applied(peer)).toEqual(['kept']);
    expect(network.peer('1').storage.lastIndex).toBe(leader.storage.lastIndex);
  });
});

describe('5.4.1 Election restriction', () => {
  it.each([
    ['a later last term wins', { lastIndex: 1, lastTerm: 3 }, true],
    ['the same term and length is enough', { lastIndex: 2, lastTerm: 2 }, true],
    ['a shorter log of the same term is refused', { lastIndex: 1, lastTerm: 2 }, false],
    ['a longer log of an older term is refused', { lastIndex: 9, lastTerm: 1 }, false],
  ])('%s', (_, end, granted) => {
    const peer = new RaftNetwork(3).peer('1');
    peer.storage.append([
      { term: 1, index: 1, type: 'normal', data: Buffer.alloc(0) },
      { term: 2, index: 2, type: 'normal', data: Buffer.alloc(0) },
    ]);
    peer.hardState = { term: 2, vote: '0', commit: 0 };
    peer.restart();
    peer.node.step({ type: 'vote', from: '2', to: '1', term: 4, ...end });
    expect(peer.handle()!.sent).toMatchObject([{ type: 'voteResponse', granted }]);
  });
});

describe('5.4.2 Committing entries from previous terms', () => {
  it('an old entry on a majority is committed only together with one of the own term', () => {
    const network = new RaftNetwork(3);
    const peer = network.peer('1');
    peer.storage.append([{ term: 1, index: 1, type: 'normal', data: Buffer.from('old') }]);
    peer.hardState = { term: 1, vote: '1', commit: 0 };
    peer.restart();
    peer.node.campaign();
    const answer = (type: 'preVoteResponse' | 'voteResponse'): void => {
      peer.handle();
      peer.node.step({ type, from: '2', to: '1', term: 2, granted: true });
    };
    answer('preVoteResponse');
    answer('voteResponse');
    expect(peer.node.role).toBe('leader');
    peer.handle();
    peer.node.step({ type: 'appendResponse', from: '2', to: '1', term: 2, index: 1 });
    expect(peer.node.commit).toBe(0);
    peer.node.step({ type: 'appendResponse', from: '2', to: '1', term: 2, index: 2 });
    expect(peer.node.commit).toBe(2);
  });
});

describe('8 Client interaction', () => {
  it('a proposal to a follower goes to the leader; where none is known it is refused', () => {
    const network = elected(3);
    expect(network.peer('3').node.propose(data('x'))).toBe('forwarded');
    network.settle();
    expect(applied(network.peer('1'))).toEqual(['x']);
    expect(new RaftNetwork(3).peer('3').node.propose(data('x'))).toBe('noLeader');
  });

  it('a new leader commits an empty entry of its term before it answers reads', () => {
    const network = elected(3);
    network.peer('1').node.propose(data('x'));
    network.settle();
    network.isolate('1');
    network.tick(25);
    const leader = network.leader()!;
    leader.node.readIndex(1);
    network.settle();
    expect(leader.applied.at(-1)!.term).toBe(leader.node.term);
    expect(leader.reads).toMatchObject([{ context: 1 }]);
    expect(applied(leader)).toEqual(['x']);
  });

  it('a leader that was deposed without knowing answers no read', () => {
    const network = elected(3);
    network.isolate('1');
    const old = network.peer('1');
    old.node.readIndex(1);
    network.settle();
    expect(old.reads).toEqual([]);
    network.tick(25);
    network.heal();
    network.tick(5);
    expect(old.reads).toEqual([]);
  });

  it('a follower reads at what its leader had committed when asked', () => {
    const network = elected(3);
    network.peer('1').node.propose(data('x'));
    network.settle();
    network.peer('3').node.readIndex(7);
    network.settle();
    expect(network.peer('3').reads).toEqual([{ context: 7, index: 2 }]);
  });
});

describe('quorums', () => {
  const ids = ['1', '2', '3', '4', '5'];

  it('commit what a majority has, as counting by hand says', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }), (matches) => {
        const voters = new Set(ids.slice(0, matches.length));
        const index = committedIndex(voters, (id) => matches[Number(id) - 1]!);
        const having = (at: number): number => matches.filter((match) => match >= at).length;
        expect(having(index) * 2).toBeGreaterThan(matches.length);
        expect(having(index + 1) * 2).toBeLessThanOrEqual(matches.length);
      }),
    );
  });

  it('decide a vote as soon as it cannot come out otherwise', () => {
    const voters = new Set(ids.slice(0, 3));
    const votes = (...given: boolean[]) => new Map(given.map((vote, i) => [ids[i]!, vote]));
    expect(voteResult(voters, votes(true))).toBe('pending');
    expect(voteResult(voters, votes(true, true))).toBe('won');
    expect(voteResult(voters, votes(true, false))).toBe('pending');
    expect(voteResult(voters, votes(false, false))).toBe('lost');
    expect(voteResult(voters, new Map([['9', true]]))).toBe('pending');
  });
});
