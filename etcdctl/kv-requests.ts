/** get, put and del from words and flags: as commands, and as lines of a transaction. */
import { Command } from 'commander';
import type { Plain } from '../store/grpc/schema/codec.ts';
import { quoted } from './fields.ts';
import { integer, leaseId } from './numbers.ts';
import { addRangeFlags, rangeOf, type RangeFlags } from './range.ts';
import { unknownValue } from './failure.ts';

export interface GetFlags extends RangeFlags {
  readonly rev: string;
  readonly limit: string;
  readonly order: string;
  readonly sortBy: string;
  readonly keysOnly: boolean;
  readonly countOnly: boolean;
  readonly printValueOnly: boolean;
  readonly consistency: string;
}

export interface PutFlags {
  readonly lease: string;
  readonly prevKv: boolean;
  readonly ignoreValue: boolean;
  readonly ignoreLease: boolean;
}

export interface DelFlags extends RangeFlags {
  readonly prevKv: boolean;
}

/** A key, and its value or the end of its range. */
export type Words = readonly [key: string, second: string | undefined];

const orders: readonly string[] = ['', 'ASCEND', 'DESCEND'];
const targets: readonly string[] = ['KEY', 'VERSION', 'CREATE', 'MODIFY', 'VALUE'];

function choice(of: readonly string[], text: string, what: string): number {
  const index = of.indexOf(text.toUpperCase());
  if (index < 0) throw unknownValue(`bad sort ${what} ${text}`);
  return index;
}

export const getCommand = (): Command =>
  addRangeFlags(new Command('get').arguments('<key> [rangeEnd]'))
    .description('Get the key or a range of keys')
    .option('--rev <n>', 'at this revision', '0')
    .option('--limit <n>', 'so many at most', '0')
    .option('--order <order>', 'ASCEND or DESCEND', '')
    .option('--sort-by <target>', 'CREATE, KEY, MODIFY, VALUE or VERSION', 'KEY')
    .option('--keys-only', 'no values', false)
    .option('--count-only', 'only how many', false)
    .option('--print-value-only', 'only values', false)
    .option('--consistency <level>', 'l: linearizable, s: serializable', 'l');

export function getRequest([key, rangeEnd]: Words, flags: GetFlags): Plain {
  const { consistency } = flags;
  if (consistency !== 'l' && consistency !== 's')
    throw unknownValue(`unknown consistency flag ${quoted(consistency)}`);
  return {
    ...rangeOf(key, rangeEnd, flags),
    revision: integer(flags.rev),
    limit: integer(flags.limit),
    sort_order: choice(orders, flags.order, 'order'),
    sort_target: choice(targets, flags.sortBy, 'target'),
    keys_only: flags.keysOnly,
    count_only: flags.countOnly,
    serializable: consistency === 's',
  };
}

export const putCommand = (): Command =>
  new Command('put')
    .arguments('<key> [value]')
    .description('Put the key with a value, from standard input if absent')
    .option('--lease <id>', 'attach it to this lease (hexadecimal)', '0')
    .option('--prev-kv', 'print the pair before', false)
    .option('--ignore-value', 'keep the value', false)
    .option('--ignore-lease', 'keep the lease', false);

export function putRequest([key, value = '']: Words, flags: PutFlags): Plain {
  return {
    key: Buffer.from(key),
    value: Buffer.from(value),
    lease: leaseId(flags.lease),
    prev_kv: flags.prevKv,
    ignore_value: flags.ignoreValue,
    ignore_lease: flags.ignoreLease,
  };
}

export const delCommand = (): Command =>
  addRangeFlags(new Command('del').arguments('<key> [rangeEnd]'))
    .description('Remove the key or a range of keys')
    .option('--prev-kv', 'print the deleted pairs', false);

export const delRequest = ([key, rangeEnd]: Words, flags: DelFlags): Plain => ({
  ...rangeOf(key, rangeEnd, flags),
  prev_kv: flags.prevKv,
});
