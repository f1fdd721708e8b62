import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withBench } from './children.ts';

export const wherryMain = join(import.meta.dirname, '..', 'cluster', 'main.cjs');

/** Of /proc: 100 on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;
const LOOK_MS = 5;

export interface BenchCluster {
  readonly server: string;
  readonly store: string;
  readonly kubeconfig: string;
  /** Milliseconds from spawn to the line that says ready. */
  readonly readyMs: number;
  /** Resident memory of the process. */
  residentMiB(): number;
  /** What the process has computed so far, all threads together. */
  cpuSeconds(): number;
  /** Yields the seconds that it computed to end; the same, asked again. */
  stop(): Promise<number>;
}

/** Without further CAs: whose variable names some, has Node.js read 140 others at each start. */
export const plainEnvironment = { ...process.env, NODE_EXTRA_CA_CERTS: '' };

/** `wherry up` in a process of its own. */
export async function startWherry(
  dataDir: string,
  args: readonly string[] = [],
): Promise<BenchCluster> {
  const started = performance.now();
  const up = ['up', '--data-dir', dataDir, '--port', '0', '--store-port', '0', ...args];
  const child = withBench(
    spawn(process.execPath, [wherryMain, ...up], {
      ...{ stdio: ['ignore', 'pipe', 'inherit'], env: plainEnvironment },
    }),
  );
  const output = await lineOf(child, /^Ready in .*$/m);
  const readyMs = performance.now() - started;
  const state = JSON.parse(readFileSync(join(dataDir, 'run.json'), 'utf8')) as {
    server: string;
    components: { name: string; address?: string }[];
  };
  if (!output) throw new Error('wherry did not start');
  let stopped: Promise<number> | undefined;
  return {
    server: state.server,
    store: state.components.find((c) => c.name === 'store')!.address!,
    kubeconfig: join(dataDir, 'kubeconfig'),
    readyMs,
    residentMiB: () => residentMiBOf(child.pid!),
    cpuSeconds: () => cpuSecondsOf(child.pid!),
    stop: () => (stopped ??= ended(child)),
  };
}

/** Sends SIGTERM, and looks what the process computes for as long as there is one. */
async function ended(child: ChildProcess): Promise<number> {
  const before = cpuSecondsOf(child.pid!);
  let seconds = before;
  const look = setInterval(() => {
    try {
      seconds = cpuSecondsOf(child.pid!);
    } catch {
      // It has just ended.
    }
  }, LOOK_MS);
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
  clearInterval(look);
  return seconds - before;
}

export function residentMiBOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}

/** What a process has computed so far, all threads together. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // After the name in parentheses: state is the first, utime the 12th and stime the 13th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function lineOf(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const found = pattern.exec(text);
      if (found) resolve(found[0]);
    });
    child.once('exit', (code) => reject(new Error(`wherry exited with ${code}: ${text}`)));
  });
}
