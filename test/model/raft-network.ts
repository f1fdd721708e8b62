/** Raft nodes on one desk: their Readies are carried out, and their messages moved, by hand. */
import type { Random } from '../../platform/random.ts';
import type { Configuration, Entry, HardState, SnapshotPoint } from '../../store/raft/entry.ts';
import { emptyHardState } from '../../store/raft/entry.ts';
import { LogWindow } from '../../store/raft/log-storage.ts';
import type { Message } from '../../store/raft/message.ts';
import { RawNode } from '../../store/raft/raw-node.ts';
import type { Ready } from '../../store/raft/raw-node.ts';

/** Election timeouts come out as 10 + (node's number) ticks: the first node stands first. */
const randomOf = (id: string): Random => ({
  below: (bound) => Math.min(Number(id), bound - 1),
  bytes: (length) => new Uint8Array(length),
});

export class RaftPeer {
  readonly id: string;
  configuration: Configuration;
  node: RawNode;
  storage = new LogWindow({ index: 0, term: 0 });
  hardState: HardState = emptyHardState;
  applied: Entry[] = [];
  reads: { context: number; index: number }[] = [];
  readonly #preVote: boolean;

  constructor(id: string, configuration: Configuration, preVote = true) {
    this.id = id;
    this.#preVote = preVote;
    this.configuration = configuration;
    this.node = this.#boot();
  }

  #boot(): RawNode {
    return new RawNode({
      id: this.id,
      configuration: this.configuration,
      electionTicks: 10,
      heartbeatTicks: 1,
      preVote: this.#preVote,
      random: randomOf(this.id),
      maxMessageBytes: 1 << 20,
      maxInflightMessages: 16,
      maxApplyBytes: 1 << 20,
      storage: this.storage,
      hardState: this.hardState,
      applied: this.applied.at(-1)?.index ?? 0,
    });
  }

  /** Back from a crash: with what was persisted and applied, and nothing else. */
  restart(): void {
    this.node = this.#boot();
  }

  persist(ready: Ready): void {
    this.hardState = ready.hardState ?? this.hardState;
    this.storage.append(ready.entries);
  }

  /** Carries out one Ready; its messages are returned. */
  handle(): { ready: Ready; sent: Message[] } | undefined {
    if (!this.node.hasReady()) return undefined;
    const ready = this.node.ready();
    this.persist(ready);
    for (const entry of ready.committedEntries) this.#apply(entry);
    this.node.advance();
    return { ready, sent: [...ready.messages, ...ready.messagesAfterPersist] };
  }

  /** A configuration entry's data is the whole configuration as JSON. */
  #apply(entry: Entry): void {
    this.applied.push(entry);
    if (entry.type !== 'configuration') return;
    this.configuration = JSON.parse(Buffer.from(entry.data).toString()) as Configuration;
    this.node.configure(this.configuration);
  }

  configure(configuration: Configuration): void {
    const data = Buffer.from(JSON.stringify(configuration));
    this.node.propose([{ type: 'configuration', data }]);
  }

  /** Drops the log up to what is applied, or to an index before. */
  compact(index = this.node.applied): void {
    this.storage.compact(index);
  }

  /** Takes over the state of another, as a streamed snapshot of the point would bring it. */
  install(from: RaftPeer, point: SnapshotPoint): void {
    this.storage = new LogWindow(point);
    this.applied = from.applied.filter((entry) => entry.index <= point.index);
    this.configuration = from.configuration;
    this.hardState = { ...this.hardState, commit: point.index };
    this.restart();
  }

  takeReads(): readonly { context: number; index: number }[] {
    const taken = this.node.takeReadStates();
    this.reads.push(...taken);
    return taken;
  }
}

interface Seeing {
  readonly ready?: (id: string, ready: Ready) => void;
  readonly message?: (message: Message) => void;
}

export class RaftNetwork {
  readonly peers = new Map<string, RaftPeer>();
  inFlight: Message[] = [];
  /** Links that lose everything, as "from>to". */
  readonly cut = new Set<string>();

  constructor(size: number, { preVote = true } = {}) {
    const voters = Array.from({ length: size }, (_, i) => String(i + 1));
    for (const id of voters)
      this.peers.set(id, new RaftPeer(id, { voters, learners: [] }, preVote));
  }

  /** A process that knows of nobody yet. */
  join(id: string): void {
    this.peers.set(id, new RaftPeer(id, { voters: [], learners: [] }));
  }

  /** Carries out one Ready of a peer, a snapshot included. */
  handle(id: string): ReturnType<RaftPeer['handle']> {
    const handled = this.peer(id).handle();
    const point = handled?.ready.snapshot;
    if (point === undefined) return handled;
    const sender = this.leader()!;
    this.peer(id).install(sender, point);
    sender.node.reportSnapshot(id, point.index);
    return handled;
  }

  peer(id: string): RaftPeer {
    const peer = this.peers.get(id);
    if (peer === undefined) throw new Error(`no node ${id}`);
    return peer;
  }

  isolate(id: string): void {
    for (const other of this.peers.keys()) {
      this.cut.add(`${id}>${other}`);
      this.cut.add(`${other}>${id}`);
    }
  }

  heal(): void {
    this.cut.clear();
  }

  send(messages: readonly Message[]): void {
    for (const message of messages)
      if (!this.cut.has(`${message.from}>${message.to}`)) this.inFlight.push(message);
  }

  /** Nobody listens where nobody runs. */
  deliver(message: Message): void {
    this.peers.get(message.to)?.node.step(message);
  }

  /** Moves everything, news of commits that were held too. */
  settle(see: Seeing = {}): void {
    for (;;) {
      this.move(see);
      const holding = [...this.peers.values()].filter(({ node }) => node.holdsNews);
      if (holding.length === 0) return;
      for (const { node } of holding) node.tellCommitted();
    }
  }

  /** Handles and delivers until nothing moves; `see` is told of each step. */
  move(see: Seeing = {}): void {
    for (let steps = 0; steps < 10_000; steps++) {
      let moved = false;
      for (const peer of this.peers.values()) {
        const handled = this.handle(peer.id);
        if (handled === undefined) continue;
        moved = true;
        see.ready?.(peer.id, handled.ready);
        this.send(handled.sent);
      }
      const arriving = this.inFlight;
      this.inFlight = [];
      for (const message of arriving) {
        moved = true;
        see.message?.(message);
        this.deliver(message);
      }
      for (const peer of this.peers.values()) peer.takeReads();
      if (!moved) return;
    }
    throw new Error('the network does not settle');
  }

  tick(times: number): void {
    for (let i = 0; i < times; i++) {
      for (const peer of this.peers.values()) peer.node.tick();
      this.settle();
    }
  }

  leader(): RaftPeer | undefined {
    const leaders = [...this.peers.values()].filter(({ node }) => node.role === 'leader');
    return leaders.sort((a, b) => b.node.term - a.node.term)[0];
  }
}
