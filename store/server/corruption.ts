/**
 * Members compare what they hold, as etcd's do: a member before it serves, and the leader now and
 * then, at the newest revision and at those of compactions. Who holds something else than most
 * gets a CORRUPT alarm, which ends all use of keys until somebody has looked.
 */
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import { hexId } from '../cluster-member.ts';
import { EngineError } from '../engine/engine.ts';
import { StoreError } from '../kv.ts';
import type { Command } from '../mvcc/command.ts';
import type { MemberId } from '../raft/entry.ts';
import type { CorruptionSettings } from '../replica/options.ts';
import type { MemberHash, Peers } from '../replica/peers.ts';
import type { Replica } from '../replica/replica.ts';
import type { KvHash, Maintenance } from './interface.ts';

/** Hashes of compactions that are kept (etcd's bound). */
const MAX_KEPT = 10;
/** An index up to which a new cluster's members hold nothing. */
const FIRST_INDEX = 1;
/** In place of a member's ID: some of the cluster's, nobody can say which. */
const NOBODY = '0';

export interface CorruptionEnvironment {
  readonly corruption: CorruptionSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly replica: () => Replica;
  readonly peers: () => Peers | undefined;
  readonly maintenance: Pick<Maintenance, 'hashKv' | 'changeAlarm'>;
}

interface Answer {
  readonly id: MemberId;
  /** Undefined if there was none. */
  readonly hash: MemberHash | undefined;
}

/** What the leader does now and then. */
interface Round {
  readonly everyMs: number;
  readonly check: () => Promise<void>;
  lastAt: number;
  running: Promise<void> | undefined;
}

/**
 * Of `members` in all, whose hashes are not those of a majority; where no majority agrees,
 * {@link NOBODY}.
 */
export function deviants(
  hashes: readonly (readonly [MemberId, number])[],
  members: number,
): readonly MemberId[] {
  const counts = new Map<number, number>();
  for (const [, hash] of hashes) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  if (counts.size < 2) return [];
  const quorum = Math.floor(members / 2) + 1;
  const right = [...counts.keys()].find((hash) => counts.get(hash)! >= quorum);
  if (right === undefined) return [NOBODY];
  return hashes.filter(([, hash]) => hash !== right).map(([id]) => id);
}

export class CorruptionChecks {
  readonly #environment: CorruptionEnvironment;
  readonly #rounds: readonly Round[];
  /** Taken when compactions were applied, oldest first. */
  #kept: readonly KvHash[] = [];
  readonly #taking = new Set<Promise<void>>();
  /** The newest revision of a compaction at which all members were found alike. */
  #settledRevision = 0;

  constructor(environment: CorruptionEnvironment) {
    this.#environment = environment;
    const { everyMs, compactHashEveryMs } = environment.corruption;
    const lastAt = environment.clock.monotonic();
    const rounds: Round[] = [
      { everyMs, check: () => this.#newest(), lastAt, running: undefined },
      { everyMs: compactHashEveryMs, check: () => this.#compactions(), lastAt, running: undefined },
    ];
    this.#rounds = rounds.filter((round) => round.everyMs > 0);
  }

  get #replica(): Replica {
    return this.#environment.replica();
  }

  get #self(): MemberId {
    return this.#replica.raft.id;
  }

  get #others(): readonly MemberId[] {
    return this.#replica.cluster.members.map(({ id }) => id).filter((id) => id !== this.#self);
  }

  /** Before this member takes part. Rejects with an EngineError if it holds something else. */
  async beforeServing(): Promise<void> {
    const { corruption, logger, peers, maintenance } = this.#environment;
    if (!corruption.initial || this.#replica.applier.appliedIndex <= FIRST_INDEX) return;
    const fields = { 'local-member-id': hexId(this.#self) };
    logger.info(fields, 'starting initial corruption check');
    await Promise.all(this.#others.map(async (id) => peers()?.tried(id)));
    const own = await maintenance.hashKv(0);
    const answers = await this.#ask(own.hashRevision);
    const differing = answers.filter(({ hash }) => hash !== undefined && hash.hash !== own.hash);
    for (const { id, hash } of differing) this.#tell(own, { id, hash });
    if (differing.some(({ hash }) => hash!.compactRevision === own.compactRevision))
      throw new EngineError('corrupt', `${hexId(this.#self)} found data inconsistency with peers`);
    logger.info(fields, 'initial corruption checking passed; no corruption');
  }

  #tell(own: KvHash, { id, hash }: Answer): void {
    const alike = own.compactRevision === hash?.compactRevision;
    this.#environment.logger.warn(
      { 'local-member-id': hexId(this.#self), local: own, 'remote-peer-id': hexId(id), peer: hash },
      `found different ${alike ? 'hash' : 'compact revision'} values from remote peer`,
    );
  }

  /** For another member. Rejects `compacted`, `futureRevision`. */
  async answer(revision: number): Promise<MemberHash> {
    const kept = this.#kept.find(({ hashRevision }) => hashRevision === revision);
    const hash = kept ?? (await this.#environment.maintenance.hashKv(revision));
    return { ...hash, revision: this.#replica.store.current };
  }

  /** What all members hold at a compaction is remembered: the next one would forget it. */
  applied(command: Command): void {
    if (command.type !== 'compact' || this.#environment.corruption.compactHashEveryMs === 0) return;
    const taking = this.#take(command.revision).finally(() => this.#taking.delete(taking));
    this.#taking.add(taking);
  }

  async #take(revision: number): Promise<void> {
    try {
      const hash = await this.#environment.maintenance.hashKv(revision);
      this.#kept = [...this.#kept, hash].slice(-MAX_KEPT);
    } catch (error) {
      this.#forgive(error, 'no hash of a compaction was taken');
    }
  }

  /** Compacted meanwhile, deposed, stopping: the next round may do better. */
  #forgive(error: unknown, message: string): void {
    if (!(error instanceof StoreError || error instanceof EngineError)) throw error;
    this.#environment.logger.warn({ reason: error.message }, message);
  }

  /** Starts the rounds that are due. */
  tick(): void {
    const now = this.#environment.clock.monotonic();
    for (const round of this.#rounds) {
      if (round.running !== undefined || now - round.lastAt < round.everyMs) continue;
      round.lastAt = now;
      if (this.#replica.inOffice && this.#others.length > 0) round.running = this.#run(round);
    }
  }

  async #run(round: Round): Promise<void> {
    try {
      await round.check();
    } catch (error) {
      this.#forgive(error, 'a check of the members for corruption was broken off');
    }
    round.running = undefined;
  }

  /** Of all other members, in time for one request. */
  #ask(revision: number): Promise<readonly Answer[]> {
    const { peers, logger } = this.#environment;
    const asked = this.#others.map(async (id): Promise<Answer> => {
      try {
        return { id, hash: await peers()?.ask(id, { type: 'hashKv', revision }) };
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        const fields = { 'remote-peer-id': hexId(id), 'requested-revision': revision };
        logger.warn({ ...fields, reason: error.message }, 'failed hash kv request');
        return { id, hash: undefined };
      }
    });
    return Promise.all(asked);
  }

  /** etcd's periodic check. */
  async #newest(): Promise<void> {
    const { maintenance, logger } = this.#environment;
    const before = await maintenance.hashKv(0);
    const answers = await this.#ask(before.hashRevision);
    // From here on this member knows all that an answer can be about.
    await this.#replica.confirmRead();
    const after = await maintenance.hashKv(0);
    const suspects = answers
      .filter(
        ({ hash }) =>
          hash !== undefined &&
          (hash.revision > after.hashRevision || hash.compactRevision > after.compactRevision),
      )
      .map(({ id }) => id);
    const isStill =
      after.hashRevision === before.hashRevision &&
      after.compactRevision === before.compactRevision;
    if (isStill && after.hash !== before.hash) suspects.push(this.#self);
    await this.#judge(before, answers, suspects);
    const checked = answers.filter(({ hash }) => hash !== undefined).length;
    logger.info({ 'number-of-peers-checked': checked }, 'finished peer corruption check');
  }

  /** etcd's check of compactions: newest first, until one has settled the matter. */
  async #compactions(): Promise<void> {
    const kept = this.#kept.filter(({ hashRevision }) => hashRevision > this.#settledRevision);
    let checked = 0;
    for (const own of kept.reverse()) {
      checked++;
      if (await this.#settles(own)) break;
    }
    const fields = { 'number-of-hashes-checked': checked };
    this.#environment.logger.info(fields, 'finished compaction hash check');
  }

  /** True if all members could be asked, or one is corrupt. */
  async #settles(own: KvHash): Promise<boolean> {
    const answers = await this.#ask(own.hashRevision);
    if (await this.#judge(own, answers)) return true;
    const isWhole = answers.every(({ hash }) => hash?.compactRevision === own.compactRevision);
    if (!isWhole) return false;
    this.#settledRevision = own.hashRevision;
    const fields = { revision: own.hashRevision, 'number-of-peers-checked': answers.length };
    this.#environment.logger.info(fields, 'successfully checked hash on whole cluster');
    return true;
  }

  /** Raises an alarm for those who differ, and for `suspects`. True if there was one to raise. */
  async #judge(
    own: KvHash,
    answers: readonly Answer[],
    suspects: readonly MemberId[] = [],
  ): Promise<boolean> {
    const { logger, maintenance } = this.#environment;
    const hashes: (readonly [MemberId, number])[] = [[this.#self, own.hash]];
    for (const { id, hash } of answers)
      if (hash?.compactRevision === own.compactRevision) hashes.push([id, hash.hash]);
    const corrupt = new Set([...suspects, ...deviants(hashes, answers.length + 1)]);
    for (const memberId of corrupt) {
      const found = hashes.map(([id, hash]) => ({ member: hexId(id), hash }));
      const fields = { member: hexId(memberId), revision: own.hashRevision, hashes: found };
      logger.error(fields, 'members hold different data at the same revision');
      await maintenance.changeAlarm('activate', { memberId, alarm: 'corrupt' });
    }
    return corrupt.size > 0;
  }

  /** Once the replica has stopped, which ends what a round waits for. */
  async stop(): Promise<void> {
    await Promise.all([...this.#taking, ...this.#rounds.map(({ running }) => running)]);
  }
}
