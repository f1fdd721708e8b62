/** lock, elect: one holder at a time */
import { Command, CommanderError } from 'commander';
import type { Plain } from '../../store/grpc/schema/codec.ts';
import type { EtcdClient } from '../client.ts';
import { numberText } from '../plain.ts';
import type { Run, Session } from '../session.ts';
import { printPairs } from './kv.ts';

/** Of an election; --ttl tells a lock's. */
const ELECTION_SECONDS = 60;

interface Held {
  readonly client: EtcdClient;
  readonly lease: number | bigint;
  /** Resolves when the process is told to end; rejects if the lease is lost before. */
  readonly over: Promise<void>;
}

/** Runs `body` under a lease that is renewed from before it until after it. */
async function underLease(
  session: Session,
  seconds: number,
  body: (held: Held) => Promise<void>,
): Promise<void> {
  const client = await session.client();
  const { ID } = await client.call('etcdserverpb.Lease/LeaseGrant', { TTL: seconds });
  const lease = ID as number | bigint;
  const done = new AbortController();
  const over = session.holdLease(client, lease, done.signal).then(() => {
    const { terminated } = session.environment.context;
    if (!done.signal.aborted && !terminated.aborted) throw new Error('session expired');
  });
  over.catch(() => {});
  try {
    await body({ client, lease, over });
  } finally {
    done.abort();
    await client.call('etcdserverpb.Lease/LeaseRevoke', { ID }).catch(() => {});
  }
}

/** Undefined if the process is told to end before it is answered. */
const unlessOver = (call: Promise<Plain>, { over }: Held): Promise<Plain | undefined> => {
  call.catch(() => {});
  return Promise.race([call, over.then(() => undefined)]);
};

async function hold(
  session: Session,
  held: Held,
  what: { readonly name: string; readonly program: readonly string[] },
): Promise<void> {
  const { client, lease, over } = held;
  const request = { name: Buffer.from(what.name), lease };
  const locking = client.call('v3lockpb.Lock/Lock', request, { endless: true });
  const locked = await unlessOver(locking, held);
  if (locked === undefined) return;
  const { key, header } = locked as { key: Buffer; header: Plain };
  try {
    if (what.program.length === 0) {
      const { kvs } = await client.call('etcdserverpb.KV/Range', { key });
      printPairs(session, kvs);
      return await over;
    }
    const env = {
      ETCD_LOCK_KEY: session.text(key),
      ETCD_LOCK_REV: numberText(header['revision']),
    };
    const code = await session.runProgram(what.program, env);
    if (code !== 0) throw new CommanderError(code, 'etcdctl.program', `exit status ${code}`);
  } finally {
    await client.call('v3lockpb.Lock/Unlock', { key }).catch(() => {});
  }
}

export function lockCommand(run: Run): Command {
  return new Command('lock')
    .arguments('<lockname> [program...]')
    .description('Hold a named lock until interrupted, or while a program runs')
    .option('--ttl <seconds>', 'of the session', '10')
    .action((name: string, program: readonly string[], { ttl }: { ttl: string }) =>
      run((session) =>
        underLease(session, Number(ttl), (held) => hold(session, held, { name, program })),
      ),
    );
}

async function observe(session: Session, name: string): Promise<void> {
  const client = await session.client();
  const { terminated } = session.environment.context;
  const method = 'v3electionpb.Election/Observe';
  for await (const { kv } of client.stream(method, [{ name: Buffer.from(name) }], terminated))
    printPairs(session, [kv]);
}

async function campaign(
  session: Session,
  held: Held,
  { name, proposal }: { readonly name: string; readonly proposal: string },
): Promise<void> {
  const { client, lease, over } = held;
  const request = { name: Buffer.from(name), lease, value: Buffer.from(proposal) };
  const standing = client.call('v3electionpb.Election/Campaign', request, { endless: true });
  const elected = await unlessOver(standing, held);
  if (elected === undefined) return;
  const leader = elected['leader'] as Plain;
  session.print(session.text(leader['key']));
  session.print(proposal);
  await over;
  await client.call('v3electionpb.Election/Resign', { leader }).catch(() => {});
}

export function electCommand(run: Run): Command {
  return new Command('elect')
    .arguments('<election> [proposal]')
    .description('Observe an election, or take part in it with a proposal')
    .option('-l, --listen', 'only observe', false)
    .action((name: string, proposal: string | undefined, { listen }: { listen: boolean }) =>
      run((session) =>
        listen || proposal === undefined
          ? observe(session, name)
          : underLease(session, ELECTION_SECONDS, (held) =>
              campaign(session, held, { name, proposal }),
            ),
      ),
    );
}
