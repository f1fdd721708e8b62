/** Maintenance of one member: alarms through the log, hashes and copies of the engine. */
import type { Engine } from '../engine/engine.ts';
import type { Alarm } from '../mvcc/command.ts';
import { checkRevision } from '../mvcc/txn-plan.ts';
import type { Backup, KvHash, Maintenance } from './interface.ts';
import type { Replica } from '../replica/replica.ts';
import type { Timekeeper, TimingName } from '../persistence/timing.ts';

export interface MaintenanceOptions {
  /** Both are replaced when a snapshot is installed. */
  readonly replica: () => Replica;
  readonly engine: () => Engine;
  /** "3.6.0" */
  readonly version: string;
  readonly timekeeper: Timekeeper;
}

export class MemberMaintenance implements Maintenance {
  readonly #options: MaintenanceOptions;
  /** Copies that are being read. */
  readonly #open = new Set<() => Promise<void>>();

  constructor(options: MaintenanceOptions) {
    this.#options = options;
  }

  get #replica(): Replica {
    return this.#options.replica();
  }

  get #engine(): Engine {
    return this.#options.engine();
  }

  async alarms(): Promise<readonly Alarm[]> {
    await this.#replica.confirmRead();
    return this.#replica.store.alarms.list();
  }

  standing(): readonly Alarm[] {
    return this.#replica.store.alarms.list();
  }

  async changeAlarm(action: 'activate' | 'deactivate', alarm: Alarm): Promise<boolean> {
    return (await this.#replica.propose({ type: 'alarm', action, ...alarm })).changed;
  }

  async #timed<T>(name: TimingName, work: () => Promise<T>): Promise<T> {
    const { timekeeper } = this.#options;
    const began = timekeeper.now();
    const result = await work();
    timekeeper.took(name, began);
    return result;
  }

  hashKv(revision: number): Promise<KvHash> {
    return this.#timed('hashRev', () => this.#hashKv(revision));
  }

  async #hashKv(revision: number): Promise<KvHash> {
    const { hashKvAt } = await import('../persistence/backup.ts');
    const [replica, engine] = [this.#replica, this.#engine];
    const { store } = replica;
    const upTo = revision === 0 ? store.current : revision;
    // Before what is applied gets to the engine: later revisions might not be there yet.
    checkRevision(upTo, store);
    await replica.settle();
    const { compacted } = store;
    checkRevision(upTo, store);
    const hash = await hashKvAt(engine, store.index, { revision: upTo, compacted });
    // Of compactions meanwhile only one beyond the revision takes from the index what was needed.
    checkRevision(upTo, store);
    return { hash, compactRevision: compacted, hashRevision: upTo };
  }

  async hash(): Promise<number> {
    const { hashState } = await import('../persistence/backup.ts');
    await this.#replica.settle();
    return this.#timed('hash', () => hashState(this.#engine));
  }

  async defragment(): Promise<void> {
    await this.#replica.removed();
    await this.#timed('defragment', () => this.#engine.compact());
  }

  async snapshot(): Promise<Backup> {
    const { backUp } = await import('../persistence/backup.ts');
    await this.#replica.removed();
    const { store, raft, removalsDone } = this.#replica;
    const revision = store.current;
    const backup = backUp(this.#engine, {
      term: raft.term,
      compactionFinished: removalsDone,
      members: this.#replica.cluster.members,
      clusterVersion: `${this.#options.version.split('.').slice(0, 2).join('.')}.0`,
    });
    const close = async (): Promise<void> => {
      this.#open.delete(close);
      await backup.close();
    };
    this.#open.add(close);
    try {
      const stream = await this.#timed('snapshot', () => backup.stream);
      return { ...stream, revision, close };
    } catch (error) {
      await close();
      throw error;
    }
  }

  /** Lets go of copies that are still being read. */
  async stop(): Promise<void> {
    await Promise.all([...this.#open].map((close) => close()));
  }
}
