/**
 * Carries out what Raft decides: one turn per Ready, in six named steps, whose order is what
 * makes acknowledged writes durable and applied ones exactly once.
 *
 *   1. take      the Ready; from here proposals gather for the next one
 *   2. send      messages that promise nothing
 *   3. persist   hard state, entries and earlier effects: one batch, synced if anything is promised
 *   4. apply     committed entries, which are stable already, while the disk works
 *   5. send      the promises, once they are persisted
 *   6. advance   tell Raft; its own vote or acceptance counts from here
 *
 * Group commit follows from step 1: however many proposals come during one fsync, they share
 * the next.
 */
import type { RawNode, Ready } from '../raft/raw-node.ts';
import type { Entry, SnapshotPoint } from '../raft/entry.ts';
import type { Message } from '../raft/message.ts';

export interface Duties {
  send(messages: readonly Message[]): void;
  /** Undefined if there is nothing worth writing yet. */
  persist(ready: Ready): Promise<void> | undefined;
  /** Writes the effects that wait. */
  flush(): Promise<void>;
  /** Undefined if it is done already. */
  apply(entries: readonly Entry[]): Promise<void> | undefined;
  /** The state is to be replaced; the loop has ended. */
  install(point: SnapshotPoint): void;
  /** After each turn, for what depends on applied or confirmed state. */
  advanced(): void;
}

export class ReadyLoop {
  readonly #raft: RawNode;
  readonly #duties: Duties;
  #wake: (() => void) | undefined;
  #flush = false;
  #stopping = false;
  #done: Promise<void> | undefined;

  constructor(raft: RawNode, duties: Duties) {
    this.#raft = raft;
    this.#duties = duties;
  }

  /** Runs until stopped; rejects if a duty fails, and then nothing more is done. */
  run(): Promise<void> {
    this.#done ??= this.#turns();
    return this.#done;
  }

  /** Raft may have something ready. */
  poke(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Write waiting effects even if nothing else is to be written. */
  flush(): void {
    this.#flush = true;
    this.poke();
  }

  /** Ends after the turn under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.poke();
    await this.#done?.catch(() => {});
  }

  async #turns(): Promise<void> {
    while (!this.#stopping) {
      if (this.#raft.hasReady()) await this.#turn(this.#raft.ready());
      else if (this.#flush) {
        this.#flush = false;
        await this.#duties.flush();
      } else await this.#sleep();
    }
  }

  async #turn(ready: Ready): Promise<void> {
    this.#duties.send(ready.messages);
    const persisted = this.#duties.persist(ready);
    // Awaited below, unless applying fails first.
    persisted?.catch(() => {});
    const applied = this.#duties.apply(ready.committedEntries);
    if (applied !== undefined) await applied;
    if (persisted !== undefined) await persisted;
    if (ready.snapshot !== undefined) {
      this.#stopping = true;
      this.#duties.install(ready.snapshot);
      return;
    }
    this.#duties.send(ready.messagesAfterPersist);
    this.#raft.advance();
    this.#duties.advanced();
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
