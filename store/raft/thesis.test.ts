/**
 * What "Consensus: Bridging Theory and Practice" (Ongaro's thesis) says beyond the paper, section
 * by section; and the paper's own sections 5.5 to 7, which it takes up again.
 */
import { describe, expect, it } from 'vitest';
import { RaftNetwork } from '../../test/model/raft-network.ts';
import type { RaftPeer } from '../../test/model/raft-network.ts';
import type { Message } from './message.ts';

const data = (text: string): { type: 'normal'; data: Buffer }[] => [
  { type: 'normal', data: Buffer.from(text) },
];
const applied = (peer: RaftPeer): string[] =>
  peer.applied
    .filter(({ type }) => type === 'normal')
    .map((entry) => Buffer.from(entry.data).toString())
    .filter((text) => text !== '');

function elected(size: number, options: { preVote?: boolean } = {}): RaftNetwork {
  const network = new RaftNetwork(size, options);
  network.peer('1').node.campaign();
  network.settle();
  expect(network.peer('1').node.role).toBe('leader');
  return network;
}

const propose = (network: RaftNetwork, text: string, id = '1'): void => {
  network.peer(id).node.propose(data(text));
  network.settle();
};

/** What goes to and fro until nothing does, without the moment after which held news leave. */
function moved(network: RaftNetwork): string[] {
  const seen: string[] = [];
  network.move({ message: ({ from, to, type }) => seen.push(`${from}->${to} ${type}`) });
  return seen;
}

/** The log does not tell of its first members, so who joins must get a snapshot. */
function join(network: RaftNetwork, id: string): void {
  network.peer('1').compact();
  network.join(id);
}

describe('paper 5.5: follower and candidate crashes', () => {
  it('an append that is sent twice has the effect of one', () => {
    const network = elected(3);
    network.peer('1').node.propose(data('x'));
    const sent = network.handle('1')!.sent.filter(({ to }) => to === '2');
    network.send([...sent, ...sent, ...sent]);
    network.settle();
    expect([applied(network.peer('2')), network.peer('2').node.lastIndex]).toEqual([['x'], 2]);
  });

  it('a follower that crashed is sent what it has missed, again and again until it answers', () => {
    const network = elected(3);
    network.isolate('3');
    for (let i = 0; i < 20; i++) propose(network, `x${i}`);
    network.peer('3').restart();
    network.tick(5);
    expect(applied(network.peer('3'))).toEqual([]);
    network.heal();
    network.tick(3);
    expect(applied(network.peer('3'))).toEqual(applied(network.peer('1')));
  });

  it('a candidate that crashes after it voted for itself votes for nobody else', () => {
    const network = new RaftNetwork(3, { preVote: false });
    const peer = network.peer('1');
    peer.node.campaign();
    peer.handle();
    peer.restart();
    const vote = { type: 'vote', from: '2', to: '1', term: 1, lastIndex: 0, lastTerm: 0 } as const;
    peer.node.step(vote);
    expect(peer.handle()!.sent).toMatchObject([{ to: '2', granted: false }]);
  });
});

describe('paper 5.6: timing and availability', () => {
  it('safety does not depend on time: a leader that slept an age overwrites nothing', () => {
    const network = elected(3);
    network.isolate('1');
    network.tick(30);
    const successor = network.leader()!;
    propose(network, 'kept', successor.id);
    network.peer('1').node.propose(data('late'));
    network.heal();
    network.tick(5);
    for (const peer of network.peers.values()) expect(applied(peer)).toEqual(['kept']);
  });

  it('there is a leader again within two election timeouts of the last one’s death', () => {
    const network = elected(5);
    network.isolate('1');
    network.tick(20);
    expect(network.leader()!.id).not.toBe('1');
  });
});

describe('paper 7: log compaction', () => {
  it('each server compacts on its own, and starts again from what it kept', () => {
    const network = elected(3);
    for (let i = 0; i < 5; i++) propose(network, `x${i}`);
    const peer = network.peer('2');
    peer.compact(4);
    peer.restart();
    expect([peer.storage.firstIndex, peer.node.lastIndex, peer.node.applied]).toEqual([5, 6, 6]);
    network.tick(2);
    propose(network, 'after');
    expect(applied(peer)).toEqual(applied(network.peer('1')));
  });

  it('a follower that needs what is compacted gets the state in its place, and goes on from it', () => {
    const network = elected(3);
    network.isolate('3');
    for (let i = 0; i < 5; i++) propose(network, `x${i}`);
    network.peer('1').compact();
    network.heal();
    network.tick(5);
    propose(network, 'after');
    network.tick(2);
    expect(applied(network.peer('3'))).toEqual(applied(network.peer('1')));
    expect(network.peer('3').storage.firstIndex).toBeGreaterThan(1);
  });

  it('a snapshot that tells nothing new changes nothing', () => {
    const network = elected(3);
    propose(network, 'x');
    const { node } = network.peer('2');
    const [commit, last] = [node.commit, node.lastIndex];
    node.step({
      ...{ type: 'snapshot', from: '1', to: '2', term: 1 },
      point: { index: 1, term: 1 },
    });
    expect(node.awaitsSnapshot).toBe(false);
    expect([node.commit, node.lastIndex]).toEqual([commit, last]);
    expect(network.peer('2').handle()!.sent).toMatchObject([
      { type: 'appendResponse', index: commit },
    ]);
  });
});

describe('3.8: persisted state and server restarts', () => {
  it('term, vote and log survive a crash; what is committed is learnt again', () => {
    const network = elected(3);
    propose(network, 'x');
    const peer = network.peer('2');
    const { term, vote } = peer.hardState;
    peer.hardState = { term, vote, commit: 0 };
    peer.applied = [];
    peer.restart();
    expect([peer.node.term, peer.node.hardState.vote, peer.node.lastIndex]).toEqual([1, '1', 2]);
    network.tick(2);
    expect(applied(peer)).toEqual(['x']);
  });

  it('what was applied before a crash is not applied again', () => {
    const network = elected(3);
    propose(network, 'x');
    for (const peer of network.peers.values()) peer.restart();
    network.tick(30);
    for (const peer of network.peers.values()) expect(applied(peer)).toEqual(['x']);
  });
});

describe('3.10: leadership transfer', () => {
  it('the target catches up first, then wins at once although all hear their leader', () => {
    const network = elected(3);
    network.isolate('3');
    propose(network, 'x');
    network.heal();
    expect(network.peer('1').node.transferLeader('3')).toBe(true);
    network.settle();
    network.tick(1);
    expect(network.leader()!.id).toBe('3');
    expect(applied(network.peer('3'))).toEqual(['x']);
  });

  it('no proposal is taken meanwhile; after an election timeout the old leader goes on', () => {
    const network = elected(3);
    network.isolate('3');
    const { node } = network.peer('1');
    node.transferLeader('3');
    expect(node.propose(data('x'))).toBe('noLeader');
    network.tick(10);
    expect(node.role).toBe('leader');
    expect(node.propose(data('x'))).toBe('accepted');
  });

  it('is not to a learner, nor by one that does not lead', () => {
    const network = elected(3);
    join(network, '4');
    network.peer('1').configure({ voters: ['1', '2', '3'], learners: ['4'] });
    network.settle();
    expect(network.peer('1').node.transferLeader('4')).toBe(false);
    expect(network.peer('2').node.transferLeader('3')).toBe(false);
  });
});

describe('4.1: cluster membership, one server at a time', () => {
  it('a change waits until the one before it is applied', () => {
    const network = elected(3);
    const peer = network.peer('1');
    peer.configure({ voters: ['1', '2', '3'], learners: ['4'] });
    peer.configure({ voters: ['1', '2', '3'], learners: ['5'] });
    network.settle();
    const types = peer.applied.map(({ type }) => type).filter((type) => type !== 'normal');
    expect(types).toEqual(['configuration', 'cluster']);
    expect(peer.node.configuration.learners).toEqual(['4']);
  });

  it('a new leader changes nothing before it has applied an entry of its own term', () => {
    const network = elected(3);
    network.isolate('1');
    const { node } = network.peer('2');
    node.campaign();
    for (let i = 0; i < 25 && node.role !== 'leader'; i++) network.tick(1);
    const leader = network.leader()!;
    leader.restart();
    leader.node.campaign();
    // Elected, its first entry on nobody's disk but its own.
    const answer = (type: 'preVoteResponse' | 'voteResponse'): void => {
      leader.handle();
      const term = leader.node.term + (type === 'preVoteResponse' ? 1 : 0);
      leader.node.step({ type, from: '3', to: leader.id, term, granted: true });
    };
    answer('preVoteResponse');
    answer('voteResponse');
    expect(leader.node.role).toBe('leader');
    leader.configure({ voters: ['1', '2', '3'], learners: ['4'] });
    network.settle();
    expect(leader.applied.at(-1)!.type).toBe('cluster');
  });

  it('quorums are those of the configuration that is applied', () => {
    const network = elected(3);
    network.isolate('3');
    network.peer('1').configure({ voters: ['1', '2'], learners: [] });
    network.settle();
    network.isolate('2');
    propose(network, 'needs both');
    expect(applied(network.peer('1'))).toEqual([]);
    network.heal();
    network.tick(3);
    expect(applied(network.peer('1'))).toEqual(['needs both']);
  });
});

describe('4.2.1: catching up new servers', () => {
  it('a learner gets the log, counts in no quorum and stands for nothing', () => {
    const network = elected(1);
    network.join('2');
    network.peer('1').configure({ voters: ['1'], learners: ['2'] });
    network.settle();
    network.tick(2);
    propose(network, 'x');
    network.tick(2);
    expect(applied(network.peer('2'))).toEqual(['x']);
    network.isolate('2');
    propose(network, 'y');
    expect(applied(network.peer('1'))).toEqual(['x', 'y']);
    network.tick(40);
    expect(network.peer('2').node.role).toBe('follower');
  });
});

describe('4.2.2: removing the current leader', () => {
  it('it leads until its removal is committed, then follows nobody; the others elect anew', () => {
    const network = elected(3);
    network.peer('1').configure({ voters: ['2', '3'], learners: [] });
    network.settle();
    expect(network.peer('1').node.role).toBe('follower');
    network.isolate('1');
    network.tick(25);
    const leader = network.leader()!;
    expect(['2', '3']).toContain(leader.id);
    propose(network, 'x', leader.id);
    expect(applied(leader)).toEqual(['x']);
    network.tick(40);
    expect(network.peer('1').node.role).toBe('follower');
  });
});

describe('4.2.3: disruptive servers', () => {
  it('who hears its leader votes for nobody, whatever the term', () => {
    const network = elected(3);
    const { node } = network.peer('2');
    node.step({ type: 'vote', from: '3', to: '2', term: 9, lastIndex: 99, lastTerm: 8 });
    expect([node.term, network.peer('2').handle()]).toEqual([1, undefined]);
  });

  it('a server that was removed and does not know it disturbs nobody', () => {
    const network = elected(3);
    network.isolate('3');
    network.peer('1').configure({ voters: ['1', '2'], learners: [] });
    network.settle();
    network.tick(40);
    network.heal();
    network.tick(40);
    expect([network.leader()!.id, network.peer('1').node.term]).toEqual(['1', 1]);
  });
});

describe('6.2: routing requests to the leader', () => {
  it('a leader that hears no majority for an election timeout steps down', () => {
    const network = elected(3);
    network.isolate('1');
    network.tick(20);
    expect(network.peer('1').node.role).toBe('follower');
  });
});

describe('6.4: linearizable reads without the log', () => {
  it('are answered only by heartbeats sent after the read came', () => {
    const network = elected(3);
    const { node } = network.peer('1');
    for (let i = 0; i < 2; i++) node.tick();
    const before = network.handle('1')!.sent;
    node.readIndex(1);
    for (const message of before) network.deliver(message);
    for (const id of ['2', '3'])
      for (const message of network.handle(id)!.sent) network.deliver(message);
    expect(network.peer('1').takeReads()).toEqual([]);
    network.settle();
    expect(network.peer('1').reads).toEqual([{ context: 1, index: 1 }]);
  });

  it('cost one round of heartbeats, however many wait', () => {
    const network = elected(3);
    const { node } = network.peer('1');
    for (let context = 1; context <= 5; context++) node.readIndex(context);
    network.settle();
    expect(network.peer('1').reads.map(({ context }) => context)).toEqual([1, 2, 3, 4, 5]);
    expect(node.lastIndex).toBe(1);
  });

  it('of a follower cost one exchange where its request makes a majority with the leader', () => {
    const network = elected(3);
    network.peer('3').node.readIndex(7);
    expect(moved(network)).toEqual(['3->1 readIndex', '1->3 readIndexResponse']);
    expect(network.peer('3').reads).toEqual([{ context: 7, index: 1 }]);
  });

  it('of a follower among five wait for one more', () => {
    const network = elected(5);
    for (const id of ['2', '4', '5']) network.isolate(id);
    network.peer('3').node.readIndex(7);
    moved(network);
    expect(network.peer('3').reads).toEqual([]);
    network.heal();
    network.tick(1);
    expect(network.peer('3').reads).toEqual([{ context: 7, index: 1 }]);
  });

  it('are not proved by a request of another, which was under way when they began', () => {
    const network = elected(3);
    const { node } = network.peer('1');
    network.peer('3').node.readIndex(7);
    const asked = network.handle('3')!.sent;
    node.readIndex(1);
    network.handle('1');
    for (const message of asked) network.deliver(message);
    expect(network.handle('1')!.sent).toMatchObject([{ type: 'readIndexResponse', context: 7 }]);
    expect(network.peer('1').takeReads()).toEqual([]);
  });

  it.each([
    ['a voter that asked in another term', { from: '3', term: 1 }],
    ['a learner', { from: '4', term: 2 }],
  ])('the request of %s proves nothing', (_, { from, term }) => {
    const network = elected(3);
    join(network, '4');
    network.peer('1').configure({ voters: ['1', '2', '3'], learners: ['4'] });
    network.settle();
    network.peer('1').node.transferLeader('2');
    network.settle();
    network.peer('2').node.step({ type: 'readIndex', context: 7, from, to: '2', term });
    const sent = network.handle('2')!.sent.map(({ type }) => type);
    expect(sent).toEqual(['heartbeat', 'heartbeat', 'heartbeat']);
  });

  it('a learner’s answer proves nothing', () => {
    const network = elected(2);
    join(network, '3');
    network.peer('1').configure({ voters: ['1', '2'], learners: ['3'] });
    network.settle();
    network.tick(2);
    network.isolate('2');
    network.peer('1').node.readIndex(1);
    network.settle();
    expect(network.peer('1').reads).toEqual([]);
  });
});

describe('9.6: pre-vote', () => {
  const term = ({ peers }: RaftNetwork): number[] =>
    [...peers.values()].map(({ node }) => node.term);

  it('one that was cut off for long comes back without a greater term', () => {
    const network = elected(3);
    network.isolate('3');
    network.tick(100);
    network.heal();
    network.tick(30);
    expect([network.leader()!.id, term(network)]).toEqual(['1', [1, 1, 1]]);
  });

  it('without it, it makes the others elect anew', () => {
    const network = elected(3, { preVote: false });
    network.isolate('3');
    network.tick(100);
    network.heal();
    network.tick(60);
    expect(Math.min(...term(network))).toBeGreaterThan(1);
    propose(network, 'x', network.leader()!.id);
    network.tick(2);
    for (const peer of network.peers.values()) expect(applied(peer)).toEqual(['x']);
  });

  it('a pre-vote changes neither term nor vote of who grants it', () => {
    const peer = new RaftNetwork(3).peer('2');
    const ask: Message = {
      ...{ type: 'preVote', from: '1', to: '2', term: 1, lastIndex: 0, lastTerm: 0 },
    };
    peer.node.step(ask);
    expect(peer.handle()).toMatchObject({
      ready: { hardState: undefined },
      sent: [{ granted: true }],
    });
    peer.node.step({ ...ask, from: '3' });
    expect(peer.handle()).toMatchObject({ sent: [{ to: '3', granted: true }] });
  });
});

describe('10.2.1: writing to the leader’s disk in parallel', () => {
  it('others are sent an entry before the leader has it on disk, and commit it without the leader', () => {
    const network = elected(3);
    const { node, storage } = network.peer('1');
    node.propose(data('x'));
    const ready = node.ready();
    expect(ready.messages.map(({ type, to }) => [type, to])).toEqual([
      ['append', '2'],
      ['append', '3'],
    ]);
    for (const message of ready.messages) network.deliver(message);
    for (const id of ['2', '3'])
      for (const message of network.handle(id)!.sent) network.deliver(message);
    expect([node.commit, storage.lastIndex]).toEqual([2, 1]);
    network.peer('1').persist(ready);
    node.advance();
    network.settle();
    expect(applied(network.peer('1'))).toEqual(['x']);
  });
});

describe('10.2.2: batching and pipelining', () => {
  it('that an entry is committed is news that nobody answers', () => {
    const network = elected(3);
    network.peer('1').node.propose(data('x'));
    const seen: Message[] = [];
    network.settle({ message: (message) => seen.push(message) });
    expect(seen.map(({ from, to, type }) => `${from}->${to} ${type}`)).toEqual([
      ...['1->2 append', '1->3 append', '2->1 appendResponse', '3->1 appendResponse'],
      ...['1->2 commit', '1->3 commit'],
    ]);
    expect(applied(network.peer('3'))).toEqual(['x']);
  });

  it('which goes with the next entries, where nobody is known to wait for it', () => {
    const network = elected(3);
    const { node } = network.peer('1');
    node.propose(data('x'));
    expect(moved(network).filter((text) => text.endsWith('commit'))).toEqual([]);
    expect([node.commit, node.holdsNews]).toEqual([2, true]);
    node.propose(data('y'));
    expect(network.handle('1')!.sent).toMatchObject([{ commit: 2 }, { commit: 2 }]);
    expect(node.holdsNews).toBe(false);
  });

  it('and at once to a member that handed it on for a client, or that reads', () => {
    const network = elected(3);
    network.peer('3').node.propose(data('x'));
    expect(moved(network).filter((text) => text.endsWith('commit'))).toEqual(['1->3 commit']);
    expect(applied(network.peer('3'))).toEqual(['x']);
    network.peer('2').node.readIndex(1);
    const answers = ['2->1 readIndex', '1->2 commit', '1->2 readIndexResponse'];
    expect(moved(network)).toEqual(answers);
    expect(network.peer('1').node.holdsNews).toBe(false);
  });

  it('but a member that has no such entry says so, and is sent it without waiting for a tick', () => {
    const network = elected(3);
    const { node } = network.peer('1');
    node.propose(data('x'));
    network.send(network.handle('1')!.sent.filter(({ to }) => to === '2'));
    network.settle();
    expect(applied(network.peer('3'))).toEqual(['x']);
  });

  it('and one whose entry is an old leader’s does not take it for committed', () => {
    const network = elected(3);
    network.isolate('1');
    const { node } = network.peer('1');
    node.propose(data('lost'));
    network.handle('1');
    node.step({ type: 'commit', from: '2', to: '1', term: 2, point: { index: 2, term: 2 } });
    expect([node.role, node.leader, node.lastIndex, node.commit]).toEqual(['follower', '2', 2, 1]);
    const rejected = { hintIndex: 2, hintTerm: 1 };
    expect(network.handle('1')!.sent).toMatchObject([{ type: 'appendResponse', rejected }]);
  });

  it('what is proposed at once shares a message; the next does not wait for its answer', () => {
    const network = elected(3);
    const { node } = network.peer('1');
    const appends = (): string[][] =>
      network
        .handle('1')!
        .sent.filter(({ to }) => to === '2')
        .map((message) =>
          message.type === 'append' ? message.entries.map((entry) => String(entry.data)) : [],
        );
    node.propose(data('a'));
    node.propose(data('b'));
    expect(appends()).toEqual([['a', 'b']]);
    node.propose(data('c'));
    expect(appends()).toEqual([['c']]);
  });

  it('but only so many are out unanswered', () => {
    const network = elected(3);
    const { node } = network.peer('1');
    let sent = 0;
    for (let i = 0; i < 40; i++) {
      node.propose(data(String(i)));
      sent += network.handle('1')!.sent.filter(({ to }) => to === '2').length;
    }
    expect(sent).toBe(16);
  });
});
