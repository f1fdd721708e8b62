import type { ByteSink } from '../../platform/bytes/byte-stream.ts';
import { type LogEntry, textOf } from '../container-streams.ts';
import { firstLine, type SimulatedLog } from './log.ts';

/** Older lines count as rotated away. */
const MAX_KEPT_BYTES = 1 << 20;
/** A longer line goes on in the next entry. */
const MAX_LINE_BYTES = 16 * 1024;
/** Of the end of a log that stands for a termination message (pkg/kubelet/kuberuntime). */
const MAX_MESSAGE_LINES = 80;
const MAX_MESSAGE_BYTES = 2048;

const NEWLINE = 0x0a;

/** What a simulated container's command has written, line by line. */
export class WrittenLog implements SimulatedLog {
  readonly startedAtMs: number;
  readonly #nowMs: () => number;
  readonly #onLine: () => void;
  #entries: LogEntry[] = [];
  /** Lines before those that are kept. */
  #dropped = 0;
  #bytes = 0;
  readonly #begun = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };

  /** `onLine` hears of each line. */
  constructor(startedAtMs: number, nowMs: () => number, onLine: () => void) {
    this.startedAtMs = startedAtMs;
    this.#nowMs = nowMs;
    this.#onLine = onLine;
  }

  sink(stream: 'stdout' | 'stderr'): ByteSink {
    return {
      write: (bytes) => {
        this.#write(stream, bytes);
        return Promise.resolve();
      },
      end: () => Promise.resolve(),
    };
  }

  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#begun[stream].length > 0) this.#add(stream, this.#begun[stream], true);
      this.#begun[stream] = Buffer.alloc(0);
    }
  }

  size(): number {
    return this.#dropped + this.#entries.length;
  }

  atMs(line: number): number | undefined {
    return this.#entries[Math.max(0, line - this.#dropped)]?.atMs;
  }

  entry(line: number): LogEntry {
    return this.#entries[Math.max(0, line - this.#dropped)]!;
  }

  first(nowMs: number, query: { tailLines?: number; sinceMs?: number }): number {
    return Math.max(this.#dropped, firstLine(this, nowMs, query));
  }

  /** The last lines, as a termination message has them. */
  tail(): string {
    const lines = this.#entries.slice(-MAX_MESSAGE_LINES);
    return lines.map(textOf).join('').slice(-MAX_MESSAGE_BYTES);
  }

  #write(stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    let rest = Buffer.concat([this.#begun[stream], bytes]);
    for (;;) {
      const newline = rest.indexOf(NEWLINE);
      const end = newline < 0 ? rest.length : newline;
      if (newline < 0 && end <= MAX_LINE_BYTES) break;
      const cut = Math.min(end, MAX_LINE_BYTES);
      const isWhole = cut === newline;
      this.#add(stream, rest.subarray(0, cut), !isWhole);
      rest = rest.subarray(isWhole ? cut + 1 : cut);
    }
    this.#begun[stream] = rest;
  }

  #add(stream: 'stdout' | 'stderr', line: Buffer, partial: boolean): void {
    const entry = { atMs: this.#nowMs(), stream, line: Buffer.from(line) };
    this.#entries.push(partial ? { ...entry, partial } : entry);
    this.#bytes += line.length + 1;
    while (this.#bytes > MAX_KEPT_BYTES) {
      this.#bytes -= this.#entries.shift()!.line.length + 1;
      this.#dropped++;
    }
    this.#onLine();
  }
}
