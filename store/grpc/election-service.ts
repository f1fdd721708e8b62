import { prefixEnd, type KeyValue } from '../kv.ts';
import type { MemberCalls } from '../server/interface.ts';
import { cancellationOf, holderKey, leavePlace, sessionLease } from './concurrency.ts';
import { takePlace, waitForOlder } from './concurrency.ts';
import type { DownloadCall, DownloadService } from './unary.ts';
import { decodeMessage, encodeMessage, type Plain } from './schema/codec.ts';
import { codes, RpcError } from './status.ts';
import { plainHeader, type ServiceContext, type UnaryMethods } from './unary.ts';

interface LeaderKey {
  readonly name?: Buffer;
  readonly key?: Buffer;
  readonly rev?: number;
  readonly lease?: number | bigint;
}

interface ElectionRequest {
  readonly name?: Buffer;
  readonly lease?: number | bigint;
  readonly value?: Buffer;
  readonly leader?: LeaderKey;
}

const text = (bytes: Buffer | undefined): string => bytes?.toString('latin1') ?? '';

function leaderOf(request: ElectionRequest): LeaderKey {
  if (request.leader !== undefined) return request.leader;
  throw new RpcError(codes.invalidArgument, '"leader" field must be provided');
}

/** Writes as long as the key is the one that won. */
async function proclaim(calls: MemberCalls, leader: LeaderKey, value: Buffer): Promise<number> {
  const key = text(leader.key);
  const { succeeded, revision } = await calls.txn({
    compare: [{ key, target: 'create', result: 'equal', operand: leader.rev ?? 0 }],
    success: [{ type: 'put', request: { key, value, lease: String(leader.lease ?? 0) } }],
    failure: [],
  });
  if (!succeeded) throw new RpcError(codes.unknown, 'election: not leader');
  return revision;
}

const plainPair = (kv: KeyValue): Plain => ({
  key: Buffer.from(kv.key, 'latin1'),
  create_revision: kv.createRevision,
  mod_revision: kv.modRevision,
  version: kv.version,
  value: kv.value,
  lease: BigInt(kv.lease),
});

/** The oldest key below the prefix. */
async function currentLeader(calls: MemberCalls, prefix: string) {
  const { kvs, revision } = await calls.range({
    key: prefix,
    rangeEnd: prefixEnd(prefix),
    limit: 1,
    sort: { target: 'create', order: 'ascend' },
  });
  return { leader: kvs[0], revision };
}

async function campaign(
  calls: MemberCalls,
  request: ElectionRequest,
  signal: AbortSignal,
): Promise<LeaderKey> {
  const { name = Buffer.alloc(0), lease = 0, value = Buffer.alloc(0) } = request;
  const prefix = `${text(name)}/`;
  const id = await sessionLease(calls, lease);
  const key = holderKey(prefix, id);
  const place = await takePlace(calls, { key, value, lease: id });
  const leader = {
    name,
    key: Buffer.from(key, 'latin1'),
    rev: place.createRevision,
    lease: BigInt(id),
  };
  try {
    if (place.before !== undefined && !value.equals(place.before.value))
      await proclaim(calls, leader, value);
    await waitForOlder(calls, { prefix, maxCreateRevision: place.createRevision - 1 }, signal);
  } catch (error) {
    await leavePlace(calls, place).catch(() => {});
    throw error;
  }
  return leader;
}

/** v3electionpb.Election without its stream, Observe. */
export function electionService(context: ServiceContext): UnaryMethods {
  const read = (name: string, bytes: Buffer): ElectionRequest => decodeMessage(name, bytes);
  return {
    '/v3electionpb.Election/Campaign': async (bytes, origin) => {
      const request = read('CampaignRequest', bytes);
      const leader = await campaign(context.callsOf(origin), request, cancellationOf(origin));
      return encodeMessage('CampaignResponse', {
        header: plainHeader(context),
        leader: { ...leader },
      });
    },
    '/v3electionpb.Election/Proclaim': async (bytes, origin) => {
      const request = read('ProclaimRequest', bytes);
      const value = request.value ?? Buffer.alloc(0);
      const revision = await proclaim(context.callsOf(origin), leaderOf(request), value);
      return encodeMessage('ProclaimResponse', { header: plainHeader(context, revision) });
    },
    '/v3electionpb.Election/Leader': async (bytes, origin) => {
      const prefix = `${text(read('LeaderRequest', bytes).name)}/`;
      const { leader, revision } = await currentLeader(context.callsOf(origin), prefix);
      if (leader === undefined) throw new RpcError(codes.unknown, 'election: no leader');
      const header = plainHeader(context, revision);
      return encodeMessage('LeaderResponse', { header, kv: plainPair(leader) });
    },
    '/v3electionpb.Election/Resign': async (bytes, origin) => {
      const { key, rev = 0 } = leaderOf(read('ResignRequest', bytes));
      const place = { key: text(key), createRevision: rev, before: undefined };
      await leavePlace(context.callsOf(origin), place);
      return encodeMessage('ResignResponse', { header: plainHeader(context) });
    },
  };
}

/** v3electionpb.Election/Observe: every leader, and every value that one proclaims. */
export class ElectionObserver implements DownloadService {
  readonly #context: ServiceContext;
  readonly #call: DownloadCall;
  readonly #closing = new AbortController();

  constructor(context: ServiceContext, call: DownloadCall) {
    this.#context = context;
    this.#call = call;
  }

  close(): void {
    this.#closing.abort();
  }

  async run(): Promise<void> {
    const calls = this.#context.callsOf(this.#call);
    const { name } = decodeMessage<ElectionRequest>('LeaderRequest', this.#call.request);
    const prefix = `${text(name)}/`;
    let told = { key: '', modRevision: 0 };
    let { leader, revision } = await currentLeader(calls, prefix);
    const watch = calls.watch({
      key: prefix,
      rangeEnd: prefixEnd(prefix),
      startRevision: revision + 1,
    });
    this.#closing.signal.addEventListener('abort', () => watch.cancel());
    const tell = (): void => {
      if (leader === undefined) return;
      if (leader.key === told.key && leader.modRevision <= told.modRevision) return;
      told = leader;
      const header = plainHeader(this.#context, revision);
      const response = { header, kv: plainPair(leader) };
      this.#call.write(encodeMessage('LeaderResponse', response));
    };
    tell();
    for await (const { events } of watch) {
      if (events.length === 0) continue;
      ({ leader, revision } = await currentLeader(calls, prefix));
      tell();
    }
  }
}
