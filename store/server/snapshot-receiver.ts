/**
 * Takes a snapshot from the leader: into an engine beside the current one, then, if Raft agrees,
 * into its place. The member goes on as after a restart on the new state.
 */
import type { Logger } from '../../platform/logger.ts';
import type { Engine } from '../engine/engine.ts';
import { hexId } from '../cluster-member.ts';
import { StoreError } from '../kv.ts';
import type { MemberId, SnapshotPoint } from '../raft/entry.ts';
import type { EngineFolders } from './engine-folders.ts';
import type { MemberIdentity } from './interface.ts';
import { hardStateKey, metaKeys } from '../persistence/keyspace.ts';
import { encodeHardState } from '../persistence/log-codec.ts';
import type { Replica } from '../replica/replica.ts';
import { receiveSnapshot } from '../replica/snapshot-stream.ts';
import type { Timekeeper, TimingName } from '../persistence/timing.ts';

export interface ReceiverEnvironment {
  readonly folders: EngineFolders;
  readonly identity: MemberIdentity;
  readonly replica: () => Replica;
  /** Goes on with this engine instead of the current one. */
  readonly replace: (engine: Engine) => Promise<void>;
  readonly timekeeper: Timekeeper;
  readonly logger: Logger;
}

interface Staged {
  readonly engine: Engine;
  readonly point: SnapshotPoint;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class SnapshotReceiver {
  readonly #environment: ReceiverEnvironment;
  /** One at a time: being received, or waiting for Raft to take it. */
  #receiving: Promise<void> | undefined;
  #staged: Staged | undefined;
  /** Serves now; not to be closed here. */
  #adopted: Engine | undefined;
  #installing: Promise<void> | undefined;
  #stopping = false;
  /** It is taking the place of the state. */
  isInstalling = false;

  constructor(environment: ReceiverEnvironment) {
    this.#environment = environment;
  }

  /** Resolves when its state is this member's. */
  async receive(from: MemberId, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    if (this.#receiving !== undefined || this.#stopping)
      throw new StoreError('unavailable', { detail: 'another snapshot is being received' });
    this.#receiving = this.#receive(from, chunks);
    try {
      await this.#receiving;
    } catch (error) {
      // The leader sends it again; a disk without room for it is for the operator to see here.
      if (!this.#stopping)
        this.#environment.logger.warn(
          { from: hexId(from), error },
          'failed to save incoming database snapshot',
        );
      throw error;
    } finally {
      this.#receiving = undefined;
    }
  }

  async #receive(from: MemberId, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const { folders, replica } = this.#environment;
    const engine = await folders.stage();
    try {
      const { point, leaderTerm } = await this.#timed('snapshotSave', () =>
        receiveSnapshot(engine, chunks, (write) => this.#timed('snapshotFsync', write)),
      );
      const { raft } = replica();
      await new Promise<void>((resolve, reject) => {
        this.#staged = { engine, point, resolve, reject };
        replica().step({ type: 'snapshot', from, to: raft.id, term: leaderTerm, point });
        // Raft has it all already, or the leader is none any more.
        if (!raft.awaitsSnapshot) resolve();
      });
    } finally {
      this.#staged = undefined;
      await this.#discard(engine);
    }
  }

  async #timed<T>(name: TimingName, work: () => Promise<T>): Promise<T> {
    const { timekeeper } = this.#environment;
    const began = timekeeper.now();
    const result = await work();
    timekeeper.took(name, began);
    return result;
  }

  async #discard(engine: Engine): Promise<void> {
    if (this.#adopted === engine) return;
    await engine.close();
    await this.#environment.folders.clean();
  }

  /** Raft has agreed, its hard state is on disk, and the replica has ended. */
  install(): void {
    const staged = this.#staged;
    if (staged === undefined) return;
    this.isInstalling = true;
    this.#installing = this.#install(staged)
      .finally(() => (this.isInstalling = false))
      .then(staged.resolve, staged.reject);
  }

  async #install({ engine, point }: Staged): Promise<void> {
    const { folders, identity, replica, replace, logger } = this.#environment;
    const ended = replica();
    const fields = {
      'current-applied-index': ended.applier.appliedIndex,
      'incoming-leader-snapshot-index': point.index,
      'incoming-leader-snapshot-term': point.term,
    };
    logger.info(fields, 'applying snapshot');
    const hardState = { ...ended.hardState, commit: point.index };
    await ended.abandon();
    await engine.batch(
      [
        { type: 'put', key: hardStateKey, value: encodeHardState(hardState) },
        { type: 'put', key: metaKeys.identity, value: Buffer.from(JSON.stringify(identity)) },
      ],
      { sync: true },
    );
    await folders.adopt();
    this.#adopted = engine;
    await replace(engine);
    logger.info(fields, 'applied snapshot');
    await folders.clean();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#installing;
    this.#staged?.reject(new StoreError('stopped'));
    await this.#receiving?.catch(() => {});
  }
}
