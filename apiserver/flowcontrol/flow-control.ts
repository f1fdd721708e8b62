/**
 * API Priority and Fairness (KEP-1040): FlowSchemas say to which PriorityLevelConfiguration a
 * request belongs and with whom it shares a place in line; levels say how many requests are at
 * work and how the others wait. In: objects as the watch cache has them. Out: a place, at once or
 * later, or a refusal. Not in: streams, which have no place; seats weighted by how long requests
 * last; limits that follow demand (seats that nobody uses are lent at once instead).
 */
import { statusError } from '../../api/status.ts';
import type { FlowSchema, PriorityLevelConfiguration } from '../../api/types/flowcontrol-v1.ts';
import { assert } from '../../platform/assert.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { HttpRequest, Pausable } from '../../platform/net/http.ts';
import type { Turns } from '../../platform/turns.ts';
import type { User } from '../authn/user.ts';
import type { Attributes } from '../authz/authorizer.ts';
import { flowName, schemaFor } from './classify.ts';
import { type Configuration, configurationOf, type FlowObjects } from './configuration.ts';
import { AnswerTurns } from './answer-turns.ts';
import { FlowAllowance } from './flow-allowance.ts';
import { FlowCounts } from './flow-counts.ts';
import type { Holder } from './flows-at-work.ts';
import { HeldConnections } from './held-connections.ts';
import { PriorityLevel, type Rejection } from './priority-level.ts';
import type { Waiting } from './queue-set.ts';
import { portions, SeatPool } from './seats.ts';

export interface FlowControlOptions {
  readonly objects: FlowObjects;
  /** Of all levels together. */
  readonly seats: number;
  readonly clock: Clock;
  /** Milliseconds that the thread was at work so far: {@link FlowAllowance}. */
  readonly busyMs: () => number;
  /** How long a request waits for its turn before it is turned away. */
  readonly maxWaitMs: number;
  readonly turns: Pick<Turns, 'nextTurn' | 'ownTurn'>;
}

/** To what a request belongs. */
export interface Classified {
  readonly schema: FlowSchema;
  readonly level: PriorityLevelConfiguration;
  /** Differs for those who do not share a place in line. */
  readonly flow: string;
  /** The flow is one user's. */
  readonly byUser: boolean;
}

/** To be left once, after `ready`. */
export interface Ticket {
  readonly holder: Holder;
  readonly level: PriorityLevel;
  readonly exempt: boolean;
  /** Absent: at work at once. Rejects with TooManyRequests. */
  readonly ready?: Promise<void>;
}

type Asker = Pick<HttpRequest, 'signal' | 'onGone'>;

/** Calls `left`, perhaps at once, until what it returns is called. */
function whenGone(asker: Asker, left: () => void): () => void {
  if (asker.onGone !== undefined) return asker.onGone(left);
  const { signal } = asker;
  if (signal.aborted) left();
  else signal.addEventListener('abort', left, { once: true });
  return () => signal.removeEventListener('abort', left);
}

const RETRY_AFTER_SECONDS = 1;

export function tooManyRequests(): Error {
  const text = 'Too many requests, please try again later.';
  return statusError('TooManyRequests', text, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

export class FlowControl {
  readonly counts = new FlowCounts();
  readonly #options: FlowControlOptions;
  readonly #pool = new SeatPool();
  readonly #levels = new Map<string, PriorityLevel>();
  #configuration: Configuration | undefined;
  #waiting = 0;
  /** Levels that have given out seats in this turn. */
  readonly #spent: PriorityLevel[] = [];
  readonly #allowance: FlowAllowance;
  readonly #held: HeldConnections;
  readonly #answers: AnswerTurns;
  #watched: Timer | undefined;
  /** Of those of whom several wait one request is started: in a turn of its own. */
  #crowdsTurn: 'none' | 'asked' | 'now' = 'none';

  constructor(options: FlowControlOptions) {
    this.#options = options;
    const { clock, busyMs, turns } = options;
    const monotonic = (): number => clock.monotonic();
    this.#allowance = new FlowAllowance({ monotonic, busyMs });
    this.#held = new HeldConnections({ monotonic, nextTurn: turns.nextTurn });
    this.#answers = new AnswerTurns(turns.ownTurn);
    const outdated = (): void => (this.#configuration = undefined);
    const follower = { reset: outdated, changed: outdated };
    options.objects.flowSchemas.follow(follower);
    options.objects.priorityLevels.follow(follower);
  }

  /** Levels at work, for /metrics. */
  get levels(): Iterable<PriorityLevel> {
    return this.#levels.values();
  }

  classify(user: User, attributes: Attributes): Classified {
    const { schemas, levels } = this.#current();
    // The mandatory catch-all matches everybody.
    const schema = schemaFor(schemas, user, attributes) ?? schemas.at(-1)!;
    const level = levels.get(schema.spec.priorityLevelConfiguration.name)!;
    const flow = `${schema.metadata.name}\0${flowName(schema, user, attributes)}`;
    const byUser = schema.spec.distinguisherMethod?.type === 'ByUser';
    return { schema, level, flow, byUser };
  }

  /**
   * Throws TooManyRequests if there is no room to wait either. Only who waits is asked to tell
   * when its client goes.
   */
  enter(classified: Classified, width: number, asker: Asker): Ticket {
    const { schema, flow, byUser } = classified;
    const { metadata } = classified.level;
    const level = this.#levels.get(metadata.name ?? '');
    assert(level !== undefined, 'a request is classified by the configuration in force');
    const row = `${metadata.name}|${schema.metadata.name}`;
    const holder: Holder = { flow, byUser, width, period: 0 };
    const exempt = level.isExempt;
    this.#allowance.measure();
    if (level.enter(holder)) {
      this.counts.dispatched(row);
      return { holder, level, exempt };
    }
    const ready = this.#wait(level, holder, { row, asker });
    return { holder, level, exempt, ready };
  }

  /** To be waited for before the request is answered. Undefined: its turn is now. */
  answers({ holder }: Ticket): Promise<void> | undefined {
    const { flow, byUser } = holder;
    return byUser && this.#held.isCrowd(flow) ? this.#answers.next(flow) : undefined;
  }

  /** `connection`: that of a client who speaks for nobody else. */
  leave({ level, holder, exempt }: Ticket, connection?: Pausable): void {
    level.leave(holder, exempt);
    if (connection !== undefined && holder.byUser) this.#held.answered(holder.flow, connection);
    this.#allowance.measure();
    if (this.#waiting > 0) this.#dispatch();
    if (level.isIdle) this.#forget(level);
  }

  #wait(
    level: PriorityLevel,
    holder: Holder,
    { row, asker }: { readonly row: string; readonly asker: Asker },
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const refuse = (why: Rejection | 'time-out' | 'cancelled'): void => {
        this.counts.rejected(row, why);
        reject(tooManyRequests());
      };
      const done = (): void => {
        this.#waiting--;
        this.#held.parted(holder.flow);
        if (this.#waiting === 0) this.#unwatchThread();
        timer.cancel();
        unlisten();
      };
      const start = (): void => {
        if (this.#crowdsTurn === 'now' && this.#held.isCrowd(holder.flow)) this.#askCrowdsTurn();
        done();
        this.counts.dispatched(row);
        resolve();
      };
      const waiting: Waiting = { holder, start };
      const rejection = level.wait(waiting);
      if (rejection !== undefined) return refuse(rejection);
      this.#waiting++;
      this.#held.joined(holder.flow);
      this.#watchThread();
      const giveUp = (why: 'time-out' | 'cancelled'): void => {
        if (!level.giveUp(waiting)) return;
        done();
        refuse(why);
      };
      const timer = this.#options.clock.after(this.#options.maxWaitMs, () => giveUp('time-out'));
      let unlisten = (): void => {};
      unlisten = whenGone(asker, () => giveUp('cancelled'));
      // Those before it may all wait for their own flow.
      level.startNext();
    });
  }

  /** Lets in whom there is a place for: levels that have less than is theirs go first. */
  #dispatch(): void {
    for (const own of [true, false])
      for (const level of this.#levels.values())
        while (level.waiting > 0 && (!own || level.seats.belowNominal) && level.startNext());
  }

  /**
   * While somebody waits. Requests at work may themselves wait for those in line: for a webhook
   * that asks this server with the same identity. Then nobody leaves, and the thread idles.
   */
  #watchThread(): void {
    if (this.#watched !== undefined) return;
    this.#watched = this.#options.clock.after(this.#allowance.everyMs, () => {
      this.#watched = undefined;
      this.#allowance.measure();
      this.#held.releaseOld();
      this.#dispatch();
      if (this.#waiting > 0) this.#watchThread();
    });
  }

  #unwatchThread(): void {
    this.#watched?.cancel();
    this.#watched = undefined;
  }

  #turnNeeded(level: PriorityLevel): void {
    this.#spent.push(level);
    if (this.#spent.length > 1) return;
    this.#options.turns.nextTurn(() => {
      for (const one of this.#spent.splice(0)) one.newTurn();
      if (this.#waiting > 0) this.#dispatch();
    });
  }

  /** What it costs to start a request is most of what a turn of the thread may last. */
  #isItsTurn({ flow, byUser }: Holder): boolean {
    if (!byUser || !this.#held.isCrowd(flow)) return true;
    if (this.#crowdsTurn === 'none') this.#askCrowdsTurn();
    return this.#crowdsTurn === 'now';
  }

  #askCrowdsTurn(): void {
    this.#crowdsTurn = 'asked';
    this.#options.turns.ownTurn(() => {
      this.#crowdsTurn = 'now';
      this.#dispatch();
      if (this.#crowdsTurn === 'now') this.#crowdsTurn = 'none';
    });
  }

  #current(): Configuration {
    if (this.#configuration !== undefined) return this.#configuration;
    const configuration = configurationOf(this.#options.objects);
    this.#configuration = configuration;
    const specs = new Map([...configuration.levels].map(([name, { spec }]) => [name, spec]));
    for (const [name, portion] of portions(specs, this.#options.seats)) {
      let level = this.#levels.get(name);
      if (level === undefined) {
        level = new PriorityLevel(name, {
          pool: this.#pool,
          allowance: this.#allowance,
          turnNeeded: (one) => this.#turnNeeded(one),
          monotonic: () => this.#options.clock.monotonic(),
          isItsTurn: (holder) => this.#isItsTurn(holder),
        });
        this.#levels.set(name, level);
      }
      level.spec = specs.get(name)!;
      level.seats.set(portion);
    }
    for (const level of [...this.#levels.values()]) if (level.isIdle) this.#forget(level);
    if (this.#waiting > 0) this.#dispatch();
    return configuration;
  }

  /** A level that is gone keeps its seats until those who have or wait for them have left. */
  #forget(level: PriorityLevel): void {
    if (this.#configuration?.levels.has(level.name) !== false) return;
    level.seats.set({ nominal: 0, lendable: 0, most: 0 });
    this.#levels.delete(level.name);
  }
}
