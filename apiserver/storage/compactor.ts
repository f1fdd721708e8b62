import { type Clock, sleep } from '../../platform/clock.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import { type Kv, StoreError } from '../../store/kv.ts';

/** Where API servers agree on who compacts; outside /registry/, as in Kubernetes. */
const KEY = 'compact_rev_key';

export interface CompactorOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly logger: Logger;
  /** History that stays readable is between one and two of these. Kubernetes: five minutes. */
  readonly intervalMs: number;
  /** Told in each interval where the store was at the end of the one before. */
  readonly aged?: (revision: number) => void;
}

/**
 * Forgets history that nobody pages or watches through any more. Of any number of API servers
 * one compacts in each interval: whose write to one shared key succeeds. It compacts to the
 * revision that was current an interval before, so that recent history stays.
 */
export class Compactor implements Running {
  readonly #options: CompactorOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: CompactorOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, logger, intervalMs } = this.#options;
    const { signal } = this.#stopping;
    let turn: Turn = { version: 0, revision: 0 };
    for (;;) {
      await sleep(clock, intervalMs, signal);
      if (signal.aborted) return;
      try {
        const before = turn.revision;
        turn = await this.#turn(turn);
        this.#options.aged?.(before);
      } catch (error) {
        const reason = error instanceof StoreError ? error.message : error;
        logger.warn({ reason }, 'the store was not compacted');
      }
    }
  }

  /** Compacts to `last.revision` if the shared key is still as `last` left it. */
  async #turn(last: Turn): Promise<Turn> {
    const { kv, logger } = this.#options;
    const value = Buffer.from(String(last.revision));
    const answer = await kv.txn({
      compare: [{ key: KEY, target: 'version', result: 'equal', operand: last.version }],
      success: [{ type: 'put', request: { key: KEY, value } }],
      failure: [{ type: 'range', request: { key: KEY } }],
    });
    const { revision } = answer;
    if (!answer.succeeded) {
      const read = answer.responses[0];
      const version = read?.type === 'range' ? (read.response.kvs[0]?.version ?? 0) : 0;
      return { version, revision };
    }
    if (last.revision > 0) {
      try {
        await kv.compact(last.revision);
        logger.debug({ revision: last.revision }, 'compacted the store');
      } catch (error) {
        const already = error instanceof StoreError && error.reason === 'compacted';
        if (!already) throw error;
      }
    }
    return { version: last.version + 1, revision };
  }
}

/** The shared key as this server last saw it, and the store's revision then. */
interface Turn {
  readonly version: number;
  readonly revision: number;
}
