/**
 * A member's first start: who it is, and who else there is.
 *
 * A new cluster begins as if its members had installed a snapshot at (index 1, term 1) that holds
 * the initial membership. So who joins later can never get the log from its beginning, which does
 * not tell the initial members: it gets a snapshot, which does.
 */
import type { Engine, WriteOperation } from '../engine/engine.ts';
import type { Entry, MemberId } from '../raft/entry.ts';
import { NONE } from '../raft/entry.ts';
import { ClusterState } from '../persistence/cluster-state.ts';
import { clusterIdOf, memberIdOf } from '../replica/identity.ts';
import type { MemberIdentity } from './interface.ts';
import { entryRange, hardStateKey, metaKeys } from '../persistence/keyspace.ts';
import {
  decodeBlock,
  encodeBlock,
  encodeHardState,
  encodeNumber,
  encodePoint,
} from '../persistence/log-codec.ts';
import type { Joining, Settings } from '../replica/options.ts';
import type { PeerAddress } from '../replica/peers.ts';

const FIRST = { index: 1, term: 1 };

/** Whom a member that joins can reach before it has been told who belongs to the cluster. */
export interface LoadedIdentity extends MemberIdentity {
  readonly known?: readonly PeerAddress[];
}

/** What the member was named when its data folder was new: later settings do not change it. */
export async function loadIdentity(engine: Engine, settings: Settings): Promise<LoadedIdentity> {
  const { name } = settings;
  const [stored, cluster] = await engine.getMany([metaKeys.identity, metaKeys.cluster]);
  if (stored !== undefined) {
    const identity = { ...(JSON.parse(stored.toString()) as LoadedIdentity), name };
    if (cluster === undefined && settings.peers === undefined)
      await adoptAlone(engine, identity, settings);
    return identity;
  }
  const { identity, operations } =
    settings.join === undefined ? newCluster(settings) : joining(settings.join, name);
  const value = Buffer.from(JSON.stringify(identity));
  operations.push({ type: 'put', key: metaKeys.identity, value });
  await engine.batch(operations, { sync: false });
  return identity;
}

function joining({ members, ...ids }: Joining, name: string): NewIdentity {
  return { identity: { ...ids, name, known: members }, operations: [] };
}

/** A folder from before members were kept in it: its member is the only one. */
async function adoptAlone(
  engine: Engine,
  { memberId: id, name }: MemberIdentity,
  { peerUrls, clientUrls }: Settings,
): Promise<void> {
  const self = { id, name, peerUrls, clientUrls, isLearner: false };
  const cluster = new ClusterState({ members: [self], removed: [] }).encode();
  const operation = { type: 'put', key: metaKeys.cluster, value: Buffer.from(cluster) } as const;
  await engine.batch([operation], { sync: false });
}

interface NewIdentity {
  readonly identity: LoadedIdentity;
  readonly operations: WriteOperation[];
}

function newCluster(settings: Settings): NewIdentity {
  const { name, peerUrls, clientUrls, initialClusterToken, sha1 } = settings;
  const initial = settings.initialCluster ?? [{ name, peerUrls }];
  const members = initial.map((member) => ({
    id: memberIdOf(member.peerUrls, initialClusterToken, sha1),
    peerUrls: member.peerUrls,
    isLearner: false,
    // A lone member has nobody to tell; of several, each publishes itself.
    ...(initial.length === 1 ? { name, clientUrls } : { name: '', clientUrls: [] }),
  }));
  const ids = members.map(({ id }) => id);
  const memberId = ids[initial.findIndex((member) => member.name === name)]!;
  const cluster = new ClusterState({ members, removed: [] }).encode();
  const hardState = { term: FIRST.term, vote: NONE, commit: FIRST.index };
  return {
    identity: { name, memberId, clusterId: clusterIdOf(ids, sha1) },
    operations: [
      { type: 'put', key: metaKeys.cluster, value: Buffer.from(cluster) },
      { type: 'put', key: metaKeys.logStart, value: encodePoint(FIRST) },
      { type: 'put', key: metaKeys.applied, value: encodeNumber(FIRST.index) },
      { type: 'put', key: hardStateKey, value: encodeHardState(hardState) },
    ],
  };
}

/**
 * Disaster recovery (etcd's --force-new-cluster): this member alone goes on with its data. What
 * it had not seen committed is dropped; changes of the membership that it had not applied become
 * empty entries.
 */
export async function forceNewCluster(engine: Engine, self: MemberId): Promise<void> {
  const [stored, applied, hardState] = await engine.getMany([
    metaKeys.cluster,
    metaKeys.applied,
    hardStateKey,
  ]);
  if (stored === undefined || hardState === undefined) return;
  const before = ClusterState.decode(stored.toString());
  const own = before.get(self);
  const others = before.members.filter(({ id }) => id !== self).map(({ id }) => id);
  const members = own === undefined ? [] : [{ ...own, isLearner: false }];
  const cluster = new ClusterState({ members, removed: [...before.removed, ...others] });
  const operations: WriteOperation[] = [
    { type: 'put', key: metaKeys.cluster, value: Buffer.from(cluster.encode()) },
  ];
  const commit = hardState.readDoubleBE(9);
  const appliedIndex = applied?.readDoubleBE(0) ?? 0;
  const alone = (entry: Entry): Entry =>
    entry.type === 'normal' || entry.index <= appliedIndex
      ? entry
      : { ...entry, type: 'normal', data: Buffer.alloc(0) };
  for await (const chunk of engine.iterate(entryRange(0)))
    for (const [key, value] of chunk) {
      const kept = decodeBlock(key, value).filter(({ index }) => index <= commit);
      if (kept.length === 0) operations.push({ type: 'del', key });
      else operations.push({ type: 'put', key, value: encodeBlock(kept.map(alone)) });
    }
  await engine.batch(operations, { sync: true });
}
