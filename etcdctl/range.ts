import type { Command } from 'commander';
import { END_OF_KEYSPACE, prefixEnd } from '../store/kv.ts';
import { badArguments } from './failure.ts';

export interface RangeFlags {
  readonly prefix?: boolean;
  readonly fromKey?: boolean;
}

export const addRangeFlags = (command: Command): Command =>
  command
    .option('--prefix', 'all keys with this prefix', false)
    .option('--from-key', 'all keys at or above this one', false);

/** `key` and `range_end` of a request. */
export function rangeOf(
  key: string,
  rangeEnd: string | undefined,
  flags: RangeFlags,
): { readonly key: Buffer; readonly range_end: Buffer } {
  if (flags.prefix === true && flags.fromKey === true)
    throw badArguments('`--prefix` and `--from-key` cannot be set at the same time, choose one');
  if (rangeEnd !== undefined && (flags.prefix === true || flags.fromKey === true))
    throw badArguments(
      'too many arguments, only accept one argument when `--prefix` or `--from-key` is set',
    );
  const bytes = Buffer.from(key);
  const open = Buffer.from(END_OF_KEYSPACE);
  if (flags.prefix === true)
    return key === ''
      ? { key: open, range_end: open }
      : { key: bytes, range_end: Buffer.from(prefixEnd(bytes.toString('latin1')), 'latin1') };
  if (flags.fromKey === true) return { key: key === '' ? open : bytes, range_end: open };
  return { key: bytes, range_end: Buffer.from(rangeEnd ?? '') };
}
