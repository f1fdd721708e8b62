/** Commands beside a container's own: for `kubectl exec`, probes and hooks. */
import { sleep } from '../../platform/clock.ts';
import type { ByteSink } from '../../platform/bytes/byte-stream.ts';
import { ContainerStreamError, type ContainerIo } from '../container-streams.ts';
import type { ProcessHost } from './process-host.ts';
import { firstSize, followSizes, inTerminal, NO_TERMINAL_NOTE, terminalOpens } from './terminal.ts';

/** Where a command runs: as its container does. */
export interface ExecPlace {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

type ExecHost = Pick<ProcessHost, 'processes' | 'clock'>;

/** What a command leaves behind may hold its output open: it is read so long after its end. */
const DRAIN_MS = 1000;
/** Of a probe's or a hook's output (pkg/probe/exec: 10 KiB). */
const MAX_CAPTURED_BYTES = 10 * 1024;

/** Resolves with the exit code; the command does not outlive whoever asked for it. */
export async function execute(
  host: ExecHost,
  { env, cwd }: ExecPlace,
  { command, io }: { readonly command: readonly string[]; readonly io: ContainerIo },
): Promise<number> {
  const { processes, clock } = host;
  const variables = io.tty ? { TERM: 'xterm', ...env } : env;
  const program = found(host, { env, cwd }, command);
  const { size, later } = await firstSize(clock, io);
  const inside = io.tty ? inTerminal(processes, program, { env, size }) : undefined;
  if (io.tty && inside === undefined) await io.stdout?.write(Buffer.from(NO_TERMINAL_NOTE));
  const words = inside ?? program;
  const child = await processes.run({ command: words, env: variables, cwd });
  const kill = (): void => processes.signal(child.id, 'SIGKILL');
  io.signal.addEventListener('abort', kill, { once: true });
  if (io.signal.aborted) kill();
  const over = new AbortController();
  const signal = AbortSignal.any([io.signal, over.signal]);
  // Who no longer reads wants no more of it: the command ends as at a broken pipe.
  const outputs = Promise.all([
    copy(child.stdout, io.stdout),
    copy(child.stderr, io.tty ? io.stdout : io.stderr),
  ]).catch(kill);
  const on = { processes, clock, signal };
  const heard = inside === undefined ? Promise.resolve() : terminalOpens(on, child.id);
  void heard.then(() => feed(io.stdin, child.stdin));
  followSizes(on, child.id, later).catch(() => {});
  try {
    const code = await child.exited;
    await Promise.race([outputs, sleep(clock, DRAIN_MS, io.signal)]);
    return code;
  } finally {
    over.abort();
    io.signal.removeEventListener('abort', kill);
    child.close();
  }
}

/** The command with the path of its program. */
function found(
  { processes }: ExecHost,
  { env, cwd }: ExecPlace,
  [name = '', ...args]: readonly string[],
): string[] {
  const program = processes.find(name, { path: env['PATH'] ?? '', cwd });
  if (program === undefined) throw new ContainerStreamError(execFailure(name));
  return [program, ...args];
}

/** In the words of runc; `why` it is not run, if it is there. */
export function execFailure(
  name: string,
  why = name.includes('/')
    ? `stat ${name}: no such file or directory`
    : 'executable file not found in $PATH',
): string {
  return (
    'OCI runtime exec failed: exec failed: unable to start container process: ' +
    `exec: ${JSON.stringify(name)}: ${why}: unknown`
  );
}

async function copy(from: AsyncIterable<Uint8Array>, to: ByteSink | undefined): Promise<void> {
  for await (const bytes of from) await to?.write(bytes);
}

/** A program may end before it has read all: that is its own affair. */
export async function feed(
  from: AsyncIterable<Uint8Array> | undefined,
  to: ByteSink,
  { last = true }: { readonly last?: boolean } = {},
): Promise<void> {
  try {
    for await (const bytes of from ?? []) await to.write(bytes);
    if (last) await to.end();
  } catch {
    // The program has gone, or whoever typed has: both are told elsewhere.
  }
}

/** Runs a command without input; its output, of both streams, is cut at 10 KiB. */
export async function capture(
  host: ExecHost,
  place: ExecPlace,
  { command, signal }: { readonly command: readonly string[]; readonly signal: AbortSignal },
): Promise<{ exitCode: number; output: string }> {
  const chunks: Uint8Array[] = [];
  let left = MAX_CAPTURED_BYTES;
  const sink: ByteSink = {
    write: (bytes) => {
      chunks.push(bytes.subarray(0, left));
      left -= Math.min(left, bytes.length);
      return Promise.resolve();
    },
    end: () => Promise.resolve(),
  };
  const io = { stdout: sink, stderr: sink, tty: false, signal };
  const exitCode = await execute(host, place, { command, io });
  if (signal.aborted) throw new Error(`${command.join(' ')} was given up`);
  return { exitCode, output: Buffer.concat(chunks).toString('utf8') };
}
