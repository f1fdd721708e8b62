/**
 * What goes to the other members: messages, the state itself in place of a log that is gone, and
 * news of commits, which may wait a moment for entries to go with.
 */
import { assert } from '../../platform/assert.ts';
import type { Timer } from '../../platform/clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { LogCompaction } from '../persistence/log-compaction.ts';
import type { MemberId } from '../raft/entry.ts';
import type { LogWindow } from '../raft/log-storage.ts';
import type { Message } from '../raft/message.ts';
import type { RawNode } from '../raft/raw-node.ts';
import type { Settings } from './options.ts';
import type { Peers } from './peers.ts';
import { sendSnapshot } from './snapshot-stream.ts';

/**
 * So long a follower may not know of a commit that nobody waits for there, as far as is known:
 * reads of its own state and watches are that much behind the leader's.
 */
const HOLD_NEWS_MS = 1;

interface OutboxParts {
  readonly settings: Settings;
  readonly engine: Engine;
  readonly raft: RawNode;
  readonly window: LogWindow;
  readonly logCompaction: LogCompaction;
  readonly peers: () => Peers | undefined;
  /** Raft has something to do. */
  readonly poke: () => void;
  readonly hasStopped: () => boolean;
}

export class Outbox {
  readonly #parts: OutboxParts;
  #news: Timer | undefined;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  send(messages: readonly Message[]): void {
    if (messages.length === 0) return;
    const peers = this.#parts.peers();
    assert(peers !== undefined, 'a member without peers has nobody to write to');
    peers.send(messages.filter((message) => message.type !== 'snapshot'));
    for (const { type, to } of messages)
      if (type === 'snapshot') void this.#sendSnapshot(to, peers);
  }

  async #sendSnapshot(to: MemberId, peers: Peers): Promise<void> {
    const { settings, engine, raft, window, logCompaction, poke, hasStopped } = this.#parts;
    const { logger } = settings;
    const release = logCompaction.hold();
    const from = { term: raft.term, termOf: (index: number) => window.term(index) };
    const index = await sendSnapshot({ to, peers, engine, raft: from, logger }).finally(release);
    if (hasStopped()) return;
    raft.reportSnapshot(to, index);
    poke();
  }

  /** After each turn: news that are held leave in a moment, unless entries take them along. */
  holdNews(): void {
    const { raft, settings, poke } = this.#parts;
    if (!raft.holdsNews) this.stop();
    else
      this.#news ??= settings.clock.after(HOLD_NEWS_MS, () => {
        this.#news = undefined;
        raft.tellCommitted();
        poke();
      });
  }

  stop(): void {
    this.#news?.cancel();
    this.#news = undefined;
  }
}
