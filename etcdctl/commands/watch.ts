/** watch: changes as they happen, printed and told to a program */
import { Command } from 'commander';
import type { Plain } from '../../store/grpc/schema/codec.ts';
import { quoted } from '../fields.ts';
import { numberText } from '../plain.ts';
import type { Run, Session } from '../session.ts';
import { addRangeFlags, rangeOf, type RangeFlags } from '../range.ts';
import { printPairs } from './kv.ts';

const WATCH = 'etcdserverpb.Watch/Watch';

interface WatchFlags extends RangeFlags {
  readonly rev: string;
  readonly prevKv: boolean;
  readonly progressNotify: boolean;
}

export function watchCommand(run: Run): Command {
  return addRangeFlags(new Command('watch').arguments('<key> [rangeEnd] [program...]'))
    .description('Watch events on keys or prefixes; after -- a program to run for each')
    .option('--rev <n>', 'from this revision on', '0')
    .option('--prev-kv', 'with the pair before', false)
    .option('--progress-notify', 'also say that nothing happened', false)
    .action((...[key, second, rest, flags]: [string, string | undefined, string[], WatchFlags]) =>
      run(async (session) => {
        const given = second === undefined ? [] : [second, ...rest];
        // Commander tells nothing of the dashes.
        const { argv } = session.environment.context;
        const program = argv.includes('--') ? argv.slice(argv.indexOf('--') + 1) : [];
        const [rangeEnd, ...more] = given.slice(0, given.length - program.length);
        if (more.length > 0) throw new Error('watch takes a key and a range end, no more');
        const create = {
          ...rangeOf(key, rangeEnd, flags),
          start_revision: Number(flags.rev),
          prev_kv: flags.prevKv,
          progress_notify: flags.progressNotify,
        };
        await follow(session, create, program);
      }),
    );
}

async function follow(session: Session, create: Plain, program: readonly string[]): Promise<void> {
  const client = await session.client();
  const { terminated } = session.environment.context;
  for await (const answer of client.stream(WATCH, [{ create_request: create }], terminated)) {
    const { compact_revision: compacted, cancel_reason: reason } = answer;
    if (answer['canceled'] === true)
      throw new Error(
        compacted === undefined
          ? `watch was canceled (${(reason as string | undefined) ?? ''})`
          : 'watch was canceled (etcdserver: mvcc: required revision has been compacted)',
      );
    if (answer['created'] === true) continue;
    const events = (answer['events'] ?? []) as Plain[];
    const { revision } = answer['header'] as Plain;
    if (events.length === 0) session.print(`progress notify: ${numberText(revision)}`);
    session.show('WatchResponse', answer, () => {
      for (const event of events) printEvent(session, event);
    });
    if (program.length === 0) continue;
    for (const event of events) await tell(session, program, { event, revision });
  }
}

function printEvent(session: Session, event: Plain): void {
  session.print(event['type'] === 1 ? 'DELETE' : 'PUT');
  if (event['prev_kv'] !== undefined) printPairs(session, [event['prev_kv']]);
  printPairs(session, [event['kv']]);
}

async function tell(
  session: Session,
  program: readonly string[],
  { event, revision }: { readonly event: Plain; readonly revision: unknown },
): Promise<void> {
  const { key, value } = event['kv'] as Plain;
  const code = await session.runProgram(program, {
    ETCD_WATCH_REVISION: numberText(revision),
    ETCD_WATCH_EVENT_TYPE: quoted(event['type'] === 1 ? 'DELETE' : 'PUT'),
    ETCD_WATCH_KEY: quoted(key),
    ETCD_WATCH_VALUE: quoted(value),
  });
  if (code !== 0) {
    const shown = program.map((word) => quoted(word)).join(' ');
    throw new Error(`command [${shown}] error (exit status ${code})`);
  }
}
