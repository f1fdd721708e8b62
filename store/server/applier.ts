/** Applies committed entries to the state machine and answers those who wait for them. */
import { StoreError } from '../kv.ts';
import type { Command, CommandResponse } from '../mvcc/command.ts';
import type { MvccStore } from '../mvcc/store.ts';
import type { Entry } from '../raft/entry.ts';
import { decodeCommand, requestIdOf } from './command-codec.ts';
import type { Proposals } from './proposals.ts';
import type { Records } from './records.ts';

export class Applier {
  readonly #store: MvccStore;
  readonly #records: Records;
  readonly #proposals: Proposals;
  readonly #onApplied: (command: Command) => void;
  appliedIndex: number;

  constructor(options: {
    readonly store: MvccStore;
    readonly records: Records;
    readonly proposals: Proposals;
    readonly appliedIndex: number;
    /** Told of each command that took effect. */
    readonly onApplied: (command: Command) => void;
  }) {
    this.#store = options.store;
    this.#records = options.records;
    this.#proposals = options.proposals;
    this.#onApplied = options.onApplied;
    this.appliedIndex = options.appliedIndex;
  }

  /** Synchronous, hence undefined, as long as everything that is read is resident. */
  apply(entries: readonly Entry[]): Promise<void> | undefined {
    for (let i = 0; i < entries.length; i++)
      if (!this.#tryApply(entries[i]!)) return this.#applyFrom(entries.slice(i));
    return undefined;
  }

  async #applyFrom(entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) {
      const release = this.#store.cache.hold();
      try {
        while (!this.#tryApply(entry))
          await this.#records.makeResident(this.#store.missing(this.#commandOf(entry)));
      } finally {
        release();
      }
    }
  }

  /** False if the entry waits for pairs to become resident; nothing is changed then. */
  #tryApply(entry: Entry): boolean {
    // A new leader's first entry carries nothing.
    if (entry.data.length > 0) {
      const command = this.#commandOf(entry);
      if (this.#store.missing(command).length > 0) return false;
      this.#execute(command, requestIdOf(entry.data));
    }
    this.appliedIndex = entry.index;
    return true;
  }

  #commandOf(entry: Entry): Command {
    return this.#proposals.commandOf(requestIdOf(entry.data)) ?? decodeCommand(entry.data);
  }

  #execute(command: Command, id: number): void {
    let response: CommandResponse;
    try {
      response = this.#store.apply(command);
    } catch (error) {
      // Anything else is a broken invariant: better to stop than to diverge from other members.
      if (!(error instanceof StoreError)) throw error;
      this.#proposals.reject(id, error);
      return;
    }
    this.#onApplied(command);
    this.#proposals.resolve(id, response);
  }
}
