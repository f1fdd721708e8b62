/** Handing leadership over: on demand, and before a leader stops. */
import { sleep } from '../../platform/clock.ts';
import { StoreError } from '../kv.ts';
import type { MemberId } from '../raft/entry.ts';
import type { Settings } from '../replica/options.ts';
import type { Replica } from '../replica/replica.ts';

/** How often a member that hands over its office looks whether it has been taken. */
const POLL_MS = 10;

type Environment = Pick<Settings, 'clock' | 'logger' | 'electionTimeoutMs'>;

/** Rejects `notLeader`, `badLeaderTransferee`, or after an election timeout. */
export async function moveLeader(
  replica: Replica,
  to: MemberId,
  { clock, electionTimeoutMs }: Environment,
): Promise<void> {
  replica.assertRunning();
  const { raft } = replica;
  if (!replica.leads) throw new StoreError('notLeader');
  if (!replica.transferLeader(to)) throw new StoreError('badLeaderTransferee');
  const deadline = clock.monotonic() + electionTimeoutMs;
  while (raft.leader !== to) {
    if (clock.monotonic() > deadline) throw new StoreError('timeoutLeaderTransfer');
    await sleep(clock, POLL_MS);
  }
}

/** Who stops while leading hands over to the most advanced, so that writers hardly notice. */
export async function handOver(replica: Replica, environment: Environment): Promise<void> {
  if (!replica.leads || replica.isAlone) return;
  const { raft, cluster } = replica;
  const candidates = cluster.voters
    .map(({ id }) => ({ id, progress: raft.progressOf(id) }))
    .filter(({ id, progress }) => id !== raft.id && progress !== undefined)
    .sort((a, b) => b.progress!.match - a.progress!.match);
  const [best] = candidates;
  if (best === undefined) return;
  await moveLeader(replica, best.id, environment).catch((error: unknown) => {
    environment.logger.warn({ error }, 'could not hand over leadership');
  });
}
