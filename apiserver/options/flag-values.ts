import { InvalidArgumentError, Option } from 'commander';
import { parseGoDuration } from '../../platform/go-duration.ts';
import { isTrue } from '../pipeline/request-info.ts';

/** Go's ParseBool. */
export function boolean(text: string): boolean {
  const value = isTrue(text);
  if (value || ['false', '0', 'f', 'F', 'False', 'FALSE'].includes(text)) return value;
  throw new InvalidArgumentError('It must be true or false.');
}

/** "a,b": without blanks and empty names. */
export function names(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** For a flag that may be given several times, each time with a list. */
export function collected(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), ...names(text)];
}

/** Milliseconds; more than none. */
export function durationMs(text: string): number {
  const ms = parseGoDuration(text);
  if (ms === undefined || ms <= 0) throw new InvalidArgumentError('A duration like 60s is needed.');
  return ms;
}

/** Milliseconds; 0 is for those who want none of it, and less is as good as 0. */
function anyDurationMs(text: string): number {
  const ms = parseGoDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('A duration like 60s is needed.');
  return Math.max(0, ms);
}

/** How long something is kept, as Go writes it: "1m". "0s": not at all. Milliseconds. */
export const keepingFlag = (flags: string, text: string, fallback: string): Option =>
  new Option(flags, text).argParser(anyDurationMs).default(anyDurationMs(fallback), fallback);

/** A flag that is a duration, with its default as Go writes it: "1m". Milliseconds. */
export const durationFlag = (flags: string, text: string, fallback: string): Option =>
  new Option(flags, text).argParser(durationMs).default(durationMs(fallback), fallback);

export function positive(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError('must be a positive number.');
  return Number(text);
}

/** Fractions too. */
export function positiveNumber(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new InvalidArgumentError('must be a positive number.');
}

export function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('A number from 0 is needed.');
  return Number(text);
}
