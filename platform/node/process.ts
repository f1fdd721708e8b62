import { Writable } from 'node:stream';

const FAILED_STOP_MS = 5_000;
/** `timeout` and npm signal a process by itself and in its group: that is one wish to end it. */
const SAME_SIGNAL_MS = 200;

/**
 * The process around a command: what every `main.ts` needs of it, as one value, so that commands
 * can be run in tests with another.
 */
export interface ProcessContext {
  /** Arguments after the script's name. */
  readonly argv: readonly string[];
  /** Path of the script that runs. */
  readonly script: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly cwd: string;
  /** Whole texts, newline included. */
  readonly out: (text: string | Uint8Array) => void;
  readonly err: (text: string | Uint8Array) => void;
  /** All of standard input. */
  readonly readInput: () => Promise<string>;
  /** Standard input by lines as they come, until `signal` aborts; absent where it comes whole. */
  readonly inputLines?: (signal: AbortSignal) => AsyncIterable<string>;
  /** One line typed unseen; absent where nobody types. */
  readonly readSecret?: ((prompt: string) => Promise<string>) | undefined;
  /** True if standard output is a terminal. */
  readonly interactive: boolean;
  /** Aborts at the first SIGINT or SIGTERM, or when the supervising process is gone. */
  readonly terminated: AbortSignal;
  /**
   * What failed may stop for {@link FAILED_STOP_MS}; then `reason` is printed and the process is
   * killed, for a thread that hangs holds up an exit, too. RocksDB sometimes never closes on a disk
   * that was full.
   */
  readonly endSoon?: (reason: Error) => void;
  /** Tells a supervising process that this one serves; nothing happens without one. */
  readonly notifyReady: (address?: string) => void;
}

export interface MainOptions {
  /** What has not ended so long after a signal is ended by it. Default: it takes its time. */
  readonly patienceMs?: number;
}

/**
 * Runs a command to its exit code. The process lives until it settles, whatever else is idle; a
 * rejection is printed as one line and becomes exit code 1, and so does an error that nobody
 * handled. A second signal ends the process at once.
 */
export async function runMain(
  main: (context: ProcessContext) => Promise<number>,
  options: MainOptions = {},
): Promise<void> {
  // Timers of `Clock` do not keep a process alive; this one does, until the command has ended.
  const alive = setInterval(() => {}, 1 << 30);
  process.once('uncaughtException', crash);
  const { context, close } = realContext(options);
  try {
    process.exitCode = await main(context);
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    clearInterval(alive);
    process.off('uncaughtException', crash);
    close();
  }
}

/** The sentence comes last: some show only the end of what a process said. */
function crash(error: unknown): void {
  const { stack, message } = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(
    `${stack}\n` +
      `error: ${message} (unexpected: a bug of this program; please report it with the lines above)\n`,
  );
  process.exit(1);
}

function realContext({ patienceMs }: MainOptions): { context: ProcessContext; close: () => void } {
  const termination = new AbortController();
  let first = Infinity;
  const terminate = (signal: string): void => {
    const end = (): never => process.exit(signal === 'SIGTERM' ? 143 : 130);
    if (patienceMs !== undefined) setTimeout(end, patienceMs).unref();
    if (performance.now() - first > SAME_SIGNAL_MS) end();
    first = Math.min(first, performance.now());
    termination.abort();
  };
  const orphaned = (): void => termination.abort();
  process.on('SIGINT', terminate);
  process.on('SIGTERM', terminate);
  if (process.connected) process.once('disconnect', orphaned);
  // A reader that went away (`… | head`) is no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`error: cannot write to standard output: ${error.message}\n`);
    process.exit(1);
  });
  return {
    context: {
      argv: process.argv.slice(2),
      script: process.argv[1] ?? '',
      env: process.env,
      pid: process.pid,
      cwd: process.cwd(),
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
      readInput,
      inputLines,
      endSoon: ({ message }) => {
        const end = (): void => {
          process.stderr.write(`error: ${message}\n`, () => process.kill(process.pid, 'SIGKILL'));
        };
        setTimeout(end, FAILED_STOP_MS).unref();
      },
      // Asking for standard input opens it, which takes time.
      get readSecret() {
        return process.stdin.isTTY ? readSecret : undefined;
      },
      interactive: process.stdout.isTTY,
      terminated: termination.signal,
      notifyReady: (address) =>
        void process.send?.({ ready: true, ...(address === undefined ? {} : { address }) }),
    },
    close() {
      process.off('SIGINT', terminate);
      process.off('SIGTERM', terminate);
      process.off('disconnect', orphaned);
      // The channel to a supervisor would keep the process alive.
      if (process.connected) process.disconnect();
    },
  };
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

async function* inputLines(signal: AbortSignal): AsyncGenerator<string> {
  const { createInterface } = await import('node:readline');
  if (signal.aborted) return;
  const lines = createInterface({ input: process.stdin, signal });
  try {
    yield* lines;
  } finally {
    // Whoever leaves the loop leaves a terminal open, and that keeps the process alive.
    lines.close();
  }
}

/** A terminal that is read key by key shows nothing by itself. */
async function readSecret(prompt: string): Promise<string> {
  const { createInterface } = await import('node:readline');
  process.stderr.write(prompt);
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: unseen, terminal: true });
  return new Promise((resolve) => {
    let typed = '';
    lines.once('line', (line) => {
      typed = line;
      lines.close();
    });
    lines.once('close', () => {
      process.stderr.write('\n');
      resolve(typed);
    });
  });
}

/** Resolves when `signal` aborts. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
