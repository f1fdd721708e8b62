/**
 * Who leads, as this member knows it between two turns of the Ready loop. Office is this member's
 * for one term, from the turn on in which those who act in it were told.
 */
import { NONE } from '../raft/entry.ts';
import type { MemberId } from '../raft/entry.ts';
import type { RawNode } from '../raft/raw-node.ts';
import type { Settings } from './options.ts';

interface OfficeParts {
  readonly settings: Pick<Settings, 'heartbeatMs' | 'electionTimeoutMs' | 'logger'>;
  readonly raft: Pick<RawNode, 'role' | 'term' | 'leader' | 'stepDown'>;
  /** No other member votes. */
  readonly isAlone: () => boolean;
  /** How long the write under way has taken. */
  readonly stalledMs: (now: number) => number;
  /** There is another leader than before, or none. */
  readonly onLeader: () => void;
  /** Office was taken, in whatever term, or left. */
  readonly onLeadership: (leads: boolean) => void;
}

export class Office {
  readonly #parts: OfficeParts;
  leaderChanges = 0;
  /** Heartbeats that left when two were due. */
  lateHeartbeats = 0;
  #lastTick: number | undefined;
  #lastLeader: MemberId = NONE;
  #term: number | undefined;

  constructor(parts: OfficeParts) {
    this.#parts = parts;
  }

  get leads(): boolean {
    return this.#parts.raft.role === 'leader';
  }

  /** This member leads, and has been told so for this very term. */
  get isHeld(): boolean {
    return this.leads && this.#term === this.#parts.raft.term;
  }

  /** Raft's clock has ticked. */
  tick(now: number): void {
    const sinceMs = now - (this.#lastTick ?? now);
    this.#lastTick = now;
    if (!this.leads || this.#parts.isAlone()) return;
    if (sinceMs > 2 * this.#parts.settings.heartbeatMs) this.lateHeartbeats++;
    this.#leaveIfStalled(now);
  }

  /** A leader that cannot write is useless and, by its heartbeats, in the way of a better one. */
  #leaveIfStalled(now: number): void {
    const { settings, raft, stalledMs: measure } = this.#parts;
    const stalledMs = measure(now);
    if (stalledMs < settings.electionTimeoutMs) return;
    settings.logger.warn({ stalledMs }, 'the disk does not answer: leaving office');
    raft.stepDown();
  }

  /** Raft has advanced: tells what has changed. */
  look(): void {
    const { raft, onLeader, onLeadership } = this.#parts;
    if (raft.leader !== this.#lastLeader) {
      this.#lastLeader = raft.leader;
      if (this.#lastLeader !== NONE) this.leaderChanges++;
      onLeader();
    }
    const term = this.leads ? raft.term : undefined;
    if (term === this.#term) return;
    this.#term = term;
    onLeadership(term !== undefined);
  }
}
