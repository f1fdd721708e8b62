/** Values of flags as etcd writes them. */
import { InvalidArgumentError } from 'commander';
import { parseGoDuration } from '../../platform/go-duration.ts';

/** A flag of `wherry store`. */
export interface Row {
  readonly flags: string;
  readonly text: string;
  readonly parse?: (text: string) => unknown;
  readonly fallback?: unknown;
  /** The fallback as the help shows it, where that is not its value. */
  readonly shown?: string;
  readonly choices?: readonly string[];
}

export const list = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

export function integer(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new InvalidArgumentError('A whole number is needed.');
  return Number(text);
}

export function natural(text: string): number {
  const value = integer(text);
  if (value < 1) throw new InvalidArgumentError('A whole number above 0 is needed.');
  return value;
}

export function uint32(text: string): number {
  const value = integer(text);
  if (value < 0 || value > 0xffffffff)
    throw new InvalidArgumentError('A whole number of 32 bits is needed.');
  return value;
}

export function bcryptCost(text: string): number {
  const cost = integer(text);
  if (cost < 4 || cost > 31) throw new InvalidArgumentError('4 to 31 are possible.');
  return cost;
}

/** As Go writes durations, but for negative ones. */
export function milliseconds(text: string): number {
  const ms = parseGoDuration(text);
  if (ms === undefined || ms < 0) throw new InvalidArgumentError('A duration is needed.');
  return ms;
}

/** Go's boolean flags: bare, or with a value after "=". */
export function boolean(text: string): boolean {
  if (!['true', 'false'].includes(text))
    throw new InvalidArgumentError('It must be true or false.');
  return text === 'true';
}
