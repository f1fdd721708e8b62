import { StoreError } from '../kv.ts';
import type { StoreErrorReason } from '../kv.ts';
import type { RawNode } from '../raft/raw-node.ts';

interface Reader {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly deadline: number;
}

interface Round {
  readonly context: number;
  readonly readers: Reader[];
  askedAt: number;
}

/** An unanswered round is asked again after this time: the request may have been lost. */
const RETRY_MS = 500;

/**
 * Proves for reads that everything committed before they began is applied (ReadIndex). All
 * reads that wait share one round; those that come during a round share the next one.
 */
export class LinearizableReads {
  readonly #raft: RawNode;
  readonly #applied: () => number;
  /** Begins at random: an answer from before a restart must not confirm a read after it. */
  #context: number;
  #waiting: Reader[] = [];
  #round: Round | undefined;
  /** Rounds that were asked for again; readers given up. */
  slow = 0;
  failed = 0;
  /** Confirmed, waiting to be applied; ascending by index. */
  #confirmed: { readonly index: number; readonly readers: Reader[] }[] = [];

  constructor(raft: RawNode, applied: () => number, firstContext: number) {
    this.#context = firstContext;
    this.#raft = raft;
    this.#applied = applied;
  }

  /** Undefined if the read may go on at once. */
  begin(now: number, timeoutMs: number): Promise<void> | undefined {
    let immediate = false;
    const reader: Reader = {
      resolve: () => {
        immediate = true;
      },
      reject: () => {},
      deadline: now + timeoutMs,
    };
    this.#waiting.push(reader);
    this.#ask(now);
    if (immediate) return undefined;
    return new Promise((resolve, reject) => Object.assign(reader, { resolve, reject }));
  }

  #ask(now: number): void {
    if (this.#round !== undefined || this.#waiting.length === 0) return;
    this.#context++;
    this.#round = { context: this.#context, readers: this.#waiting, askedAt: now };
    this.#waiting = [];
    this.#raft.readIndex(this.#context);
    this.collect(now);
  }

  /** Takes what Raft has confirmed. Call after whatever may have made it confirm. */
  collect(now: number): void {
    for (const { context, index } of this.#raft.takeReadStates()) {
      if (this.#round?.context !== context) continue;
      this.#confirmed.push({ index, readers: this.#round.readers });
      this.#round = undefined;
    }
    this.release();
    this.#ask(now);
  }

  /** Lets go those whose index is applied. */
  release(): void {
    while (this.#confirmed.length > 0 && this.#confirmed[0]!.index <= this.#applied())
      for (const reader of this.#confirmed.shift()!.readers) reader.resolve();
  }

  /** Retries a lost round, gives up on late readers. */
  tick(now: number): void {
    const round = this.#round;
    if (round === undefined) return;
    const late = round.readers.filter((reader) => reader.deadline <= now);
    if (late.length > 0) {
      for (const reader of late) reader.reject(new StoreError('timeout'));
      this.failed += late.length;
      const readers = round.readers.filter((reader) => reader.deadline > now);
      this.#round = readers.length === 0 ? undefined : { ...round, readers };
    } else if (now - round.askedAt >= RETRY_MS) {
      this.slow++;
      this.askAgain(now);
    }
    this.collect(now);
  }

  /** There is a new leader, who knows nothing of the round under way. */
  askAgain(now: number): void {
    if (this.#round === undefined) return;
    this.#round.askedAt = now;
    this.#raft.readIndex(this.#round.context);
  }

  rejectAll(reason: StoreErrorReason): void {
    const readers = [
      ...this.#waiting,
      ...(this.#round?.readers ?? []),
      ...this.#confirmed.flatMap((confirmed) => confirmed.readers),
    ];
    this.#waiting = [];
    this.#round = undefined;
    this.#confirmed = [];
    for (const reader of readers) reader.reject(new StoreError(reason));
  }
}
