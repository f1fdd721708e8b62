import type { MemberId } from './entry.ts';

/** A read waiting for proof that its leader still led after the read began. */
export interface PendingRead {
  /** Unique among the requester's reads. */
  readonly context: number;
  /** The member whose client reads. */
  readonly requester: MemberId;
  /** The commit index when the leader took the read. */
  readonly index: number;
  readonly acks: Set<MemberId>;
}

/**
 * Reads in order of arrival (paper, section 8; ReadIndex of the Raft thesis, section 6.4).
 * Each gets a round number that heartbeats carry; a quorum of answers to one round proves
 * leadership for it and for every read before it.
 */
export class ReadOnly {
  #reads = new Map<number, PendingRead>();
  #round = 0;

  get latestRound(): number | undefined {
    return this.#reads.size === 0 ? undefined : this.#round;
  }

  add(read: Omit<PendingRead, 'acks'>, self: MemberId): number {
    this.#round++;
    this.#reads.set(this.#round, { ...read, acks: new Set([self]) });
    return this.#round;
  }

  ack(round: number, from: MemberId): ReadonlySet<MemberId> {
    const read = this.#reads.get(round);
    read?.acks.add(from);
    return read?.acks ?? new Set();
  }

  /** Takes the reads up to `round`, which is confirmed. */
  confirmed(round: number): PendingRead[] {
    const taken: PendingRead[] = [];
    for (const [each, read] of this.#reads) {
      if (each > round) break;
      taken.push(read);
      this.#reads.delete(each);
    }
    return taken;
  }

  clear(): void {
    this.#reads.clear();
  }
}
