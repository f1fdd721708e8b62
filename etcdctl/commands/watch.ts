/** watch, lock, elect: commands that wait for others */
import { Command } from 'commander';
import type { Plain } from '../../store/grpc/schema/codec.ts';
import type { Run } from '../session.ts';
import { addRangeFlags, rangeOf, type RangeFlags } from '../range.ts';
import { printPairs } from './kv.ts';

const WATCH = 'etcdserverpb.Watch/Watch';

interface WatchFlags extends RangeFlags {
  readonly rev: string;
  readonly prevKv: boolean;
  readonly progressNotify: boolean;
}

export function watchCommand(run: Run): Command {
  return addRangeFlags(new Command('watch').arguments('<key> [rangeEnd]'))
    .description('Watch events on keys or prefixes')
    .option('--rev <n>', 'from this revision on', '0')
    .option('--prev-kv', 'with the pair before', false)
    .option('--progress-notify', 'also say that nothing happened', false)
    .action((key: string, rangeEnd: string | undefined, flags: WatchFlags) =>
      run(async (session) => {
        const client = await session.client();
        const create = {
          ...rangeOf(key, rangeEnd, flags),
          ...{ start_revision: Number(flags.rev), prev_kv: flags.prevKv },
          progress_notify: flags.progressNotify,
        };
        const { terminated } = session.environment.context;
        const requests = [{ create_request: create }];
        for await (const answer of client.stream(WATCH, requests, terminated)) {
          const { compact_revision: compacted, cancel_reason: reason } = answer;
          if (answer['canceled'] === true)
            throw new Error(
              compacted === undefined
                ? `watch was canceled (${(reason as string | undefined) ?? ''})`
                : 'watch was canceled (etcdserver: mvcc: required revision has been compacted)',
            );
          for (const event of (answer['events'] ?? []) as Plain[])
            session.show('mvccpb.Event', event, () => {
              session.print(event['type'] === 1 ? 'DELETE' : 'PUT');
              if (event['prev_kv'] !== undefined) printPairs(session, [event['prev_kv']]);
              printPairs(session, [event['kv']]);
            });
        }
      }),
    );
}

export function lockCommand(run: Run): Command {
  return new Command('lock')
    .argument('<lockname>')
    .description('Hold a named lock until interrupted')
    .option('--ttl <seconds>', 'of the session', '10')
    .action((name: string, { ttl }: { ttl: string }) =>
      run(async (session) => {
        const client = await session.client();
        const { ID } = await client.call('etcdserverpb.Lease/LeaseGrant', { TTL: Number(ttl) });
        const request = { name: Buffer.from(name), lease: ID };
        const { key } = await client.call('v3lockpb.Lock/Lock', request, { endless: true });
        session.print(session.text(key));
        await session.holdLease(client, ID as number | bigint);
        await client.call('v3lockpb.Lock/Unlock', { key });
        await client.call('etcdserverpb.Lease/LeaseRevoke', { ID });
      }),
    );
}

export function electCommand(run: Run): Command {
  return new Command('elect')
    .arguments('<election> [proposal]')
    .description('Observe an election, or take part in it with a proposal')
    .option('-l, --listen', 'only observe', false)
    .action((name: string, proposal: string | undefined, { listen }: { listen: boolean }) =>
      run(async (session) => {
        const client = await session.client();
        if (listen || proposal === undefined) {
          const request = { name: Buffer.from(name) };
          const { terminated } = session.environment.context;
          const observe = 'v3electionpb.Election/Observe';
          for await (const { kv } of client.stream(observe, [request], terminated))
            printPairs(session, [kv]);
          return;
        }
        const { ID } = await client.call('etcdserverpb.Lease/LeaseGrant', { TTL: 60 });
        const request = { name: Buffer.from(name), lease: ID, value: Buffer.from(proposal) };
        const campaign = 'v3electionpb.Election/Campaign';
        const { leader } = await client.call(campaign, request, { endless: true });
        session.print(session.text((leader as Plain)['key']));
        session.print(proposal);
        await session.holdLease(client, ID as number | bigint);
        await client.call('v3electionpb.Election/Resign', { leader });
      }),
    );
}
