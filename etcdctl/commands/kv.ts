/** get, put, del, txn, compaction */
import { Command } from 'commander';
import type { Plain } from '../../store/grpc/schema/codec.ts';
import { numberText } from '../plain.ts';
import { addRangeFlags, rangeOf, type RangeFlags } from '../range.ts';
import type { Run, Session } from '../session.ts';
import { parseTxn } from '../txn-text.ts';

interface GetFlags extends RangeFlags {
  readonly rev: string;
  readonly limit: string;
  readonly order: string;
  readonly sortBy: string;
  readonly keysOnly: boolean;
  readonly countOnly: boolean;
  readonly printValueOnly: boolean;
  readonly consistency: string;
}

const orders: Readonly<Record<string, number>> = { '': 0, ASCEND: 1, DESCEND: 2 };
const targets: readonly string[] = ['KEY', 'VERSION', 'CREATE', 'MODIFY', 'VALUE'];
const lease = (text: string): bigint => BigInt.asIntN(64, BigInt(`0x${text}`));

export function printPairs(
  session: Session,
  kvs: unknown,
  show: { readonly keys?: boolean; readonly values?: boolean } = {},
): void {
  for (const { key, value } of (kvs ?? []) as Plain[]) {
    if (show.keys !== false) session.print(session.text(key));
    if (show.values !== false) session.print(session.text(value));
    else session.print('');
  }
}

/** Answers of a transaction's operations, one after the other. */
function printResponses(session: Session, responses: unknown): void {
  for (const response of (responses ?? []) as Record<string, Plain>[]) {
    session.print('');
    if (response['response_put'] !== undefined) session.print('OK');
    else if (response['response_delete_range'] !== undefined)
      session.print(numberText(response['response_delete_range']['deleted']));
    else if (response['response_range'] !== undefined)
      printPairs(session, response['response_range']['kvs']);
  }
}

function getCommand(run: Run): Command {
  return addRangeFlags(new Command('get').arguments('<key> [rangeEnd]'))
    .description('Get the key or a range of keys')
    .option('--rev <n>', 'at this revision', '0')
    .option('--limit <n>', 'so many at most', '0')
    .option('--order <order>', 'ASCEND or DESCEND', '')
    .option('--sort-by <target>', 'CREATE, KEY, MODIFY, VALUE or VERSION', 'KEY')
    .option('--keys-only', 'no values', false)
    .option('--count-only', 'only how many', false)
    .option('--print-value-only', 'only values', false)
    .option('--consistency <level>', 'l: linearizable, s: serializable', 'l')
    .action((key: string, rangeEnd: string | undefined, flags: GetFlags) =>
      run(async (session) => {
        const client = await session.client();
        const answer = await client.call('etcdserverpb.KV/Range', {
          ...rangeOf(key, rangeEnd, flags),
          ...{ revision: Number(flags.rev), limit: Number(flags.limit) },
          sort_order: orders[flags.order.toUpperCase()] ?? 0,
          sort_target: Math.max(0, targets.indexOf(flags.sortBy.toUpperCase())),
          ...{ keys_only: flags.keysOnly, count_only: flags.countOnly },
          serializable: flags.consistency === 's',
        });
        session.show('RangeResponse', answer, () => {
          const show = { keys: !flags.printValueOnly, values: !flags.keysOnly };
          printPairs(session, answer['kvs'], show);
        });
      }),
    );
}

function putCommand(run: Run): Command {
  return new Command('put')
    .arguments('<key> [value]')
    .description('Put the key with a value, from standard input if absent')
    .option('--lease <id>', 'attach it to this lease (hexadecimal)', '0')
    .option('--prev-kv', 'print the pair before', false)
    .option('--ignore-value', 'keep the value', false)
    .option('--ignore-lease', 'keep the lease', false)
    .action((key: string, value: string | undefined, flags: Record<string, unknown>) =>
      run(async (session) => {
        const keeps = flags['ignoreValue'] === true;
        const text = keeps ? '' : (value ?? (await session.environment.context.readInput()));
        const answer = await (
          await session.client()
        ).call('etcdserverpb.KV/Put', {
          ...{ key: Buffer.from(key), value: Buffer.from(text) },
          lease: lease(flags['lease'] as string),
          prev_kv: flags['prevKv'] as boolean,
          ignore_value: keeps,
          ignore_lease: flags['ignoreLease'] as boolean,
        });
        session.show('PutResponse', answer, () => {
          session.print('OK');
          if (answer['prev_kv'] !== undefined) printPairs(session, [answer['prev_kv']]);
        });
      }),
    );
}

function delCommand(run: Run): Command {
  return addRangeFlags(new Command('del').arguments('<key> [rangeEnd]'))
    .description('Remove the key or a range of keys')
    .option('--prev-kv', 'print the deleted pairs', false)
    .action((key: string, rangeEnd: string | undefined, flags: RangeFlags & { prevKv: boolean }) =>
      run(async (session) => {
        const answer = await (
          await session.client()
        ).call('etcdserverpb.KV/DeleteRange', {
          ...rangeOf(key, rangeEnd, flags),
          prev_kv: flags.prevKv,
        });
        session.show('DeleteRangeResponse', answer, () => {
          session.print(numberText(answer['deleted']));
          printPairs(session, answer['prev_kvs']);
        });
      }),
    );
}

function txnCommand(run: Run): Command {
  return new Command('txn')
    .description('Process the operations of standard input in one transaction')
    .action(() =>
      run(async (session) => {
        const request = parseTxn(await session.environment.context.readInput());
        const answer = await (await session.client()).call('etcdserverpb.KV/Txn', request);
        session.show('TxnResponse', answer, () => {
          session.print(answer['succeeded'] === true ? 'SUCCESS' : 'FAILURE');
          printResponses(session, answer['responses']);
        });
      }),
    );
}

function compactionCommand(run: Run): Command {
  return new Command('compaction')
    .argument('<revision>')
    .description('Compact the history up to a revision')
    .option('--physical', 'wait until what it removed is deleted', false)
    .action((revision: string, { physical }: { physical: boolean }) =>
      run(async (session) => {
        const request = { revision: Number(revision), physical };
        const client = await session.client();
        const answer = await client.call('etcdserverpb.KV/Compact', request);
        session.show('CompactionResponse', answer, () =>
          session.print(`compacted revision ${revision}`),
        );
      }),
    );
}

export const kvCommands = (run: Run): Command[] => [
  getCommand(run),
  putCommand(run),
  delCommand(run),
  txnCommand(run),
  compactionCommand(run),
];
