/** Raft nodes on one desk: their Readies are carried out, and their messages moved, by hand. */
import type { Random } from '../../platform/random.ts';
import type { Entry, HardState } from '../../store/raft/entry.ts';
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
  readonly #voters: readonly string[];
  node: RawNode;
  storage = new LogWindow({ index: 0, term: 0 });
  hardState: HardState = emptyHardState;
  applied: Entry[] = [];
  reads: { context: number; index: number }[] = [];

  constructor(id: string, voters: readonly string[]) {
    this.id = id;
    this.#voters = voters;
    this.node = this.#boot();
  }

  #boot(): RawNode {
    return new RawNode({
      id: this.id,
      voters: this.#voters,
      electionTicks: 10,
      heartbeatTicks: 1,
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
    this.applied.push(...ready.committedEntries);
    this.node.advance();
    return { ready, sent: [...ready.messages, ...ready.messagesAfterPersist] };
  }

  takeReads(): readonly { context: number; index: number }[] {
    const taken = this.node.takeReadStates();
    this.reads.push(...taken);
    return taken;
  }
}

export class RaftNetwork {
  readonly peers = new Map<string, RaftPeer>();
  inFlight: Message[] = [];
  /** Links that lose everything, as "from>to". */
  readonly cut = new Set<string>();

  constructor(size: number) {
    const ids = Array.from({ length: size }, (_, i) => String(i + 1));
    for (const id of ids) this.peers.set(id, new RaftPeer(id, ids));
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

  /** Handles and delivers until nothing moves; `see` is told of each step. */
  settle(see: { ready?: (id: string, ready: Ready) => void; message?: (m: Message) => void } = {}) {
    for (let steps = 0; steps < 10_000; steps++) {
      let moved = false;
      for (const peer of this.peers.values()) {
        const handled = peer.handle();
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
        this.peer(message.to).node.step(message);
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
