/**
 * A store as the buckets of etcd's backend (server/storage/schema of etcd 3.6): what a snapshot
 * file holds, in both directions.
 */
import type { BoltBucket } from '../bolt/writer.ts';
import type { Entry } from '../bolt/format.ts';
import { encodeMessage } from '../grpc/schema/codec.ts';
import type { KeyValue } from '../kv.ts';
import type { Alarm, LeaseCheckpoint } from '../mvcc/command.ts';
import { authBuckets } from './auth-buckets.ts';
import { pairBytes, revisionBytes } from './etcd-record.ts';

export interface StoredPair {
  readonly kv: KeyValue;
  readonly sub: number;
}

export interface StoredLease extends LeaseCheckpoint {
  readonly ttlSeconds: number;
}

export interface StoredMember {
  /** Decimal. */
  readonly id: string;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

/** Everything of a store but its pairs: small enough to hold. */
export interface StoreFacts {
  readonly leases: readonly StoredLease[];
  readonly alarms: readonly Alarm[];
  /** Facts of users and roles, and others, by name. */
  readonly auth: ReadonlyMap<string, Buffer>;
  readonly members: readonly StoredMember[];
  readonly appliedIndex: number;
  readonly term: number;
  /** Absent if nothing was ever compacted. */
  readonly compactRevision?: number;
  /** Whether what that compaction removed is gone already. */
  readonly compactionFinished: boolean;
  readonly clusterVersion: string;
}

export const alarmNumbers = { noSpace: 1, corrupt: 2 } as const;

function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

const byKey = (a: Entry, b: Entry): number => Buffer.compare(a[0], b[0]);

function metaEntries(facts: StoreFacts): Entry[] {
  const { appliedIndex, term, compactRevision, clusterVersion } = facts;
  const confState = {
    voters: facts.members.filter(({ isLearner }) => !isLearner).map(({ id }) => id),
    learners: facts.members.filter(({ isLearner }) => isLearner).map(({ id }) => id),
  };
  // IDs are larger than JSON numbers of JavaScript hold: written as text, without the quotes.
  const confText = JSON.stringify({ ...confState, auto_leave: false }).replace(/"(\d+)"/g, '$1');
  const entries: Entry[] = [
    [Buffer.from('confState'), Buffer.from(confText)],
    [Buffer.from('consistent_index'), u64(appliedIndex)],
    [Buffer.from('storageVersion'), Buffer.from(clusterVersion)],
    [Buffer.from('term'), u64(term)],
  ];
  if (compactRevision !== undefined) {
    const revision = revisionBytes({ main: compactRevision, sub: 0, tombstone: false });
    entries.push([Buffer.from('scheduledCompactRev'), revision]);
    if (facts.compactionFinished) entries.push([Buffer.from('finishedCompactRev'), revision]);
  }
  return entries.sort(byKey);
}

function memberEntry(member: StoredMember): Entry {
  const { id, name, peerUrls, clientUrls, isLearner } = member;
  const text = JSON.stringify({
    id: 0,
    peerURLs: peerUrls,
    ...(isLearner ? { isLearner } : {}),
    name,
    clientURLs: clientUrls,
  }).replace('"id":0', `"id":${id}`);
  return [Buffer.from(BigInt(id).toString(16)), Buffer.from(text)];
}

/** `pairs` is called twice, for the same pairs both times: ascending by revision. */
export function backupBuckets(
  facts: StoreFacts,
  pairs: () => AsyncIterable<StoredPair>,
): BoltBucket[] {
  const bucket = (name: string, entries: readonly Entry[]): BoltBucket => {
    const sorted = [...entries].sort(byKey);
    return { name, entries: () => sorted };
  };
  async function* records(): AsyncGenerator<Entry> {
    for await (const { kv, sub } of pairs()) {
      const revision = { main: kv.modRevision, sub, tombstone: kv.version === 0 };
      yield [revisionBytes(revision), pairBytes(kv)];
    }
  }
  const leases = facts.leases.map(({ id, ttlSeconds, remainingSeconds }): Entry => {
    const lease = { ID: BigInt(id), TTL: ttlSeconds, RemainingTTL: remainingSeconds };
    return [u64(BigInt.asUintN(64, BigInt(id))), encodeMessage('leasepb.Lease', lease)];
  });
  const alarms = facts.alarms.map(({ memberId, alarm }): Entry => {
    const member = { memberID: BigInt(memberId), alarm: alarmNumbers[alarm] };
    return [encodeMessage('AlarmMember', member), Buffer.alloc(0)];
  });
  return [
    { name: 'key', entries: records },
    bucket('lease', leases),
    bucket('alarm', alarms),
    bucket('meta', metaEntries(facts)),
    bucket('cluster', [[Buffer.from('clusterVersion'), Buffer.from(facts.clusterVersion)]]),
    bucket('members', facts.members.map(memberEntry)),
    bucket('members_removed', []),
    ...Object.entries(authBuckets(facts.auth)).map(([name, entries]) => bucket(name, entries)),
  ];
}
