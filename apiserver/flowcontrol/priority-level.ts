/**
 * One priority level at work: who has seats, who waits, who is turned away.
 *
 * Everything runs on one thread, so seats alone are not enough: requests that need no waiting
 * would be started one after the other as they arrive, and whoever comes last would wait for all
 * of them. So a level starts only a few, one of each user, and then the server looks who else
 * has come; and no flow holds all of a level's seats, since the same thread does what they all do.
 */
import type { PriorityLevelConfigurationSpec } from '../../api/types/flowcontrol-v1.ts';
import { type FlowAllowance, MOST_SEATS } from './flow-allowance.ts';
import { FlowsAtWork, type Holder } from './flows-at-work.ts';
import { type Queuing, QueueSet, type Waiting } from './queue-set.ts';
import { LevelSeats, type SeatPool } from './seats.ts';

/** Seats a level gives out before the server looks who else has come. */
const SEATS_PER_TURN = 4;
/** A user gets one of them, or more if what was started is done by then. */
const SLICE_MS = 0.3;
/** What one flow may hold of a level's nominal seats. */
const FLOW_PART = 1 / 2;
const FLOW_LEAST = 8;

/** Why a request was turned away, in the words of Kubernetes' metrics. */
export type Rejection = 'queue-full' | 'concurrency-limit';

interface PriorityLevelOptions {
  readonly pool: SeatPool;
  readonly allowance: FlowAllowance;
  /** The level has given out seats: {@link PriorityLevel.newTurn} is to be called. */
  readonly turnNeeded: (level: PriorityLevel) => void;
  readonly monotonic: () => number;
  /** Asked of those who might start otherwise; who is told to wait is asked again later. */
  readonly isItsTurn: (holder: Holder) => boolean;
}

export class PriorityLevel {
  readonly name: string;
  readonly seats: LevelSeats;
  readonly #line = new QueueSet();
  readonly #flows = new FlowsAtWork();
  readonly #allowance: FlowAllowance;
  readonly #turnNeeded: (level: PriorityLevel) => void;
  readonly #monotonic: () => number;
  readonly #isItsTurn: (holder: Holder) => boolean;
  #isExempt = true;
  /** Undefined: who has no seat at once is turned away. */
  #queuing: Queuing | undefined;
  #startedInTurn = 0;
  /** Of users: whose requests were started in this turn. */
  readonly #servedInTurn: string[] = [];
  #turnBeganMs = 0;
  #executing = 0;

  constructor(name: string, options: PriorityLevelOptions) {
    this.name = name;
    this.seats = new LevelSeats(options.pool);
    this.#allowance = options.allowance;
    this.#turnNeeded = options.turnNeeded;
    this.#monotonic = options.monotonic;
    this.#isItsTurn = options.isItsTurn;
  }

  set spec({ type, limited }: PriorityLevelConfigurationSpec) {
    this.#isExempt = type === 'Exempt';
    const { type: response, queuing = {} } = limited?.limitResponse ?? {};
    const { queues = 64, handSize = 8, queueLengthLimit = 50 } = queuing;
    this.#queuing = response === 'Queue' ? { queues, handSize, queueLengthLimit } : undefined;
  }

  get isExempt(): boolean {
    return this.#isExempt;
  }

  /** Requests, not seats. */
  get executing(): number {
    return this.#executing;
  }

  get waiting(): number {
    return this.#line.length;
  }

  get isIdle(): boolean {
    return this.#executing === 0 && this.#line.length === 0;
  }

  /** True: it has its seats, to be left later. */
  enter(holder: Holder): boolean {
    if (this.#isExempt) {
      this.#executing++;
      return true;
    }
    // Nobody overtakes those in line.
    if (this.#line.length > 0) return false;
    if (!this.#hasRoom(holder.width) || !this.#mayStart(holder)) return false;
    this.#start(holder);
    return true;
  }

  wait(waiting: Waiting): Rejection | undefined {
    if (this.#queuing === undefined) return 'concurrency-limit';
    return this.#line.add(waiting, this.#queuing) ? undefined : 'queue-full';
  }

  /** Out of the line, without having started. */
  giveUp(waiting: Waiting): boolean {
    return this.#line.remove(waiting);
  }

  leave(holder: Holder, wasExempt: boolean): void {
    this.#executing--;
    if (wasExempt) return;
    this.#flows.giveBack(holder);
    this.seats.giveBack(holder.width);
  }

  /** Lets in one of those that wait; false if nobody may start. */
  startNext(): boolean {
    if (this.#line.length === 0 || !this.#hasRoom(1)) return false;
    const next = this.#line.next(
      ({ holder }) => this.#mayStart(holder),
      ({ holder }) => this.#hasRoom(holder.width),
    );
    if (next === undefined) return false;
    this.#start(next.holder);
    next.start();
    return true;
  }

  newTurn(): void {
    this.#startedInTurn = 0;
    this.#servedInTurn.length = 0;
  }

  #hasRoom(width: number): boolean {
    if (this.#isExempt) return true;
    if (!this.seats.fits(width)) return false;
    // Who cannot wait is not made to.
    return this.#queuing === undefined || this.#startedInTurn < SEATS_PER_TURN;
  }

  #mayStart(holder: Holder): boolean {
    if (this.#isExempt || this.#queuing === undefined) return true;
    const held = this.#flows.held(holder.flow);
    if (this.#servedInTurn.includes(holder.flow))
      return held === 0 && this.#monotonic() - this.#turnBeganMs < SLICE_MS;
    return (held === 0 || this.#mayHoldMore(holder, held)) && this.#isItsTurn(holder);
  }

  #mayHoldMore({ flow, byUser, width }: Holder, held: number): boolean {
    const part = Math.max(FLOW_LEAST, Math.floor(this.seats.nominal * FLOW_PART));
    if (held + width > Math.min(part, MOST_SEATS)) return false;
    if (!byUser) return true;
    const { seats, period } = this.#allowance;
    const fresh = this.#flows.fresh(flow, period);
    return fresh === 0 || fresh + width <= seats;
  }

  #start(holder: Holder): void {
    this.#executing++;
    this.#flows.take(holder, this.#allowance.period);
    this.seats.take(holder.width);
    if (this.#startedInTurn === 0) {
      this.#turnNeeded(this);
      this.#turnBeganMs = this.#monotonic();
    }
    this.#startedInTurn += holder.width;
    if (holder.byUser) this.#servedInTurn.push(holder.flow);
  }
}
