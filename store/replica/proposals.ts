import { StoreError } from '../kv.ts';
import type { StoreErrorReason } from '../kv.ts';
import type { Command, CommandResponse } from '../mvcc/command.ts';
import type { Proposal } from '../raft/entry.ts';
import type { Role } from '../raft/core.ts';
import type { ProposeResult } from '../raft/raw-node.ts';

/** Who waits, and for what. */
interface Waiting {
  readonly proposal: Proposal;
  /** Absent for changes of the cluster. */
  readonly command: Command | undefined;
  readonly resolve: (response: CommandResponse | undefined) => void;
  readonly reject: (error: Error) => void;
}

interface Pending {
  /**
   * Taken out when it is answered: in V8 the tables that a Map has outgrown keep their entries
   * until a full collection, and what they keep alive is copied.
   */
  waiting: Waiting | undefined;
  readonly deadline: number;
  /** Made by the leader of this term, and of use to no other. */
  readonly officeTerm?: number | undefined;
  /** In which it was handed to Raft; none while there is no leader to take it. */
  term: number | undefined;
}

/** What proposals need of Raft. */
interface Proposer {
  readonly term: number;
  readonly role: Role;
  propose(proposals: readonly Proposal[]): ProposeResult;
}

const U32 = 2 ** 32;
/** High parts of request IDs; with the low 32 bits they stay below 2^53. */
const EPOCHS = 2 ** 21;

/**
 * Callers waiting for their proposals to be applied. IDs begin at a random epoch, so that an
 * entry from before a restart finds nobody waiting. Another member's epoch may be the same:
 * an ID counts only together with the very bytes that were proposed.
 */
export class Proposals {
  readonly #raft: Proposer;
  readonly #pending = new Map<number, Pending>();
  /** Pending ones that found no leader, in order. */
  #homeless: Pending[] = [];
  readonly #epoch: number;
  #counter = 0;
  failed = 0;

  constructor(epoch: number, raft: Proposer) {
    this.#epoch = epoch % EPOCHS;
    this.#raft = raft;
  }

  static readonly epochs = EPOCHS;

  get size(): number {
    return this.#pending.size;
  }

  nextId(): number {
    this.#counter = (this.#counter + 1) % U32;
    return this.#epoch * U32 + this.#counter;
  }

  /** Resolves with the proposal's answer. Deadlines come in order. */
  submit(
    id: number,
    what: Pick<Waiting, 'proposal' | 'command'> & Pick<Pending, 'deadline' | 'officeTerm'>,
  ): Promise<CommandResponse | undefined> {
    const { proposal, command, deadline, officeTerm } = what;
    return new Promise((resolve, reject) => {
      const waiting = { proposal, command, resolve, reject };
      const pending: Pending = { waiting, deadline, officeTerm, term: undefined };
      this.#pending.set(id, pending);
      if (officeTerm !== undefined) this.#handInOffice(id, pending);
      else if (this.#homeless.length > 0 || !this.#hand(pending)) this.#homeless.push(pending);
    });
  }

  /** Now or never: another leader, or this one in another term, might judge otherwise. */
  #handInOffice(id: number, pending: Pending): void {
    const { role, term } = this.#raft;
    if (role === 'leader' && term === pending.officeTerm && this.#hand(pending)) return;
    this.#giveUp(id, pending, new StoreError('notLeader'));
  }

  #hand(pending: Pending): boolean {
    if (this.#raft.propose([pending.waiting!.proposal]) === 'noLeader') return false;
    pending.term = this.#raft.term;
    return true;
  }

  /** There may be a leader now. */
  retry(): void {
    while (this.#homeless.length > 0) {
      const [first] = this.#homeless;
      if (!this.#hand(first!)) return;
      this.#homeless.shift();
    }
  }

  /** The command as proposed here, so that it need not be decoded. */
  commandOf(id: number, data: Uint8Array): Command | undefined {
    const waiting = this.#pending.get(id)?.waiting;
    return waiting?.proposal.data === data ? waiting.command : undefined;
  }

  resolve(id: number, data: Uint8Array, response?: CommandResponse): void {
    this.#take(id, data)?.resolve(response);
  }

  reject(id: number, data: Uint8Array, error: Error): void {
    const waiting = this.#take(id, data);
    if (waiting === undefined) return;
    this.failed++;
    waiting.reject(error);
  }

  #take(id: number, data: Uint8Array): Waiting | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    const own = pending.waiting!.proposal.data;
    if (own !== data && Buffer.compare(own, data) !== 0) return undefined;
    return this.#remove(id, pending);
  }

  #remove(id: number, pending: Pending): Waiting {
    this.#pending.delete(id);
    const waiting = pending.waiting!;
    pending.waiting = undefined;
    return waiting;
  }

  /**
   * A leader of `term` has committed: whatever was handed to its predecessors and is not applied
   * by now is lost, or so late that nobody should wait for it.
   */
  leaderChanged(term: number): void {
    for (const [id, pending] of this.#pending)
      if (pending.term !== undefined && pending.term < term)
        this.#giveUp(id, pending, new StoreError('timeoutLeaderFailed'));
  }

  /** Gives up on those past their deadline. Whether they will be applied is unknown. */
  expire(now: number): void {
    for (const [id, pending] of this.#pending) {
      if (pending.deadline > now) return;
      this.#giveUp(id, pending, new StoreError('timeout'));
    }
  }

  rejectAll(reason: StoreErrorReason, cause?: Error): void {
    for (const [id, pending] of [...this.#pending])
      this.#giveUp(id, pending, new StoreError(reason, cause === undefined ? {} : { cause }));
  }

  #giveUp(id: number, pending: Pending, error: StoreError): void {
    const waiting = this.#remove(id, pending);
    if (pending.term === undefined)
      this.#homeless = this.#homeless.filter((each) => each !== pending);
    this.failed++;
    waiting.reject(error);
  }
}
