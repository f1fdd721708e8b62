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

/** Undefined where terminals cannot be had. */
export function inTerminal(
  processes: Processes,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): readonly string[] | undefined {
  const script = processes.find('script', { path: env['PATH'] ?? '', cwd: '/' });
  if (script === undefined) return undefined;
  // Reading from a pipe, `script` turns the echo off: `stty sane` turns it on again.
  const words = `stty sane 2>/dev/null; exec ${command.map(quoted).join(' ')}`;
  return [script, '-qfec', `exec /bin/sh -c ${quoted(words)}`, '/dev/null'];
}

/** The terminal opens a moment after the process began. */
const TRIES = 40;
const RETRY_MS = 50;

export async function followSizes(
  effects: { readonly processes: Processes; readonly clock: Clock },
  id: ProcessId,
  { resizes, signal }: Pick<ContainerIo, 'resizes' | 'signal'>,
): Promise<void> {
  if (resizes === undefined) return;
  for await (const size of resizes) {
    for (let left = TRIES; left > 0 && !signal.aborted; left--) {
      if (effects.processes.resize(id, size)) break;
      await sleep(effects.clock, RETRY_MS, signal);
    }
  }
}
