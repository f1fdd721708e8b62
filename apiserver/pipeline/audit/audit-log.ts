import type { Logger } from '../../../platform/logger.ts';
import type { AuditBackend, AuditMode } from './backend.ts';
import type { AuditEvent } from './event.ts';

/** Where lines go. Rejects when they cannot be written. */
export interface LineSink {
  write(lines: string): Promise<void>;
  close(): Promise<void>;
}

/** Events that wait for the sink; beyond that they are lost, and it is said how many. */
const MAX_WAITING = 10_000;
/** Characters of them and of those being written: at level RequestResponse one may be large. */
const MAX_WAITING_LENGTH = 64 * 2 ** 20;

/**
 * Writes events in order, many at a time. In batch mode no request waits: a sink that blocks or
 * fails costs events, not the API. The blocking modes are for those who want it the other way.
 */
export class AuditLog implements AuditBackend {
  readonly plugin = 'log';
  readonly #sink: LineSink;
  readonly #logger: Logger;
  readonly #mode: AuditMode;
  /** Told whether what waits was written. */
  #tellers: ((isWritten: boolean) => void)[] = [];
  #waiting: string[] = [];
  /** Characters of events that wait or are being written. */
  #length = 0;
  #lost = 0;
  #fails = false;
  #writing: Promise<void> | undefined;

  constructor(sink: LineSink, logger: Logger, mode: AuditMode = 'batch') {
    this.#sink = sink;
    this.#logger = logger;
    this.#mode = mode;
  }

  /** How many events were lost so far. */
  get lost(): number {
    return this.#lost;
  }

  add(_event: AuditEvent, text: string): Promise<boolean> | undefined {
    const isStrict = this.#mode === 'blocking-strict';
    const isFull = this.#length > 0 && this.#length + text.length > MAX_WAITING_LENGTH;
    if (isFull || this.#waiting.length >= MAX_WAITING) {
      if (this.#lost++ === 0)
        this.#logger.error({}, 'the audit log cannot keep up: events are lost');
      return isStrict ? Promise.resolve(false) : undefined;
    }
    this.#waiting.push(`${text}\n`);
    this.#length += text.length;
    this.#writing ??= this.#write();
    if (this.#mode === 'batch') return undefined;
    return new Promise((resolve) => {
      this.#tellers.push((isWritten) => resolve(isWritten || !isStrict));
    });
  }

  /** Writes what waits, as far as the sink takes it. */
  async stop(): Promise<void> {
    await this.#writing;
    await this.#sink.close();
    if (this.#lost > 0) this.#logger.error({ lost: this.#lost }, 'audit events were lost');
  }

  async #write(): Promise<void> {
    // Everything that a turn of the event loop brings is one write.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      const tellers = this.#tellers;
      this.#waiting = [];
      this.#tellers = [];
      let isWritten = true;
      try {
        await this.#sink.write(lines.join(''));
        if (this.#fails) this.#logger.warn({ lost: this.#lost }, 'the audit log is written again');
        this.#fails = false;
      } catch (error) {
        this.#lost += lines.length;
        // Once: a disk that is full stays so for a while, and each request would be a line.
        if (!this.#fails)
          this.#logger.error({ error, lost: this.#lost }, 'cannot write the audit log');
        this.#fails = true;
        isWritten = false;
      }
      for (const tell of tellers) tell(isWritten);
      for (const line of lines) this.#length -= line.length - 1;
    }
    this.#writing = undefined;
  }
}
