/** Keeps the log short: followers that lag further behind get a snapshot. */
import type { Logger } from '../../platform/logger.ts';
import type { LogWindow } from '../raft/log-storage.ts';
import type { Persistence } from './persistence.ts';

/** The log is also compacted when it is larger than this, however few its entries. */
const MAX_LOG_BYTES = 4 << 20;
/** With followers, who would need a snapshot sooner; and while one is on its way to them. */
const MAX_SHARED_LOG_BYTES = 64 << 20;
const MAX_HELD_LOG_BYTES = 256 << 20;

interface Settings {
  readonly snapshotCount: number;
  readonly snapshotCatchUpEntries: number;
  readonly logger: Logger;
}

export class LogCompaction {
  readonly #window: LogWindow;
  readonly #persistence: Persistence;
  readonly #settings: Settings;
  /** Up to there the state was said to stand without the log. */
  #savedIndex: number;
  #dropping: Promise<void> | undefined;
  /** Snapshots on their way to followers, who will need the log from there on. */
  #holds = 0;

  constructor(window: LogWindow, persistence: Persistence, settings: Settings) {
    this.#window = window;
    this.#persistence = persistence;
    this.#settings = settings;
    this.#savedIndex = window.firstIndex - 1;
  }

  /** Drops entries only when there are very many, until the returned function is called. */
  hold(): () => void {
    this.#holds++;
    return () => {
      this.#holds--;
    };
  }

  /** Rejects if the disk fails. Effects up to `flushedIndex` are in the engine. */
  async compact(flushedIndex: number, isAlone: boolean): Promise<void> {
    const { snapshotCount, snapshotCatchUpEntries } = this.#settings;
    this.#tell(flushedIndex);
    const held = this.#window.lastIndex - this.#window.firstIndex + 1;
    const tooLarge = this.#window.bytes > this.#maxBytes(isAlone);
    const wanted = tooLarge || (held > snapshotCount && this.#holds === 0);
    if (this.#dropping !== undefined || !wanted) return;
    const keep = tooLarge ? Math.floor(held / 2) : snapshotCatchUpEntries;
    const index = Math.min(flushedIndex, this.#window.lastIndex - keep);
    if (index < this.#window.firstIndex) return;
    this.#dropping = this.#persistence.dropLog(index);
    try {
      await this.#dropping;
      const fields = { 'compact-index': index };
      this.#settings.logger.debug(fields, 'compacted Raft logs');
    } finally {
      this.#dropping = undefined;
    }
  }

  /** In etcd's words and as often: what it writes to a file then, the engine has already. */
  #tell(flushedIndex: number): void {
    const { snapshotCount, logger } = this.#settings;
    if (flushedIndex - this.#savedIndex <= snapshotCount) return;
    this.#savedIndex = flushedIndex;
    logger.info({ 'snapshot-index': flushedIndex }, 'saved snapshot to disk');
  }

  #maxBytes(isAlone: boolean): number {
    if (this.#holds > 0) return MAX_HELD_LOG_BYTES;
    return isAlone ? MAX_LOG_BYTES : MAX_SHARED_LOG_BYTES;
  }

  /** Resolves when nothing is being dropped. */
  async stop(): Promise<void> {
    await this.#dropping?.catch(() => {});
  }
}
