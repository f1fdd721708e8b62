/**
 * Batches on their way to the engine below, in order and one write at a time: those that come
 * within a few milliseconds are one write there.
 */
import type { Clock, Timer } from '../../../platform/clock.ts';
import type { Engine, KeyRange, WriteOperation } from '../engine.ts';

/** A write waits this long for others, unless somebody waits for it. */
const DELAY_MS = 10;
const MAX_GROUP_BYTES = 1 << 20;

interface Group {
  readonly operations: WriteOperation[];
  bytes: number;
  /** Of the newest record that is part of it. */
  sequence: number;
  sync: boolean;
  /** After the operations. */
  clear: KeyRange | undefined;
  /** Nothing is added any more. */
  sealed: boolean;
  readonly written: ((error: Error | undefined) => void)[];
}

interface FeedParts {
  readonly engine: Engine;
  readonly clock: Clock;
  /** Goes with each write: the records that the engine has with it. */
  readonly note: (sequence: number) => WriteOperation;
  /** Told when it has these durably. */
  readonly durable: (sequence: number) => void;
}

export class Feed {
  readonly #parts: FeedParts;
  readonly #groups: Group[] = [];
  #isWriting = false;
  #timer: Timer | undefined;
  #sequence: number;
  #failure: Error | undefined;
  /** Of what is not in the engine yet. */
  bytes = 0;

  constructor(parts: FeedParts, sequence: number) {
    this.#parts = parts;
    this.#sequence = sequence;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Everything added so far is in the engine. */
  get isSettled(): boolean {
    return this.#groups.length === 0 && this.#failure === undefined;
  }

  add(operations: readonly WriteOperation[], bytes: number, sequence: number): void {
    const group = this.#open();
    for (const operation of operations) group.operations.push(operation);
    group.bytes += bytes;
    group.sequence = this.#sequence = sequence;
    this.bytes += bytes;
    if (group.bytes >= MAX_GROUP_BYTES) this.#seal(group);
    else this.#timer ??= this.#parts.clock.after(DELAY_MS, () => this.#due());
  }

  #open(): Group {
    const last = this.#groups.at(-1);
    if (last !== undefined && !last.sealed) return last;
    const group: Group = {
      operations: [],
      bytes: 0,
      sequence: this.#sequence,
      sync: false,
      clear: undefined,
      sealed: false,
      written: [],
    };
    this.#groups.push(group);
    return group;
  }

  #due(): void {
    this.#timer = undefined;
    const last = this.#groups.at(-1);
    if (last !== undefined) this.#seal(last);
  }

  #seal(group: Group): void {
    group.sealed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#writeNext();
  }

  /** What `then` makes of the engine when it has everything added so far, and nothing later. */
  settled<T>(then: () => T): Promise<T> {
    return this.#written(this.#groups.at(-1) ?? this.#open(), then);
  }

  /** Resolves when everything added so far is durable in the engine. */
  sync(): Promise<void> {
    const group = this.#open();
    group.sync = true;
    return this.#written(group, () => {});
  }

  clear(range: KeyRange): Promise<void> {
    const group = this.#open();
    group.clear = range;
    return this.#written(group, () => {});
  }

  #written<T>(group: Group, then: () => T): Promise<T> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      group.written.push((error) => {
        if (error !== undefined) reject(error);
        else resolve(then());
      });
      this.#seal(group);
    });
  }

  #writeNext(): void {
    const group = this.#groups[0];
    if (this.#isWriting || group?.sealed !== true) return;
    this.#isWriting = true;
    this.#write(group).then(
      () => this.#done(group),
      (error: unknown) => this.#fail(error as Error),
    );
  }

  async #write({ operations, sequence, sync, clear }: Group): Promise<void> {
    const { engine, note } = this.#parts;
    operations.push(note(sequence));
    await engine.batch(operations, { sync });
    if (clear !== undefined) await engine.clear(clear);
  }

  #done(group: Group): void {
    this.#isWriting = false;
    this.#groups.shift();
    this.bytes -= group.bytes;
    if (group.sync) this.#parts.durable(group.sequence);
    for (const done of group.written) done(undefined);
    this.#writeNext();
  }

  /** What follows would not be a continuation any more. */
  #fail(error: Error): void {
    this.#failure = error;
    this.#timer?.cancel();
    for (const group of this.#groups.splice(0)) for (const done of group.written) done(error);
  }
}
