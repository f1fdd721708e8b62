/**
 * Terminals for `tty: true` and `exec -t`. Node.js has none of its own, and a package that has
 * needs a compiler; `script` of util-linux, part of nearly every Linux, opens one.
 */
import type { Processes, ProcessId } from '../../platform/processes.ts';
import { sleep, type Clock } from '../../platform/clock.ts';
import type { ContainerIo } from '../container-streams.ts';

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

export const NO_TERMINAL_NOTE =
  'wherry: no terminal: `script` of util-linux is not installed on this node; using pipes\r\n';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Undefined where terminals cannot be had. `size`: if it is known before the command starts. */
export function inTerminal(
  processes: Processes,
  command: readonly string[],
  {
    env,
    size,
  }: { readonly env: Readonly<Record<string, string>>; readonly size?: Size | undefined },
): readonly string[] | undefined {
  const script = processes.find('script', { path: env['PATH'] ?? '', cwd: '/' });
  if (script === undefined) return undefined;
  const measures = size === undefined ? '' : ` rows ${size.height} cols ${size.width}`;
  // Reading from a pipe, `script` turns the echo off: `stty sane` turns it on again.
  const words = `stty sane${measures} 2>/dev/null; exec ${command.map(quoted).join(' ')}`;
  return [script, '-qfec', `exec /bin/sh -c ${quoted(words)}`, '/dev/null'];
}

/** Clients that know a size send it at once; for others a command does not wait longer. */
const FIRST_SIZE_MS = 200;

/** The size that a command can start with, if one comes in time, and those after it. */
export async function firstSize(
  clock: Clock,
  { resizes, signal }: Pick<ContainerIo, 'resizes' | 'signal'>,
): Promise<{ readonly size?: Size; readonly later?: AsyncIterable<Size> }> {
  if (resizes === undefined) return {};
  const iterator = resizes[Symbol.asyncIterator]();
  const first = iterator.next();
  const later = async function* (): AsyncGenerator<Size> {
    for (let next = await first; next.done !== true; next = await iterator.next()) yield next.value;
  };
  const enough = new AbortController();
  const patience = sleep(clock, FIRST_SIZE_MS, AbortSignal.any([signal, enough.signal]));
  const known = await Promise.race([first, patience]).finally(() => enough.abort());
  if (!known || known.done === true) return { later: later() };
  return { size: known.value, later: later() };
}

const OPENING_MS = 2_000;
const RETRY_MS = 10;

type OnTerminal = {
  readonly processes: Processes;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/**
 * Resolves once the terminal is the program's, a moment after its process began: a Ctrl-C typed
 * before interrupts nobody.
 */
export async function terminalOpens(
  { processes, clock, signal }: OnTerminal,
  id: ProcessId,
): Promise<void> {
  for (let waited = 0; waited < OPENING_MS && !signal.aborted; waited += RETRY_MS) {
    if (processes.hasTerminal(id)) return;
    await sleep(clock, RETRY_MS, signal);
  }
}

/** Gives the terminal one size after the other. */
export async function followSizes(
  on: OnTerminal,
  id: ProcessId,
  sizes: AsyncIterable<Size> | undefined,
): Promise<void> {
  if (sizes === undefined) return;
  await terminalOpens(on, id);
  for await (const size of sizes) on.processes.resize(id, size);
}
