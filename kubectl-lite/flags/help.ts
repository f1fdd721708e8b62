import type { Flag, Flags } from './flag.ts';

/** A text for each flag, by name. */
export function flagsHelp(flags: Flags): string[] {
  const named = Object.entries(flags).sort(([a], [b]) => (a < b ? -1 : 1));
  return named.map(([name, flag]) => flagHelp(name, flag));
}

function flagHelp(name: string, flag: Flag<unknown>): string {
  const short = flag.shorthand === undefined ? '' : `-${flag.shorthand}, `;
  const value = flag.default;
  const shown = Array.isArray(value)
    ? '[]'
    : typeof value === 'string'
      ? `'${value}'`
      : JSON.stringify(value);
  return `    ${short}--${name}=${shown}:\n\t${flag.usage}`;
}
