/** Values of flags as etcd writes them. */
import { InvalidArgumentError } from 'commander';

/** A flag of `wherry store`. */
export interface Row {
  readonly flags: string;
  readonly text: string;
  readonly parse?: (text: string) => unknown;
  readonly fallback?: unknown;
  readonly choices?: readonly string[];
}

export const list = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

export function integer(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new InvalidArgumentError('a whole number is needed.');
  return Number(text);
}

export function natural(text: string): number {
  const value = integer(text);
  if (value < 1) throw new InvalidArgumentError('a whole number above 0 is needed.');
  return value;
}

export function bcryptCost(text: string): number {
  const cost = integer(text);
  if (cost < 4 || cost > 31) throw new InvalidArgumentError('4 to 31 are possible.');
  return cost;
}

const unitsMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

export function milliseconds(text: string): number {
  if (text === '0') return 0;
  if (!/^(\d+(ms|[hms]))+$/.test(text)) throw new InvalidArgumentError('a duration is needed.');
  const parts = [...text.matchAll(/(\d+)(ms|[hms])/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * unitsMs[unit!]!, 0);
}

/** Go's boolean flags: bare, or with a value after "=". */
export function boolean(text: string): boolean {
  if (!['true', 'false'].includes(text)) throw new InvalidArgumentError('true or false is needed.');
  return text === 'true';
}
