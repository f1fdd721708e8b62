import type { Engine } from '../engine/engine.ts';
import { NONE } from '../raft/entry.ts';
import { alarmText } from '../replica/no-space-alarm.ts';
import type { MemberStatistics, MemberStatus } from './interface.ts';
import type { LeaseCounters } from './leases.ts';
import type { PromotionCounters } from './membership.ts';
import type { CorruptionSettings } from '../replica/options.ts';
import type { Replica } from '../replica/replica.ts';

interface ServiceCounters {
  readonly isInstalling: boolean;
  readonly corruption: CorruptionSettings;
  readonly leases: LeaseCounters;
  readonly membership: PromotionCounters;
}

export function statisticsOf(
  replica: Replica,
  { leases, membership, ...settings }: ServiceCounters,
): MemberStatistics {
  const { store, raft, applier, proposals, office, reads } = replica;
  const { granted, revoked, renewed, expired } = leases;
  return {
    proposalsCommitted: raft.commit,
    proposalsApplied: applier.appliedIndex,
    proposalsPending: proposals.size,
    proposalsFailed: proposals.failed,
    leaderChanges: office.leaderChanges,
    keys: store.index.liveKeys,
    currentRevision: store.current,
    compactRevision: store.compacted,
    watchers: store.watches.size,
    slowWatchers: store.watches.slow,
    ...store.counters,
    leasesGranted: granted,
    leasesRevoked: revoked,
    leasesRenewed: renewed,
    leasesExpired: expired,
    authRevision: replica.auth.revision,
    logBytes: replica.logBytes,
    slowApplies: replica.slowRequests.count,
    slowReadIndexes: reads.slow,
    failedReadIndexes: reads.failed,
    lateHeartbeats: office.lateHeartbeats,
    learnersPromoted: membership.promoted,
    learnersNotPromoted: membership.notPromoted,
    eventsDelivered: store.watches.delivered,
    eventsPending: store.watches.pending,
    versionsRemoved: replica.removedVersions,
    leaseTtls: leases.ttls,
    lastCompactionAt: replica.lastCompactionAt,
    requestTimes: replica.requestTimes,
    members: replica.cluster.members.map(({ id }) => id),
    removedMembers: replica.cluster.removed,
    ...settings,
  };
}

/** `version`: of the API, as clients are told. */
export function statusOf(replica: Replica, engine: Engine, version: string): MemberStatus {
  const { raft, applier, cluster, store } = replica;
  return {
    version,
    dbSize: Math.max(1, engine.property('diskBytes')),
    dbSizeInUse: Math.max(1, engine.property('liveBytes')),
    leader: raft.leader,
    raftIndex: raft.commit,
    raftTerm: raft.term,
    raftAppliedIndex: applier.appliedIndex,
    isLearner: cluster.get(raft.id)?.isLearner === true,
    errors: [
      ...(raft.leader === NONE ? ['etcdserver: no leader'] : []),
      ...store.alarms.list().map(alarmText),
    ],
  };
}
