/** Applies committed entries to the state machine and answers those who wait for them. */
import { StoreError } from '../kv.ts';
import type { AuthStore } from '../auth/auth-store.ts';
import type { Command, CommandResponse } from '../mvcc/command.ts';
import type { MvccStore } from '../mvcc/store.ts';
import type { Entry } from '../raft/entry.ts';
import { decodeChange } from '../persistence/cluster-codec.ts';
import { changesConfiguration } from '../persistence/cluster-state.ts';
import type { ClusterChange, ClusterState } from '../persistence/cluster-state.ts';
import { callerOf, decodeCommand, requestIdOf } from '../persistence/command-codec.ts';
import type { Proposals } from './proposals.ts';
import type { Records } from '../persistence/records.ts';
import type { SlowRequests } from './slow-requests.ts';

interface ApplierOptions {
  readonly store: MvccStore;
  readonly auth: AuthStore;
  readonly cluster: ClusterState;
  readonly records: Records;
  readonly proposals: Proposals;
  readonly slowRequests: SlowRequests;
  readonly appliedIndex: number;
  /** Told of each command that took effect. */
  readonly onApplied: (command: Command) => void;
  /** Told of each change of the cluster that took effect. */
  readonly onChanged: (change: ClusterChange) => void;
}

export class Applier {
  readonly #options: ApplierOptions;
  readonly #store: MvccStore;
  readonly #auth: AuthStore;
  readonly #proposals: Proposals;
  appliedIndex: number;

  constructor(options: ApplierOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#auth = options.auth;
    this.#proposals = options.proposals;
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
      const began = this.#options.slowRequests.now();
      try {
        while (!this.#tryApply(entry, began))
          await this.#options.records.makeResident(
            this.#store.missing(this.#commandOf(requestIdOf(entry.data), entry)),
          );
      } finally {
        release();
      }
    }
  }

  /** False if the entry waits for pairs to become resident; nothing is changed then. */
  #tryApply(entry: Entry, began?: number): boolean {
    if (entry.type !== 'normal') this.#change(entry);
    // A new leader's first entry carries nothing.
    else if (entry.data.length === 0) this.#proposals.leaderChanged(entry.term);
    else {
      const id = requestIdOf(entry.data);
      const command = this.#commandOf(id, entry);
      const { slowRequests } = this.#options;
      const since = began ?? slowRequests.now();
      if (this.#store.missing(command).length > 0) return false;
      this.#execute(id, command, entry);
      slowRequests.applied(command, since);
    }
    this.appliedIndex = entry.index;
    return true;
  }

  #commandOf(id: number, entry: Entry): Command {
    return this.#proposals.commandOf(id, entry.data) ?? decodeCommand(entry.data);
  }

  #execute(id: number, command: Command, entry: Entry): void {
    let response: CommandResponse;
    try {
      if (this.#auth.enabled) this.#auth.check(callerOf(entry.data), command, this.#store.lessor);
      response =
        command.type === 'auth'
          ? this.#auth.apply(command.change, entry.index, this.#store)
          : this.#store.apply(command);
    } catch (error) {
      // Anything else is a broken invariant: better to stop than to diverge from other members.
      if (!(error instanceof StoreError)) throw error;
      this.#proposals.reject(id, entry.data, error);
      return;
    }
    this.#options.onApplied(command);
    this.#proposals.resolve(id, entry.data, response);
  }

  #change(entry: Entry): void {
    const id = requestIdOf(entry.data);
    const change = decodeChange(entry.data);
    try {
      // Raft let it go on as an ordinary entry, because another was on its way.
      if (changesConfiguration(change) && entry.type !== 'configuration')
        throw new StoreError('unhealthy');
      this.#options.cluster.apply(change);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#proposals.reject(id, entry.data, error);
      return;
    }
    this.#options.onChanged(change);
    this.#proposals.resolve(id, entry.data);
  }
}
