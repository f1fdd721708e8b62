/**
 * The network between members: it delays, reorders, drops and repeats, and can be cut. Forwarded
 * proposals are never repeated: they go at most once on a stream.
 */
import { StoreError } from '../../store/kv.ts';
import { decodeMessage, encodeMessage } from '../../store/peer/message-codec.ts';
import type { Message, MessageOf } from '../../store/raft/message.ts';
import type { PeerHandlers, Peers, PeersFactory } from '../../store/replica/peers.ts';
import type { SeededRandom, SimTime } from './time.ts';

/** A connection whose other end is silent for so long is given up. */
const SILENCE_MS = 5000;
/** The longest time between two attempts to connect (`Link`). */
const GREET_AGAIN_MS = 500;

export class SimNetwork {
  readonly #time: SimTime;
  readonly #random: SeededRandom;
  readonly #onPanic: (memberId: string, error: Error) => void;
  readonly #handlers = new Map<string, PeerHandlers>();
  /** Whom members know to be removed for good. */
  readonly #removed = new Map<string, ReadonlySet<string>>();
  /** What arrived at processes that sleep. */
  readonly #waiting = new Map<string, (() => void)[]>();
  /** Links that lose everything, as "from>to". */
  readonly cut = new Set<string>();
  /** One message in so many is lost, or repeated; 0: none. */
  lossOneIn = 0;
  repeatOneIn = 0;
  messages = 0;
  /** Answers what a follower asks of a leader, in the leader's place. */
  answerRead: ((question: MessageOf<'readIndex'>) => Promise<Message | undefined>) | undefined;

  constructor(
    time: SimTime,
    random: SeededRandom,
    onPanic: (memberId: string, error: Error) => void,
  ) {
    this.#onPanic = onPanic;
    this.#time = time;
    this.#random = random;
  }

  readonly peers =
    (onStart: (memberId: string) => void): PeersFactory =>
    ({ memberId, handlers }) => {
      onStart(memberId);
      this.#handlers.set(memberId, handlers);
      this.#time.after(this.#delay(), () => this.#greet(memberId, handlers));
      return Promise.resolve(this.#peersOf(memberId, handlers));
    };

  /** The process is gone: nobody answers. */
  kill(memberId: string): void {
    this.#handlers.delete(memberId);
    this.#removed.delete(memberId);
  }

  pause(memberId: string): void {
    this.#waiting.set(memberId, []);
  }

  resume(memberId: string): void {
    const waiting = this.#waiting.get(memberId) ?? [];
    this.#waiting.delete(memberId);
    for (const arrive of waiting) arrive();
  }

  isAsleep(memberId: string): boolean {
    return this.#waiting.has(memberId);
  }

  isolate(id: string, others: readonly string[], directions: 'both' | 'out' | 'in'): void {
    for (const other of others) {
      if (other === id) continue;
      if (directions !== 'in') this.cut.add(`${id}>${other}`);
      if (directions !== 'out') this.cut.add(`${other}>${id}`);
    }
  }

  heal(): void {
    this.cut.clear();
    this.lossOneIn = 0;
    this.repeatOneIn = 0;
  }

  #reaches(from: string, to: string): boolean {
    return !this.cut.has(`${from}>${to}`) && this.#handlers.has(to);
  }

  #delay(): number {
    return this.#random.oneIn(20) ? this.#random.between(20, 300) : this.#random.between(1, 8);
  }

  #deliver(from: string, bytes: Buffer): void {
    const message = decodeMessage(bytes);
    const { to } = message;
    const asleep = this.#waiting.get(to);
    if (asleep !== undefined) {
      asleep.push(() => this.#deliver(from, bytes));
      return;
    }
    if (!this.#handlers.has(to)) this.#tellGone(from, to);
    if (!this.#reaches(from, to)) return;
    if (this.#refuses(from, to)) return;
    if (message.type === 'readIndex' && this.answerRead !== undefined) {
      void this.answerRead(message).then((answer) => answer && this.#send(to, answer));
      return;
    }
    try {
      this.#handlers.get(to)!.receive(message);
    } catch (error) {
      // A broken invariant ends a process.
      this.#onPanic(to, error as Error);
    }
  }

  /** Connections that broke are made again, by members that send nothing, too (`Link`). */
  #greet(self: string, own: PeerHandlers): void {
    if (this.#handlers.get(self) !== own) return;
    if (!this.isAsleep(self))
      for (const other of this.#handlers.keys())
        if (!this.isAsleep(other)) this.#refuses(self, other);
    this.#time.after(GREET_AGAIN_MS, () => this.#greet(self, own));
  }

  /** A connection is refused, and the caller told why. */
  #refuses(from: string, to: string): boolean {
    if (this.#removed.get(to)?.has(from) !== true) return false;
    if (this.#reaches(from, to) && this.#reaches(to, from)) this.#handlers.get(from)!.removed();
    return true;
  }

  /** The dead process's machine answers, if it runs and is reached. */
  #tellGone(self: string, id: string): void {
    const isReached = !this.cut.has(`${self}>${id}`) && !this.cut.has(`${id}>${self}`);
    if (isReached && this.#random.oneIn(2)) this.#handlers.get(self)?.gone(id);
  }

  #peersOf(self: string, own: PeerHandlers): Peers {
    const isCurrent = (): boolean => this.#handlers.get(self) === own;
    return {
      send: (messages) => {
        if (isCurrent()) for (const message of messages) this.#send(self, message);
      },
      update: (_, removed) => {
        if (isCurrent()) this.#removed.set(self, new Set(removed));
      },
      ask: async (to, question) => {
        await this.#time.sleep(this.#delay());
        const handlers = this.#handlers.get(to);
        const isDeaf = handlers === undefined || this.isAsleep(to);
        if (isDeaf || !this.#reaches(self, to)) throw new StoreError('timeout');
        const answer = await Promise.race([
          handlers.answer(question),
          this.#time.sleep(SILENCE_MS).then(() => Promise.reject(new StoreError('timeout'))),
        ]);
        await this.#time.sleep(this.#delay());
        if (!this.#reaches(to, self)) throw new StoreError('timeout');
        return answer as never;
      },
      sendSnapshot: async (to, chunks) => {
        const handlers = this.#handlers.get(to);
        if (handlers === undefined) throw new StoreError('unavailable');
        const progress = { isOver: false };
        try {
          await Promise.race([
            handlers.receiveSnapshot(self, this.#carry({ self, own, to, chunks })),
            this.#lost({ self, to, handlers, progress }),
          ]);
        } finally {
          progress.isOver = true;
        }
        if (!this.#reaches(to, self)) throw new StoreError('unavailable');
      },
      tried: () => Promise.resolve(),
      connectedSince: (id) =>
        this.#reaches(self, id) && !this.isAsleep(id) ? -Infinity : undefined,
      traffic: () => [],
      stop: () => Promise.resolve(),
    };
  }

  #send(self: string, message: Message): void {
    this.messages++;
    const bytes = encodeMessage(message);
    if (this.lossOneIn > 0 && this.#random.oneIn(this.lossOneIn)) return;
    this.#time.after(this.#delay(), () => this.#deliver(self, bytes));
    if (message.type === 'propose' || this.repeatOneIn === 0) return;
    if (this.#random.oneIn(this.repeatOneIn))
      this.#time.after(this.#delay(), () => this.#deliver(self, bytes));
  }

  /** Rejects when the other end of a connection has not been heard for long (`Vigil`). */
  async #lost(connection: {
    readonly self: string;
    readonly to: string;
    readonly handlers: PeerHandlers;
    readonly progress: { readonly isOver: boolean };
  }): Promise<never> {
    const { self, to, handlers, progress } = connection;
    for (let silentMs = 0; !progress.isOver;) {
      await this.#time.sleep(1000);
      const isAlive = this.#handlers.get(to) === handlers && !this.isAsleep(to);
      silentMs =
        isAlive && this.#reaches(to, self) && this.#reaches(self, to) ? 0 : silentMs + 1000;
      if (silentMs > SILENCE_MS) break;
    }
    throw new StoreError('unavailable');
  }

  async *#carry(connection: {
    readonly self: string;
    readonly own: PeerHandlers;
    readonly to: string;
    readonly chunks: AsyncIterable<Uint8Array>;
  }): AsyncGenerator<Uint8Array> {
    const { self, own, to, chunks } = connection;
    const iterator = chunks[Symbol.asyncIterator]();
    const progress = { isOver: false };
    // The receiver notices as well when the sender is gone.
    const gone = this.#lost({ self: to, to: self, handlers: own, progress });
    gone.catch(() => {});
    try {
      for (;;) {
        const next = await Promise.race([iterator.next(), gone]);
        if (next.done === true) return;
        await this.#time.sleep(this.#delay());
        const isCurrent = this.#handlers.get(self) === own;
        if (!isCurrent || !this.#reaches(self, to)) throw new StoreError('unavailable');
        yield next.value;
      }
    } finally {
      progress.isOver = true;
    }
  }
}
