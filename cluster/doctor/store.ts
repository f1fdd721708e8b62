/** The store: members, leader, alarms, space, history kept, and how fast its disks are. */
import { EtcdClient } from '../../etcdctl/client.ts';
import { bodyValue } from '../../client/response-body.ts';
import { type Clock, sleep } from '../../platform/clock.ts';
import { connectHttp, type HttpConnection } from '../../platform/node/net/http-client.ts';
import type { Plain } from '../../store/grpc/schema/codec.ts';
import type { ComponentState } from '../run-state.ts';
import { failed, type Finding, ok, warning, within } from './finding.ts';

const PATIENCE_MS = 3_000;
const ELECTION_MS = 1_000;
const ELECTION_TIMES = 4;
/** etcd's own advice: fsyncs should take less than this at the 99th percentile. */
const SLOW_FSYNC_SECONDS = 0.01;
const SLOW_READ_MS = 100;
/** Of the quota. */
const FULL = 0.8;
/** Revisions kept beyond the last compaction; the API server compacts every five minutes. */
const LONG_HISTORY = 1_000_000;

interface MemberStatus {
  readonly name: string;
  readonly answer: Plain;
  readonly readMs: number;
  readonly metrics: string;
}

/** One finding per thing that is looked at; a member that does not answer is one of its own. */
export async function storeFindings(
  clock: Clock,
  stores: readonly ComponentState[],
  /** Of all members, with those whose processes are not there. */
  count: number,
): Promise<Finding[]> {
  const { silent, members } = await settled(clock, stores);
  return [
    quorum(count, members),
    ...silent,
    ...(members.length === 0 ? [] : [disks(members), space(members), history(members)]),
    ...members.flatMap((member) => troubles(member, members)),
  ];
}

interface Asked {
  readonly members: readonly MemberStatus[];
  /** One for each member that did not answer. */
  readonly silent: readonly Finding[];
}

/** Asks again while some who answer know no leader: an election is over in a second or two. */
async function settled(clock: Clock, stores: readonly ComponentState[]): Promise<Asked> {
  for (let times = 1; ; times++) {
    const asked = await askAll(clock, stores);
    const elects = asked.members.some((member) => leaderOf(member) === 0n);
    if (!elects || times === ELECTION_TIMES) return asked;
    await sleep(clock, ELECTION_MS);
  }
}

async function askAll(clock: Clock, stores: readonly ComponentState[]): Promise<Asked> {
  const asked = await Promise.all(
    stores.map(async (store): Promise<MemberStatus | Finding> => {
      try {
        return await ask(clock, store);
      } catch (error) {
        const { message } = error as Error;
        return failed(
          `store member ${store.name}`,
          `${message}; see \`wherry logs ${store.name}\`, then \`wherry restart ${store.name}\``,
        );
      }
    }),
  );
  return {
    members: asked.filter((one): one is MemberStatus => 'answer' in one),
    silent: asked.filter((one): one is Finding => 'verdict' in one),
  };
}

async function ask(clock: Clock, store: ComponentState): Promise<MemberStatus> {
  const endpoint = store.address!.split(',')[0]!;
  const timeoutMs = 2 * PATIENCE_MS;
  const client = new EtcdClient({ endpoint, timeoutMs, now: () => clock.now() });
  const http = connectHttp({ baseUrl: endpoint });
  try {
    const answer = await within(clock, PATIENCE_MS, client.call('etcdserverpb.Maintenance/Status'));
    const metrics = await within(clock, PATIENCE_MS, metricsOf(http));
    return { name: store.name, answer, readMs: await readMs(clock, client), metrics };
  } finally {
    client.close();
    await http.close();
  }
}

/** How long a linearizable read takes, which asks a majority; Infinity if there is no answer. */
async function readMs(clock: Clock, client: EtcdClient): Promise<number> {
  const begun = clock.monotonic();
  const read = client.call('etcdserverpb.KV/Range', { key: Buffer.from('/registry/health') });
  return within(clock, PATIENCE_MS, read).then(
    () => clock.monotonic() - begun,
    () => Infinity,
  );
}

async function metricsOf({ handler }: HttpConnection): Promise<string> {
  const response = await handler({
    method: 'GET',
    path: '/metrics',
    query: new URLSearchParams(),
    headers: {},
    peer: { address: 'doctor' },
    signal: new AbortController().signal,
  });
  return String(await bodyValue(response));
}

const leaderOf = ({ answer }: MemberStatus): bigint =>
  BigInt((answer['leader'] as number | bigint) ?? 0);

function quorum(count: number, members: readonly MemberStatus[]): Finding {
  const what = 'store quorum';
  const majority = Math.floor(count / 2) + 1;
  const seen = `${members.length} of ${count} members answer`;
  if (members.length < majority) {
    return failed(what, `${seen}, ${majority} are needed: writes wait until more are back`);
  }
  const led = members.filter((member) => leaderOf(member) !== 0n);
  if (led.length === 0) return failed(what, `${seen}, but there is no leader`);
  if (led.length < majority) {
    return failed(what, `${seen}, but only ${led.length} know a leader: writes wait for more`);
  }
  const slowest = Math.max(...led.map((member) => member.readMs));
  if (slowest === Infinity) return failed(what, `${seen}, but reads find no majority`);
  const term = Number(led[0]!.answer['raftTerm']);
  const says = `${seen}, term ${term}, reads in ${Math.ceil(slowest)} ms`;
  if (led.length < count) return warning(what, `${says}: one more failure may stop writes`);
  return slowest > SLOW_READ_MS ? warning(what, `${says}: the machine is busy`) : ok(what, says);
}

function disks(members: readonly MemberStatus[]): Finding {
  const what = 'store disk';
  const slow = members
    .map(({ name, metrics }) => ({ name, seconds: percentile99(metrics) }))
    .sort((a, b) => b.seconds - a.seconds)[0]!;
  const says = `99 of 100 fsyncs within ${slow.seconds * 1000} ms on ${slow.name}`;
  return slow.seconds > SLOW_FSYNC_SECONDS
    ? warning(what, `${says}; etcd advises 10 ms: a faster disk makes every write faster`)
    : ok(what, says);
}

/** The bucket's upper bound, in seconds, below which 99 % of the log's fsyncs fell. */
function percentile99(metrics: string): number {
  const name = 'etcd_disk_wal_fsync_duration_seconds';
  const count = Number(new RegExp(`^${name}_count (\\d+)`, 'm').exec(metrics)?.[1] ?? 0);
  for (const [, bound, below] of metrics.matchAll(
    new RegExp(`^${name}_bucket\\{le="([^"]+)"\\} (\\d+)`, 'gm'),
  )) {
    if (Number(below) >= count * 0.99) return bound === '+Inf' ? Infinity : Number(bound);
  }
  return 0;
}

function space(members: readonly MemberStatus[]): Finding {
  const what = 'store space';
  const shares = members.map(({ name, answer }) => {
    const [size, quota] = [Number(answer['dbSize'] ?? 0), Number(answer['dbSizeQuota'] ?? 0)];
    return { name, size, quota, share: quota > 0 ? size / quota : 0 };
  });
  const fullest = shares.sort((a, b) => b.share - a.share)[0]!;
  const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
  const of = fullest.quota > 0 ? ` of ${mebibytes(fullest.quota)}` : '';
  const says = `${mebibytes(fullest.size)}${of} on ${fullest.name}`;
  return fullest.share > FULL
    ? warning(what, `${says}: \`wherry etcdctl defrag\`, or raise --quota-backend-bytes`)
    : ok(what, says);
}

function history(members: readonly MemberStatus[]): Finding {
  const what = 'compaction';
  const { metrics } = members[0]!;
  const number = (name: string): number =>
    Number(new RegExp(`^${name}(?:\\{[^}]*\\})? ([\\d.e+]+)`, 'm').exec(metrics)?.[1] ?? 0);
  const current = number('etcd_debugging_mvcc_current_revision');
  const compacted = Math.max(0, number('etcd_debugging_mvcc_compact_revision'));
  const says = `${current - compacted} revisions kept, of ${current}`;
  return current - compacted > LONG_HISTORY
    ? warning(what, `${says}: is an API server running? It compacts every five minutes`)
    : ok(what, says);
}

/** What a member itself complains of: alarms, corruption; and whether the others have lost it. */
function troubles(member: MemberStatus, members: readonly MemberStatus[]): Finding[] {
  const { name, answer } = member;
  const what = `store member ${name}`;
  if (leaderOf(member) === 0n && members.some((other) => leaderOf(other) !== 0n)) {
    const todo = `see \`wherry logs ${name}\`, and the network between members`;
    return [failed(what, `knows no leader, which others have: it is cut off from them; ${todo}`)];
  }
  const errors = (answer['errors'] as readonly string[] | undefined) ?? [];
  return errors.map((error) => failed(what, `${error}; ${remedyOf(error)}`));
}

const remedyOf = (alarm: string): string =>
  alarm.includes('NOSPACE')
    ? 'writes are refused: `wherry etcdctl defrag` or a larger --quota-backend-bytes, then ' +
      '`wherry etcdctl alarm disarm`'
    : 'see `wherry etcdctl alarm list`';
