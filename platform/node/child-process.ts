import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** How a child ended: its exit code, or the signal that killed it. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A Node.js child process with a message channel; the child notices when its parent is gone. */
export interface Child {
  readonly pid: number;
  /** Settles once, when the process is gone. Never rejects. */
  readonly exited: Promise<ChildExit>;
  onMessage(listener: (message: unknown) => void): void;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/**
 * Starts `node script …args`, its output appended to `logFile`. Throws if the process cannot
 * start.
 */
export function startChild(
  script: string,
  args: readonly string[],
  options: { readonly logFile: string; readonly env?: Readonly<Record<string, string>> },
): Child {
  mkdirSync(dirname(options.logFile), { recursive: true, mode: 0o700 });
  const log = openSync(options.logFile, 'a', 0o600);
  try {
    const child = spawn(process.execPath, [script, ...args], {
      stdio: ['ignore', log, log, 'ipc'],
      env: { ...process.env, ...options.env },
    });
    const exited = new Promise<ChildExit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
      child.once('error', () => resolve({ code: 1, signal: null }));
    });
    if (child.pid === undefined) throw new Error(`cannot start ${process.execPath} ${script}`);
    return {
      pid: child.pid,
      exited,
      onMessage: (listener) => void child.on('message', listener),
      kill: (signal) => void child.kill(signal),
    };
  } finally {
    closeSync(log);
  }
}

/** A process that outlives this one, if nobody ends it. */
export interface DetachedChild {
  readonly pid: number;
  /** Undefined while it runs. */
  exit(): ChildExit | undefined;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** As {@link startChild}, but in a session of its own, its output replacing `logFile`. */
export function startDetached(
  script: string,
  args: readonly string[],
  options: { readonly logFile: string },
): DetachedChild {
  mkdirSync(dirname(options.logFile), { recursive: true, mode: 0o700 });
  const log = openSync(options.logFile, 'w', 0o600);
  try {
    const child = spawn(process.execPath, [script, ...args], {
      stdio: ['ignore', log, log],
      detached: true,
    });
    let ended: ChildExit | undefined;
    child.once('exit', (code, signal) => (ended = { code, signal }));
    child.once('error', () => (ended = { code: 1, signal: null }));
    if (child.pid === undefined) throw new Error(`cannot start ${process.execPath} ${script}`);
    child.unref();
    return { pid: child.pid, exit: () => ended, kill: (signal) => void child.kill(signal) };
  } finally {
    closeSync(log);
  }
}

/** A process as it was when somebody took it down: its id may be another's by now. */
export interface KnownProcess {
  readonly pid: number;
  /** As {@link birthOf} told. Undefined: only the id is known. */
  readonly birth?: number | undefined;
}

/**
 * True if that process runs, whoever owns it. After a restart of the machine, or in the next
 * container on the same volume, its id is often that of a process that has nothing to do with it.
 */
export function isAlive({ pid, birth }: KnownProcess): boolean {
  try {
    process.kill(pid, 0);
    if (birth !== undefined && birthOf(pid) !== birth) return false;
    // A zombie is dead, but nobody has asked how it ended: without an init that may stay so.
    return stateOf(pid) !== 'Z';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** True if it was told to stop (SIGSTOP, Ctrl-Z) and not yet to go on; only seen on Linux. */
export function isStopped(pid: number): boolean {
  return stateOf(pid) === 'T';
}

/** When it began, in Linux' ticks since the machine did; undefined elsewhere, or if it is gone. */
export function birthOf(pid: number): number | undefined {
  const ticks = Number(statOf(pid)?.[BIRTH]);
  return Number.isNaN(ticks) ? undefined : ticks;
}

/** The letter that Linux has for it: "R", "S", "T", "Z"; undefined elsewhere. */
function stateOf(pid: number): string | undefined {
  return statOf(pid)?.[STATE];
}

/** Fields of /proc/<pid>/stat, from the one behind the name. */
const STATE = 0;
const BIRTH = 19;

function statOf(pid: number): string[] | undefined {
  try {
    // "4711 (name) Z …"; the name may hold anything, parentheses too.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** Sends a signal to a process that is not our child; false if there is none. */
export function signalProcess(pid: number, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
