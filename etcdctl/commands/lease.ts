import { Command } from 'commander';
import type { Plain } from '../../store/grpc/schema/codec.ts';
import { numberText } from '../plain.ts';
import { integer, leaseId } from '../numbers.ts';
import type { Run } from '../session.ts';
import { badArguments } from '../failure.ts';

const idOf = (text: string): bigint => leaseId(text, 'lease ID arg');
const shown = (id: unknown): string =>
  BigInt.asUintN(64, BigInt((id ?? 0) as number))
    .toString(16)
    .padStart(16, '0');

function ttlOf(text: string): number {
  try {
    return integer(text);
  } catch (error) {
    throw badArguments(`bad TTL (${(error as Error).message})`, error);
  }
}

export function leaseCommand(run: Run): Command {
  const lease = new Command('lease').description('Grant, revoke, renew and show leases');
  addChanges(lease, run);
  addViews(lease, run);
  return lease;
}

function addChanges(lease: Command, run: Run): void {
  lease
    .command('grant <ttl>')
    .description('Create a lease')
    .action((ttl: string) =>
      run(async (session) => {
        const seconds = ttlOf(ttl);
        const client = await session.client();
        const answer = await client.call('etcdserverpb.Lease/LeaseGrant', { TTL: seconds });
        session.show('LeaseGrantResponse', answer, () =>
          session.print(
            `lease ${shown(answer['ID'])} granted with TTL(${numberText(answer['TTL'])}s)`,
          ),
        );
      }),
    );
  lease
    .command('revoke <leaseID>')
    .description('End a lease and delete its keys')
    .action((id: string) =>
      run(async (session) => {
        const client = await session.client();
        const answer = await client.call('etcdserverpb.Lease/LeaseRevoke', { ID: idOf(id) });
        session.show('LeaseRevokeResponse', answer, () =>
          session.print(`lease ${shown(idOf(id))} revoked`),
        );
      }),
    );
  lease
    .command('keep-alive <leaseID>')
    .description('Renew a lease until interrupted')
    .option('--once', 'only once', false)
    .action((id: string, { once }: { once: boolean }) =>
      run(async (session) => {
        const client = await session.client();
        const print = (answer: Plain): void => {
          if (once && answer['TTL'] === undefined)
            throw new Error('etcdserver: requested lease not found');
          session.show('LeaseKeepAliveResponse', answer, () =>
            session.print(
              answer['TTL'] === undefined
                ? `lease ${shown(idOf(id))} expired or revoked.`
                : `lease ${shown(idOf(id))} keepalived with TTL(${numberText(answer['TTL'])})`,
            ),
          );
        };
        await session.keepAlive(client, { id: idOf(id), once, print });
      }),
    );
}

function addViews(lease: Command, run: Run): void {
  lease
    .command('timetolive <leaseID>')
    .description('Show what a lease has left')
    .option('--keys', 'and its keys', false)
    .action((id: string, { keys }: { keys: boolean }) =>
      run(async (session) => {
        const client = await session.client();
        const method = 'etcdserverpb.Lease/LeaseTimeToLive';
        const answer = await client.call(method, { ID: idOf(id), keys });
        session.show('LeaseTimeToLiveResponse', answer, () => {
          const { TTL = 0, grantedTTL = 0 } = answer;
          if (grantedTTL === 0 && TTL === -1) {
            session.print(`lease ${shown(answer['ID'])} already expired`);
            return;
          }
          const names = ((answer['keys'] ?? []) as Buffer[]).map((key) => session.text(key));
          const attached = keys ? `, attached keys([${names.join(' ')}])` : '';
          const [whole, rest] = [numberText(grantedTTL), numberText(TTL)];
          const left = `granted with TTL(${whole}s), remaining(${rest}s)`;
          session.print(`lease ${shown(answer['ID'])} ${left}${attached}`);
        });
      }),
    );
  lease
    .command('list')
    .description('List all leases')
    .action(() =>
      run(async (session) => {
        const answer = await (await session.client()).call('etcdserverpb.Lease/LeaseLeases');
        session.show('LeaseLeasesResponse', answer, () => {
          const leases = (answer['leases'] ?? []) as Plain[];
          session.print(`found ${leases.length} leases`);
          for (const { ID } of leases) session.print(shown(ID));
        });
      }),
    );
}
