import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readFileSync,
  readlinkSync,
  statSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { constants as os } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type {
  EndingSignal,
  PipedProcess,
  Processes,
  ProcessId,
  ProgramSpawn,
  SupervisedProcess,
  SupervisedSpawn,
} from '../processes.ts';
import { sinkOf, silently } from './net/byte-sink.ts';
import {
  childrenOf,
  commandLineOf,
  identify,
  memoryShare,
  START_FIELD,
  statOf,
  uses,
  withVariable,
} from './process-table.ts';

/**
 * Waits for the program and writes down how it ended, for an agent that is not its parent. Caught
 * signals, unlike ignored ones, do not reach the program as ignored. What the shell itself has to
 * say ("Terminated") is nothing for the program's log. Arguments: where the exit code goes, the
 * pipe to hold open so that its reader sees no end (or nothing), and the program.
 */
const supervisor = [
  'trap : TERM INT HUP QUIT USR1 USR2 ALRM',
  'exit=$1 hold=$2',
  'shift 2',
  'exec 3>&2 2>/dev/null',
  '[ -z "$hold" ] || exec 4<>"$hold"',
  '( exec "$@" 2>&3 3>&- 4>&- )',
  'code=$?',
  'echo $code >"$exit.part" && mv "$exit.part" "$exit"',
  'exit $code',
].join('\n');

/** A process that is not our child tells nobody that it ended: it is looked at so often. */
const POLL_MS = 250;

const pipes = ['stdin', 'stdout', 'stderr'] as const;
const exitFile = (folder: string): string => join(folder, 'exit');

export const realProcesses: Processes = {
  find(name, { path, cwd }) {
    if (name.includes('/')) return runnable(resolve(cwd, name));
    for (const folder of path.split(delimiter)) {
      const found = runnable(resolve(cwd, folder, name));
      if (found !== undefined) return found;
    }
    return undefined;
  },
  supervise,
  takeOver(id, folder) {
    if (!isRunning(id)) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const exited = new Promise<number | undefined>((settle) => {
      timer = setInterval(() => {
        if (isRunning(id)) return;
        clearInterval(timer);
        settle(exitCode(folder));
      }, POLL_MS);
      timer.unref();
    });
    return supervised({ id, folder, exited, closed: () => clearInterval(timer) });
  },
  exitCode,
  run,
  signal,
  withVariable,
  uses,
  memoryShare,
  hasTerminal(id) {
    return terminalBelow(id.pid, MAX_DEPTH) !== undefined;
  },
  resize(id, { width, height }) {
    const terminal = terminalBelow(id.pid, MAX_DEPTH);
    if (terminal === undefined) return;
    const size = ['rows', String(height), 'cols', String(width)];
    execFile('stty', ['-F', terminal, ...size], () => {});
  },
};

function runnable(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? path : undefined;
  } catch {
    return undefined;
  }
}

async function supervise(request: SupervisedSpawn): Promise<SupervisedProcess> {
  const { folder, command, cwd, env, stdin } = request;
  const names = pipes.filter((name) => stdin !== 'none' || name !== 'stdin');
  await promisify(execFile)('mkfifo', ['-m', '600', ...names.map((name) => join(folder, name))]);
  const held: number[] = [];
  const open = (name: string, flags: number): number => {
    const file = openSync(join(folder, name), flags);
    held.push(file);
    return file;
  };
  try {
    // Who opens a pipe for both never waits for the other end, and never loses it: a program
    // whose reader dies is not killed for writing on.
    const outputs = [open('stdout', constants.O_RDWR), open('stderr', constants.O_RDWR)];
    // Its reader must not be a writer too, or it would never see an end.
    if (stdin !== 'none') open('stdin', constants.O_RDWR);
    const input = stdin === 'none' ? 'ignore' : open('stdin', constants.O_RDONLY);
    const hold = stdin === 'kept' ? join(folder, 'stdin') : '';
    const child = spawn('/bin/sh', ['-c', supervisor, 'sh', exitFile(folder), hold, ...command], {
      cwd,
      env,
      detached: true,
      stdio: [input, ...outputs],
    });
    const exited = exitOf(child);
    if (child.pid === undefined) await failed(child);
    const id = identify(child.pid!);
    const ended = new AbortController();
    void exited.then(() => ended.abort());
    await programBegan(child.pid!, ended.signal);
    return supervised({ id, folder, exited, closed: () => {} });
  } finally {
    for (const file of held) closeSync(file);
  }
}

/** How long a shell may take to begin its program before that is no longer waited for. */
const BEGIN_TRIES = 200;
const BEGIN_RETRY_MS = 5;

/**
 * Until the shell's child has become the program, a signal to the group may be lost: the child
 * still has the shell's traps.
 */
async function programBegan(pid: number, ended: AbortSignal): Promise<void> {
  const shell = commandLineOf(pid);
  if (shell === undefined) return;
  for (let left = BEGIN_TRIES; left > 0 && !ended.aborted; left--) {
    const lines = childrenOf(pid).map(commandLineOf);
    if (lines.some((line) => line !== undefined && line !== shell)) return;
    await delay(BEGIN_RETRY_MS);
  }
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Parts {
  readonly id: ProcessId;
  readonly folder: string;
  readonly exited: Promise<number | undefined>;
  readonly closed: () => void;
}

function supervised({ id, folder, exited, closed }: Parts): SupervisedProcess {
  const reader = (name: string): Socket => {
    const fd = openSync(join(folder, name), constants.O_RDONLY | constants.O_NONBLOCK);
    return silently(new Socket({ fd, readable: true, writable: false }));
  };
  const sockets = [reader('stdout'), reader('stderr')] as const;
  const stdin = writerOf(join(folder, 'stdin'));
  return {
    id,
    stdout: sockets[0],
    stderr: sockets[1],
    stdin: stdin === undefined ? undefined : sinkOf(stdin),
    exited,
    close() {
      closed();
      for (const socket of sockets) socket.destroy();
      stdin?.destroy();
    },
  };
}

/** Undefined where there is no such pipe. Opened for both, it can be opened without a reader. */
function writerOf(path: string): Socket | undefined {
  try {
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    return silently(new Socket({ fd, readable: false, writable: true }));
  } catch {
    return undefined;
  }
}

function exitCode(folder: string): number | undefined {
  try {
    const code = Number.parseInt(readFileSync(exitFile(folder), 'utf8'), 10);
    return Number.isNaN(code) ? undefined : code;
  } catch {
    return undefined;
  }
}

async function run({ command, env, cwd }: ProgramSpawn): Promise<PipedProcess> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = exitOf(child);
  if (child.pid === undefined) await failed(child);
  silently(child.stdin);
  return {
    id: identify(child.pid!),
    stdin: sinkOf(child.stdin),
    stdout: silently(child.stdout),
    stderr: silently(child.stderr),
    exited,
    close() {
      for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
    },
  };
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((settle) => {
    child.once('exit', (code, signal) =>
      settle(code ?? 128 + (signal === null ? 0 : os.signals[signal])),
    );
  });
}

function failed(child: ChildProcess): Promise<never> {
  return new Promise((_, reject) => child.once('error', reject));
}

function signal({ pid, startTime }: ProcessId, name: EndingSignal): void {
  if (!isSame({ pid, startTime })) return;
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, name);
    } catch {
      // No such group, or nobody in it any more.
    }
  }
}

/** True unless that pid is known to be another process by now. */
function isSame({ pid, startTime }: ProcessId): boolean {
  const now = statOf(pid)?.[START_FIELD];
  return now === undefined ? startTime === '' || isGroup(pid) : startTime === now;
}

/** The first of a group may be gone while others of it live: its number is not given anew. */
function isGroup(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

function isRunning(id: ProcessId): boolean {
  const stat = statOf(id.pid);
  if (stat !== undefined) return stat[START_FIELD] === id.startTime && stat[0] !== 'Z';
  if (id.startTime !== '') return false;
  try {
    process.kill(id.pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Of our shell, of `script`, of the program: the terminal is that of the last. */
const MAX_DEPTH = 4;

function terminalBelow(pid: number, depth: number): string | undefined {
  if (depth === 0) return undefined;
  for (const child of childrenOf(pid)) {
    const terminal = terminalOf(child) ?? terminalBelow(child, depth - 1);
    if (terminal !== undefined) return terminal;
  }
  return undefined;
}

function terminalOf(pid: number): string | undefined {
  try {
    const path = readlinkSync(`/proc/${pid}/fd/0`);
    return path.startsWith('/dev/pts/') ? path : undefined;
  } catch {
    return undefined;
  }
}
