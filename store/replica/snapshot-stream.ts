/**
 * A member's replicated state on its way to another: every pair of the engine but the log, the
 * hard state and what is the member's own, as of one moment.
 *
 *     pairs:  u8 0, (key, value)…
 *     end:    u8 1, f64 index, f64 term of that entry, f64 the leader's term
 */
import { assert } from '../../platform/assert.ts';
import type { Engine, WriteOperation } from '../engine/engine.ts';
import { hexId } from '../cluster-member.ts';
import { StoreError } from '../kv.ts';
import type { Logger } from '../../platform/logger.ts';
import type { MemberId, SnapshotPoint } from '../raft/entry.ts';
import { ByteReader, ByteWriter } from '../persistence/bytes.ts';
import { isReplicated, metaKeys, wholeKeyspace } from '../persistence/keyspace.ts';
import { encodePoint } from '../persistence/log-codec.ts';
import type { Peers } from './peers.ts';

const PAIRS = 0;
const END = 1;

/** The leader's term, and its log's, which must know the applied index until the end. */
interface Source {
  readonly term: number;
  readonly termOf: (index: number) => number | undefined;
}

export interface SnapshotToSend {
  readonly to: MemberId;
  readonly peers: Peers;
  readonly engine: Engine;
  readonly raft: Source;
  readonly logger: Logger;
}

/** Resolves to the index up to which the follower has the state now; undefined if it failed. */
export async function sendSnapshot(what: SnapshotToSend): Promise<number | undefined> {
  const { to, peers, logger } = what;
  const sent: { index?: number } = {};
  try {
    await peers.sendSnapshot(to, snapshotChunks(what, sent));
    logger.info({ to: hexId(to), index: sent.index }, 'sent a snapshot');
    return sent.index;
  } catch (error) {
    logger.warn({ to: hexId(to), error }, 'could not send a snapshot; will retry');
    return undefined;
  }
}

async function* snapshotChunks(
  { engine, raft }: Pick<SnapshotToSend, 'engine' | 'raft'>,
  sent: { index?: number },
): AsyncGenerator<Uint8Array> {
  let index: number | undefined;
  for await (const pairs of engine.iterate(wholeKeyspace)) {
    const sent = pairs.filter(([key]) => isReplicated(key));
    if (sent.length === 0) continue;
    const out = new ByteWriter(sent.reduce((sum, [k, v]) => sum + k.length + v.length + 10, 1));
    out.byte(PAIRS);
    for (const [key, value] of sent) {
      out.bytes(key);
      out.bytes(value);
      if (key.equals(metaKeys.applied)) index = value.readDoubleBE(0);
    }
    yield out.finish();
  }
  assert(index !== undefined, 'the engine knows what is applied');
  const term = raft.termOf(index);
  // The log was compacted past it meanwhile; the next attempt is newer.
  if (term === undefined) throw new StoreError('compacted');
  const out = new ByteWriter(32);
  out.byte(END);
  for (const number of [index, term, raft.term]) out.double(number);
  sent.index = index;
  yield out.finish();
}

export interface ReceivedSnapshot {
  readonly point: SnapshotPoint;
  readonly leaderTerm: number;
}

/** Writes what arrives into an empty engine; durable when it resolves, by `sync` of the last. */
export async function receiveSnapshot(
  engine: Engine,
  chunks: AsyncIterable<Uint8Array>,
  sync: (write: () => Promise<void>) => Promise<void>,
): Promise<ReceivedSnapshot> {
  for await (const chunk of chunks) {
    const input = new ByteReader(chunk);
    if (input.byte() === END) {
      const [index, term, leaderTerm] = [input.double(), input.double(), input.double()];
      const point = { index, term };
      const value = encodePoint(point);
      await sync(() =>
        engine.batch([{ type: 'put', key: metaKeys.logStart, value }], { sync: true }),
      );
      return { point, leaderTerm };
    }
    const operations: WriteOperation[] = [];
    while (!input.done) operations.push({ type: 'put', key: input.bytes(), value: input.bytes() });
    await engine.batch(operations, { sync: false });
  }
  throw new StoreError('unavailable', { detail: 'a snapshot broke off' });
}
