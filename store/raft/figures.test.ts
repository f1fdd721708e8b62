/**
 * The figures of "In Search of an Understandable Consensus Algorithm" (extended version): the five
 * properties of figure 3, held whatever is lost, repeated, reordered or crashes (section 5.4.3 is
 * the paper's argument for them), and the situations that figures 7, 8 and 13 draw.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RaftNetwork } from '../../test/model/raft-network.ts';
import type { RaftPeer } from '../../test/model/raft-network.ts';
import type { Entry } from './entry.ts';

const data = (text: string): { type: 'normal'; data: Buffer }[] => [
  { type: 'normal', data: Buffer.from(text) },
];
const applied = (peer: RaftPeer): string[] =>
  peer.applied.map((entry) => Buffer.from(entry.data).toString()).filter((text) => text !== '');

/** What is on a peer's disk, as "term:data" by index − 1. */
function logOf({ storage }: RaftPeer): string[] {
  const { firstIndex, lastIndex } = storage;
  if (lastIndex < firstIndex) return [];
  return storage
    .entries(firstIndex, lastIndex + 1, Infinity)
    .map((entry) => `${entry.term}:${Buffer.from(entry.data).toString()}`);
}

/** Told at every step of thousands: cheaper than `expect`. */
function holds(condition: boolean, property: string): void {
  if (!condition) throw new Error(`${property} does not hold`);
}

const isPrefix = (log: readonly string[], of: readonly string[]): boolean =>
  log.length <= of.length && log.every((entry, at) => entry === of[at]);

/** Watches a network and throws at the first property of figure 3 that does not hold. */
class Figure3 {
  readonly #network: RaftNetwork;
  readonly #leaders = new Map<number, string>();
  readonly #terms = new Map<string, number>();
  readonly #logsOfLeaders = new Map<string, string[]>();
  /** By index − 1: what is committed there, and the least term in which somebody knew. */
  readonly #committed: { entry: string; term: number }[] = [];

  constructor(network: RaftNetwork) {
    this.#network = network;
  }

  check(): void {
    const peers = [...this.#network.peers.values()];
    const logs = peers.map(logOf);
    peers.forEach((peer, at) => {
      const { term } = peer.hardState;
      holds(term >= (this.#terms.get(peer.id) ?? 0), 'that terms only grow (5.1)');
      this.#terms.set(peer.id, term);
      this.#stateMachineSafety(peer);
      if (peer.node.role === 'leader') this.#leads(peer, logs[at]!);
    });
    logMatching(logs[0]!, logs[1]!);
    logMatching(logs[0]!, logs[2]!);
    logMatching(logs[1]!, logs[2]!);
  }

  #leads({ id, node }: RaftPeer, log: string[]): void {
    holds((this.#leaders.get(node.term) ?? id) === id, 'Election Safety');
    this.#leaders.set(node.term, id);
    const key = `${id} in ${node.term}`;
    holds(isPrefix(this.#logsOfLeaders.get(key) ?? [], log), 'Leader Append-Only');
    this.#logsOfLeaders.set(key, log);
    this.#committed.forEach(({ entry, term }, at) => {
      holds(term >= node.term || log[at] === entry, 'Leader Completeness');
    });
  }

  #stateMachineSafety(peer: RaftPeer): void {
    peer.applied.forEach(({ index, term, data: bytes }, at) => {
      const entry = `${term}:${Buffer.from(bytes).toString()}`;
      this.#committed[at] ??= { entry, term: peer.node.term };
      holds(index === at + 1 && entry === this.#committed[at].entry, 'State Machine Safety');
    });
  }
}

function logMatching(a: readonly string[], b: readonly string[]): void {
  const termOf = (entry: string): string => entry.slice(0, entry.indexOf(':'));
  let at = Math.min(a.length, b.length) - 1;
  while (at >= 0 && termOf(a[at]!) !== termOf(b[at]!)) at--;
  holds(isPrefix(a.slice(0, at + 1), b), 'Log Matching');
}

describe('figure 3: the five properties', () => {
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('tick' as const), id: fc.nat(2) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('propose' as const), id: fc.nat(2) }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('handle' as const), id: fc.nat(2) }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('deliver' as const), id: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), id: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('repeat' as const), id: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), id: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('campaign' as const), id: fc.nat(2) }) },
  );

  it('hold whatever is lost, repeated, reordered or crashes (5.4.3), and the logs become one', () => {
    fc.assert(
      fc.property(
        fc.array(action, { maxLength: 400, size: 'max' }),
        fc.boolean(),
        (script, preVote) => {
          const network = new RaftNetwork(3, { preVote });
          const properties = new Figure3(network);
          script.forEach((each, n) => {
            const { inFlight } = network;
            const at = inFlight.length === 0 ? -1 : each.id % inFlight.length;
            const peer = network.peer(String((each.id % 3) + 1));
            if (each.do === 'tick') for (let i = 0; i < 5; i++) peer.node.tick();
            else if (each.do === 'propose') peer.node.propose(data(String(n)));
            else if (each.do === 'handle') network.send(peer.handle()?.sent ?? []);
            else if (each.do === 'restart') peer.restart();
            else if (each.do === 'campaign') peer.node.campaign();
            else if (at >= 0 && each.do === 'repeat') inFlight.push(inFlight[at]!);
            else if (at >= 0) {
              const [message] = inFlight.splice(at, 1);
              if (each.do === 'deliver') network.peer(message!.to).node.step(message!);
            }
            properties.check();
          });
          // The peers' timeouts are fixed; without pre-vote only random ones end every rivalry.
          if (!preVote) return;
          network.inFlight = [];
          network.tick(60);
          const leader = network.leader()!;
          leader.node.propose(data('end'));
          network.settle();
          network.tick(3);
          properties.check();
          const logs = [...network.peers.values()].map(applied);
          expect(logs[0]!.at(-1)).toBe('end');
          expect(logs[1]).toEqual(logs[0]);
          expect(logs[2]).toEqual(logs[0]);
        },
      ),
      { numRuns: 150 },
    );
  });
});

/** A log in the figures' way: the term of each entry. */
const entriesOf = (terms: string): Entry[] =>
  [...terms].map((term, at) => ({
    ...{ term: Number(term), index: at + 1, type: 'normal' },
    data: Buffer.from(`${term}@${at + 1}`),
  }));

function give(peer: RaftPeer, terms: string, term: number): void {
  peer.storage.append(entriesOf(terms));
  peer.hardState = { term, vote: '0', commit: 0 };
  peer.restart();
}

const termsOf = (peer: RaftPeer): string =>
  logOf(peer)
    .map((entry) => entry.split(':')[0])
    .join('');

describe('figure 7: the logs that a new leader may find', () => {
  const leader = '1114455666';
  it.each([
    ['a: one entry is missing', '111445566', 6],
    ['b: many are missing', '1114', 4],
    ['c: one too many', '11144556666', 6],
    ['d: two too many, of a term the leader does not have', '111445566677', 7],
    ['e: some missing, others too many', '1114444', 4],
    ['f: terms that nobody else has', '11122233333', 3],
  ])('%s; it becomes the leader’s', (_, terms, term) => {
    const network = new RaftNetwork(3);
    give(network.peer('1'), leader, 7);
    give(network.peer('2'), terms, term);
    give(network.peer('3'), '111', 1);
    network.peer('1').node.campaign();
    network.settle();
    network.tick(3);
    // In (c) and (d) the follower's log is the better one: it refuses its vote, but not the leader.
    expect(network.leader()!.id).toBe('1');
    for (const peer of network.peers.values()) expect(termsOf(peer)).toBe(`${leader}8`);
  });

  it('a refusal tells where the logs may agree, so a term costs one round, not an entry (5.3)', () => {
    const network = new RaftNetwork(3);
    give(network.peer('1'), `1${'4'.repeat(20)}`, 4);
    give(network.peer('2'), `1${'2'.repeat(30)}`, 2);
    give(network.peer('3'), '1', 1);
    network.peer('1').node.campaign();
    let refusals = 0;
    network.settle({
      message: (message) => {
        if (message.type === 'appendResponse' && message.from === '2' && message.rejected)
          refusals++;
      },
    });
    expect(termsOf(network.peer('2'))).toBe(`1${'4'.repeat(20)}5`);
    expect(refusals).toBeLessThanOrEqual(2);
  });
});

describe('figure 8: an entry of an old term is not committed by counting (5.4.2)', () => {
  /** (c): S1 leads term 4; its entry of term 2 is on S1, S2, S3; S5 has one of term 3. */
  function atC(): RaftNetwork {
    const network = new RaftNetwork(5, { preVote: false });
    give(network.peer('1'), '12', 3);
    give(network.peer('2'), '12', 3);
    give(network.peer('3'), '1', 3);
    give(network.peer('4'), '1', 3);
    give(network.peer('5'), '13', 3);
    network.isolate('5');
    const { node } = network.peer('1');
    node.campaign();
    expect(node.term).toBe(4);
    // Its vote goes out, and nothing of what it then writes but the entry of term 2 to S3.
    network.send(network.peer('1').handle()!.sent);
    for (const message of network.inFlight.splice(0)) network.deliver(message);
    for (const id of ['2', '3']) network.send(network.peer(id).handle()!.sent);
    for (const message of network.inFlight.splice(0)) network.deliver(message);
    expect(node.role).toBe('leader');
    network.handle('1');
    const old = { type: 'append', from: '1', to: '3', term: 4, commit: 0 } as const;
    const [, entry] = entriesOf('12');
    network.peer('3').node.step({ ...old, previousIndex: 1, previousTerm: 1, entries: [entry!] });
    for (const message of network.handle('3')!.sent) network.deliver(message);
    for (const id of ['1', '2'])
      node.step({ type: 'appendResponse', from: id, to: '1', term: 4, index: 2 });
    expect(['1', '2', '3'].map((id) => termsOf(network.peer(id)).slice(0, 2))).toEqual(
      Array(3).fill('12'),
    );
    return network;
  }

  it('c: on a majority, but not committed', () => {
    expect(atC().peer('1').node.commit).toBe(0);
  });

  it('d: so another may still overwrite it, and nobody has applied it', () => {
    const network = atC();
    network.inFlight = [];
    network.heal();
    network.isolate('1');
    // S2 to S4 have heard nothing for an election timeout.
    for (const id of ['2', '3', '4']) for (let i = 0; i < 10; i++) network.peer(id).node.tick();
    const last = network.peer('5');
    // Term 4 has its leader; S5 wins the next one.
    for (let attempt = 0; attempt < 2; attempt++) {
      last.node.campaign();
      network.settle();
    }
    expect([last.node.role, last.node.term]).toEqual(['leader', 5]);
    for (const id of ['2', '3', '4', '5']) expect(termsOf(network.peer(id))).toBe('135');
    network.heal();
    network.tick(5);
    for (const peer of network.peers.values()) expect(applied(peer)).toEqual(['1@1', '3@2']);
  });

  it('e: with an entry of its own term on a majority, both are', () => {
    const network = atC();
    network.peer('1').node.step({
      ...{ type: 'appendResponse', from: '2', to: '1', term: 4, index: 3 },
    });
    expect(network.peer('1').node.commit).toBe(0);
    network.peer('1').node.step({
      ...{ type: 'appendResponse', from: '3', to: '1', term: 4, index: 3 },
    });
    expect(network.peer('1').node.commit).toBe(3);
  });
});

describe('figure 13: InstallSnapshot', () => {
  const snapshot = (term: number, point: { index: number; term: number }) =>
    ({ type: 'snapshot', from: '1', to: '2', term, point }) as const;

  it('1: of an old term is refused, with the new one', () => {
    const peer = new RaftNetwork(3).peer('2');
    give(peer, '11', 5);
    peer.node.step(snapshot(4, { index: 9, term: 4 }));
    expect(peer.node.awaitsSnapshot).toBe(false);
    expect(peer.handle()!.sent).toMatchObject([{ type: 'appendResponse', term: 5, index: 0 }]);
  });

  it('6: an entry with its index and term keeps what follows it', () => {
    const peer = new RaftNetwork(3).peer('2');
    give(peer, '1122', 2);
    peer.node.step(snapshot(2, { index: 3, term: 2 }));
    expect([peer.node.awaitsSnapshot, peer.node.commit, peer.node.lastIndex]).toEqual([
      ...[false, 3, 4],
    ]);
  });

  it('7: else the whole log goes', () => {
    const peer = new RaftNetwork(3).peer('2');
    give(peer, '1111', 1);
    peer.node.step(snapshot(2, { index: 3, term: 2 }));
    expect(peer.handle()!.ready.snapshot).toEqual({ index: 3, term: 2 });
  });

  it('8: and the state, the configuration with it, is the snapshot’s', () => {
    const network = new RaftNetwork(3);
    network.peer('1').node.campaign();
    network.settle();
    network.isolate('3');
    network.peer('1').configure({ voters: ['1', '2', '3'], learners: ['4'] });
    network.peer('1').node.propose(data('x'));
    network.settle();
    network.peer('1').compact();
    network.heal();
    network.tick(5);
    expect(network.peer('3').applied).toEqual(network.peer('1').applied);
    expect(network.peer('3').node.configuration.learners).toEqual(['4']);
  });
});
