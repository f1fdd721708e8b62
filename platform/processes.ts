/**
 * Programs of this machine that outlive whoever started them: what containers are to a runtime
 * that isolates nothing. The real twin is `platform/node/processes.ts`.
 */
import type { ByteSink } from './bytes/byte-stream.ts';

/** A process for good: the pid alone may come to mean another one. */
export interface ProcessId {
  readonly pid: number;
  /** When it began, as the system counts; empty where the system does not tell. */
  readonly startTime: string;
}

export interface ProgramSpawn {
  /** The program by its path, then its arguments. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export interface SupervisedSpawn extends ProgramSpawn {
  /** An empty folder, for the pipes and the exit code. */
  readonly folder: string;
  /** A pipe is kept open while the program runs, or until the first writer has ended it. */
  readonly stdin: 'none' | 'kept' | 'once';
}

/**
 * A program in a session of its own. Its pipes have names: when the agent that reads them dies,
 * the program goes on (and waits, once they are full) until the next agent reads them.
 */
export interface SupervisedProcess {
  readonly id: ProcessId;
  /** Iterated once each; they end when no process holds the pipe any more, or with `close`. */
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stderr: AsyncIterable<Uint8Array>;
  readonly stdin: ByteSink | undefined;
  /** The exit code, 128 + n after signal n; undefined if nobody saw it end. */
  readonly exited: Promise<number | undefined>;
  /** Lets go of the pipes; ends nothing. */
  close(): void;
}

/** A program on pipes, which dies with nobody: whoever started it ends it. */
export interface PipedProcess {
  readonly id: ProcessId;
  readonly stdin: ByteSink;
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stderr: AsyncIterable<Uint8Array>;
  readonly exited: Promise<number>;
  /** Lets go of the pipes; ends nothing. */
  close(): void;
}

/** What a process has of the machine, and whose it is. */
export interface ProcessUse {
  readonly id: ProcessId;
  readonly parent: number;
  /** The process that began its session. */
  readonly session: number;
  /** Its own since it began, and of those children that it has waited for. */
  readonly cpuSeconds: number;
  /** Resident; what it shares with others is counted with each of them. */
  readonly memoryBytes: number;
}

export type EndingSignal = 'SIGTERM' | 'SIGKILL';

export interface Processes {
  /**
   * The path of a program: looked for on PATH, or relative to `cwd` if the name has a slash.
   * Undefined if there is none that may be run.
   */
  find(name: string, where: { readonly path: string; readonly cwd: string }): string | undefined;
  /** Rejects with the system's error if it cannot start. */
  supervise(spawn: SupervisedSpawn): Promise<SupervisedProcess>;
  /** What another agent has started in that folder; undefined if it runs no longer. */
  takeOver(id: ProcessId, folder: string): SupervisedProcess | undefined;
  /** What the process in that folder ended with, if it has written that down. */
  exitCode(folder: string): number | undefined;
  run(spawn: ProgramSpawn): Promise<PipedProcess>;
  /** To the process and all of its session that did not leave it. */
  signal(id: ProcessId, signal: EndingSignal): void;
  /** Every process that has this variable in the environment it began with. */
  withVariable(name: string): readonly { readonly id: ProcessId; readonly value: string }[];
  /** Of every process of the machine; empty where the system does not tell. */
  uses(): readonly ProcessUse[];
  /**
   * Bytes of memory, with its part of each page that it shares; undefined where the system does
   * not tell. Takes longer than `uses`.
   */
  memoryShare(id: ProcessId): number | undefined;
  /** A child of this process is on a terminal, whose signals it gets. */
  hasTerminal(id: ProcessId): boolean;
  /** Sets the size of that terminal; nothing if there is none. */
  resize(id: ProcessId, size: { readonly width: number; readonly height: number }): void;
}
