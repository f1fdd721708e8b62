/** kubectl-lite in this process, for tests: what a command prints and how it ends. */
import { runCli } from '../../kubectl-lite/cli.ts';
import type { Terminal } from '../../platform/terminal.ts';
import { realEnvironment } from '../../kubectl-lite/real-environment.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface LiteOptions {
  readonly folder: string;
  readonly kubeconfig?: string;
  readonly input?: string;
  readonly variables?: Readonly<Record<string, string>>;
  /** As on a terminal: colours, progress, live tables. */
  readonly interactive?: boolean;
  readonly signal?: AbortSignal;
  readonly terminal?: Terminal;
  /** Sees standard output as it comes. */
  readonly onOut?: (text: string) => void;
}

export async function runLite(line: readonly string[], options: LiteOptions): Promise<Said> {
  let out = '';
  let err = '';
  const environment = realEnvironment({
    output: {
      out(given) {
        const text = Buffer.from(given as string).toString();
        out += text;
        options.onOut?.(text);
      },
      err: (text) => (err += Buffer.from(text as string).toString()),
    },
    readInput: () => Promise.resolve(options.input ?? ''),
    variables: {
      HOME: options.folder,
      PATH: process.env['PATH'],
      ...(options.kubeconfig === undefined ? {} : { KUBECONFIG: options.kubeconfig }),
      ...options.variables,
    },
    workingFolder: options.folder,
    interactive: options.interactive ?? false,
    signal: options.signal ?? new AbortController().signal,
    ...(options.terminal === undefined ? {} : { terminal: options.terminal }),
  });
  const code = await runCli(line, environment);
  return { code, out, err };
}
