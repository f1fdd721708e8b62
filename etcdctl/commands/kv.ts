/** get, put, del, txn, compaction */
import { Command } from 'commander';
import type { Plain } from '../../store/grpc/schema/codec.ts';
import { numberText } from '../plain.ts';
import {
  delCommand,
  delRequest,
  getCommand,
  getRequest,
  putCommand,
  putRequest,
  type DelFlags,
  type GetFlags,
  type PutFlags,
} from '../kv-requests.ts';
import { integer } from '../numbers.ts';
import type { Run, Session } from '../session.ts';
import { readTxn } from '../txn-text.ts';
import { badArguments } from '../failure.ts';

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

const get = (run: Run): Command =>
  getCommand().action((key: string, rangeEnd: string | undefined, flags: GetFlags) =>
    run(async (session) => {
      if (flags.printValueOnly && session.flags.writeOut !== 'simple')
        throw badArguments('print-value-only is only for `--write-out=simple`');
      const request = getRequest([key, rangeEnd], flags);
      const answer = await (await session.client()).call('etcdserverpb.KV/Range', request);
      session.show('RangeResponse', answer, () => {
        const show = { keys: !flags.printValueOnly, values: !flags.keysOnly };
        printPairs(session, answer['kvs'], show);
      });
    }),
  );

/** Standard input stands for a value that is not given; empty, for none at all. */
async function valueOf(session: Session, given: string | undefined): Promise<string> {
  const value = given ?? (await session.environment.context.readInput());
  if (given === undefined && value === '')
    throw badArguments('put command needs 1 argument and input from stdin or 2 arguments');
  return value;
}

const put = (run: Run): Command =>
  putCommand().action((key: string, given: string | undefined, flags: PutFlags) =>
    run(async (session) => {
      if (flags.ignoreValue && given !== undefined)
        throw badArguments("put command needs only 1 argument when 'ignore-value' is set");
      const value = flags.ignoreValue ? '' : await valueOf(session, given);
      const request = putRequest([key, value], flags);
      const answer = await (await session.client()).call('etcdserverpb.KV/Put', request);
      session.show('PutResponse', answer, () => {
        session.print('OK');
        if (answer['prev_kv'] !== undefined) printPairs(session, [answer['prev_kv']]);
      });
    }),
  );

const del = (run: Run): Command =>
  delCommand().action((key: string, rangeEnd: string | undefined, flags: DelFlags) =>
    run(async (session) => {
      const request = delRequest([key, rangeEnd], flags);
      const answer = await (await session.client()).call('etcdserverpb.KV/DeleteRange', request);
      session.show('DeleteRangeResponse', answer, () => {
        session.print(numberText(answer['deleted']));
        printPairs(session, answer['prev_kvs']);
      });
    }),
  );

function txnCommand(run: Run): Command {
  return new Command('txn')
    .description('Process the operations of standard input in one transaction')
    .option('-i, --interactive', 'say what is to be typed', false)
    .action(({ interactive }: { interactive: boolean }) =>
      run(async (session) => {
        const prompt = (text: string): void => void (interactive && session.print(text));
        const request = await readTxn(session.inputLines(), prompt);
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
        const request = { revision: integer(revision), physical };
        await (await session.client()).call('etcdserverpb.KV/Compact', request);
        session.print(`compacted revision ${revision}`);
      }),
    );
}

export const kvCommands = (run: Run): Command[] => [
  ...[get(run), put(run), del(run)],
  ...[txnCommand(run), compactionCommand(run)],
];
