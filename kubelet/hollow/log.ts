import type { Behaviour } from './behaviour.ts';
import type { LogEntry } from '../container-streams.ts';

/** What `kubectl logs` shows of a simulated container: numbered lines. */
export interface SimulatedLog {
  readonly startedAtMs: number;
  end(atMs: number, exitCode: number): void;
  /** Lines written up to then. */
  size(nowMs: number): number;
  /** When the line comes or came; undefined: only an event brings it. */
  atMs(line: number): number | undefined;
  entry(line: number): LogEntry;
  /** The number of the first line to show. */
  first(nowMs: number, query: { tailLines?: number; sinceMs?: number }): number;
}

export function firstLine(
  log: Pick<SimulatedLog, 'size' | 'atMs'>,
  nowMs: number,
  of: { tailLines?: number; sinceMs?: number; keptLines?: number },
): number {
  const { tailLines = Infinity, sinceMs, keptLines = Infinity } = of;
  const size = log.size(nowMs);
  let [low, high] = [Math.max(0, size - Math.min(tailLines, keptLines)), size];
  if (sinceMs === undefined) return low;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((log.atMs(middle) ?? Infinity) < sinceMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Older lines of a container that writes for ever count as rotated away. */
const MAX_KEPT_LINES = 1_000_000;

/**
 * What a simulated container has written: that it started, what its annotations ask for, that it
 * ended. Nothing is kept of it: each line follows from its number.
 */
export class HollowLog implements SimulatedLog {
  readonly #name: string;
  readonly #behaviour: Behaviour;
  readonly startedAtMs: number;
  #end: { readonly atMs: number; readonly exitCode: number; readonly lines: number } | undefined;

  constructor(name: string, behaviour: Behaviour, startedAtMs: number) {
    this.#name = name;
    this.#behaviour = behaviour;
    this.startedAtMs = startedAtMs;
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  end(atMs: number, exitCode: number): void {
    this.#end = { atMs, exitCode, lines: this.size(atMs) };
  }

  /** Lines written up to then. */
  size(nowMs: number): number {
    if (this.#end !== undefined) return this.#end.lines + 1;
    const { logLines, logIntervalMs } = this.#behaviour;
    if (logIntervalMs === 0) return 1 + logLines;
    const ranMs = Math.max(0, nowMs - this.startedAtMs);
    return 1 + Math.min(logLines, Math.floor(ranMs / logIntervalMs));
  }

  /** When the line comes or came; undefined: only the container's end brings it. */
  atMs(line: number): number | undefined {
    const { logLines, logIntervalMs } = this.#behaviour;
    if (this.#end !== undefined && line >= this.#end.lines) return this.#end.atMs;
    return line <= logLines ? this.startedAtMs + line * logIntervalMs : undefined;
  }

  entry(line: number): LogEntry {
    return {
      atMs: this.atMs(line) ?? this.startedAtMs,
      stream: 'stdout',
      line: Buffer.from(this.#text(line)),
    };
  }

  first(nowMs: number, query: { tailLines?: number; sinceMs?: number }): number {
    return firstLine(this, nowMs, { ...query, keptLines: MAX_KEPT_LINES });
  }

  #text(line: number): string {
    if (line === 0) return `hollow container ${this.#name} started`;
    if (this.#end !== undefined && line >= this.#end.lines)
      return `hollow container ${this.#name} ended with exit code ${this.#end.exitCode}`;
    return `hollow container ${this.#name}: line ${line}`;
  }
}
