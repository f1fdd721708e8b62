import type { ShellState } from './builtins.ts';

/** What `$name` is, special ones included; "" if it is not set. */
export function variableOf(state: ShellState, name: string, nowMs: number): string {
  const { env, cwd, code, jobs } = state;
  const special: Readonly<Record<string, string>> = {
    '?': String(code),
    $: '7',
    '!': jobs.last,
    '#': '0',
    '0': 'sh',
  };
  if (name === 'RANDOM' && !env.has(name)) return String(drawn(state, nowMs));
  return special[name] ?? (name === 'PWD' ? cwd : (env.get(name) ?? ''));
}

/** A linear congruential generator, as C libraries have it (POSIX, rand()): 0 to 32767. */
function drawn(state: ShellState, nowMs: number): number {
  state.seed = (Math.imul(state.seed ?? nowMs % 2 ** 31, 1103515245) + 12345) >>> 0;
  return (state.seed >>> 16) & 0x7fff;
}
