/**
 * The way to one other member: a connection that is made again whenever it breaks, after a delay
 * that doubles. Messages leave on it, and questions, whose answers come back on it; the other's
 * own messages come on a connection that it makes.
 */
import { sleep } from '../../platform/clock.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { FrameConnection, FrameNetwork, FrameTls } from '../../platform/net/frames.ts';
import { FramesRefusedError, NobodyListensError } from '../../platform/net/frames.ts';
import type { Logger } from '../../platform/logger.ts';
import { StoreError, storeErrors } from '../kv.ts';
import type { StoreErrorReason } from '../kv.ts';
import { hexId } from '../cluster-member.ts';
import type { Message } from '../raft/message.ts';
import type { Question } from '../replica/peers.ts';
import { GONE, headersOf } from './hello.ts';
import type { Hello } from './hello.ts';
import { encodeMessage } from './message-codec.ts';
import type { PeerCounts } from './peer-counts.ts';
import { Vigil } from './vigil.ts';

/** First byte of a frame. */
export const frameKinds = { message: 0, question: 1, answer: 2, ping: 3, pong: 4 } as const;

/** Beyond this, messages are dropped: the other is slow or gone, and Raft sends them again. */
const MAX_WAITING_BYTES = 32 << 20;
const BACKOFF_MS = { first: 20, max: 500 };
const CONNECT_TIMEOUT_MS = 2000;
const ANSWER_TIMEOUT_MS = 5000;

export interface LinkOptions {
  readonly network: FrameNetwork;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Asked at each connection: it is renewed meanwhile. */
  readonly tls: () => FrameTls | undefined;
  readonly hello: Hello;
  readonly counts: PeerCounts;
  readonly urls: readonly string[];
  readonly unreachable: () => void;
  readonly gone: () => void;
  readonly removed: () => void;
}

interface Asked {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly deadline: Timer;
}

interface Reply {
  readonly id: number;
  readonly answer?: unknown;
  readonly reason?: string;
}

export class Link {
  readonly #options: LinkOptions;
  readonly #stopping = new AbortController();
  readonly #asked = new Map<number, Asked>();
  readonly #done: Promise<void>;
  readonly #firstTry: Promise<void>;
  #wasTried = (): void => {};
  urls: readonly string[];
  #connection: FrameConnection | undefined;
  #connectedSince: number | undefined;
  #lastQuestion = 0;
  #attempts = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#firstTry = new Promise((resolve) => (this.#wasTried = resolve));
    this.urls = options.urls;
    this.#done = this.#keepConnected();
  }

  get connectedSince(): number | undefined {
    return this.#connectedSince;
  }

  /** Resolves once all URLs were tried, or one is connected. */
  get tried(): Promise<void> {
    return this.#firstTry;
  }

  send(messages: readonly Message[]): void {
    const connection = this.#connection;
    const { counts, unreachable } = this.#options;
    if (connection === undefined || connection.waiting > MAX_WAITING_BYTES) {
      counts.sendFailures++;
      unreachable();
      return;
    }
    connection.cork();
    for (const message of messages) {
      const frame = framed(frameKinds.message, encodeMessage(message));
      counts.sentBytes += frame.length;
      connection.send(frame);
    }
  }

  ask(question: Question): Promise<unknown> {
    const connection = this.#connection;
    if (connection === undefined) return Promise.reject(new StoreError('noLeader'));
    const id = ++this.#lastQuestion;
    return new Promise((resolve, reject) => {
      const deadline = this.#options.clock.after(ANSWER_TIMEOUT_MS, () => {
        this.#asked.delete(id);
        reject(new StoreError('timeout'));
      });
      this.#asked.set(id, { resolve, reject, deadline });
      const text = Buffer.from(JSON.stringify({ id, question }));
      connection.send(framed(frameKinds.question, text));
    });
  }

  async #keepConnected(): Promise<void> {
    const { signal } = this.#stopping;
    const { clock } = this.#options;
    let backoffMs = BACKOFF_MS.first;
    while (!signal.aborted) {
      if (await this.#connectOnce()) backoffMs = BACKOFF_MS.first;
      await sleep(clock, backoffMs, signal);
      backoffMs = Math.min(backoffMs * 2, BACKOFF_MS.max);
    }
  }

  /** Resolves when the connection has ended: true if there was one. */
  async #connectOnce(): Promise<boolean> {
    const { network, hello, logger, removed, gone } = this.#options;
    const tls = this.#options.tls();
    // A member may have several URLs: take turns.
    const url = this.urls[this.#attempts++ % this.urls.length];
    if (url === undefined) return false;
    let connection: FrameConnection;
    try {
      connection = await network.connect({
        url,
        hello: headersOf(hello),
        timeoutMs: CONNECT_TIMEOUT_MS,
        ...(tls === undefined ? {} : { tls }),
      });
    } catch (error) {
      const refused = error instanceof FramesRefusedError;
      if (refused && error.status === GONE) removed();
      if (error instanceof NobodyListensError) gone();
      const reason = (error as Error).message;
      const fields = { member: hexId(hello.to), url, reason };
      if (refused) logger.warn(fields, 'another member refuses this one');
      else logger.debug(fields, 'cannot reach another member');
      if (this.#attempts >= this.urls.length) this.#wasTried();
      return false;
    }
    await this.#use(connection);
    return true;
  }

  async #use(connection: FrameConnection): Promise<void> {
    const { clock, counts } = this.#options;
    const vigil = new Vigil(clock, {
      signal: () => connection.send(framed(frameKinds.ping, timeStamp(clock.monotonic()))),
      lost: () => connection.abort(),
    });
    const closed = new Promise<void>((resolve) => {
      const frame = (bytes: Buffer): void => {
        vigil.heard();
        if (bytes[0] === frameKinds.answer) this.#answered(bytes);
        else if (bytes[0] === frameKinds.pong && bytes.length === 9)
          counts.roundTrips.observe((clock.monotonic() - bytes.readDoubleBE(1)) / 1000);
      };
      connection.receive({ frame, closed: resolve });
    });
    if (this.#stopping.signal.aborted) connection.close();
    this.#connection = connection;
    this.#wasTried();
    this.#connectedSince = clock.monotonic();
    counts.isActive = true;
    await closed;
    vigil.end();
    counts.isActive = false;
    counts.disconnects++;
    this.#connection = undefined;
    this.#connectedSince = undefined;
    this.#options.unreachable();
    this.#rejectAsked(new StoreError('timeout'));
  }

  /** By what is no answer the connection ends. */
  #answered(bytes: Buffer): void {
    let reply: Reply | null = null;
    try {
      reply = JSON.parse(bytes.toString('utf8', 1)) as Reply | null;
    } catch {
      // No member sends that.
    }
    if (typeof reply?.id !== 'number') {
      this.#connection?.abort();
      return;
    }
    const { id, answer, reason } = reply;
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    this.#asked.delete(id);
    asked.deadline.cancel();
    if (reason === undefined) asked.resolve(answer);
    else asked.reject(new StoreError(reasonOf(reason)));
  }

  #rejectAsked(error: Error): void {
    for (const { deadline, reject } of this.#asked.values()) {
      deadline.cancel();
      reject(error);
    }
    this.#asked.clear();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wasTried();
    this.#connection?.close();
    this.#rejectAsked(new StoreError('stopped'));
    await this.#done;
  }
}

/** Comes back with the pong, and tells how long it took. */
function timeStamp(monotonicMs: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleBE(monotonicMs);
  return bytes;
}

const reasonOf = (reason: string): StoreErrorReason =>
  Object.hasOwn(storeErrors, reason) ? (reason as StoreErrorReason) : 'unavailable';

export function framed(kind: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([kind]), bytes]);
}
