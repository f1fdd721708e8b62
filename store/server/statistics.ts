import type { MemberStatistics } from './interface.ts';
import type { LeaseCounters } from './leases.ts';
import type { PromotionCounters } from './membership.ts';
import type { Replica } from '../replica/replica.ts';

interface ServiceCounters {
  readonly isInstalling: boolean;
  readonly leases: LeaseCounters;
  readonly membership: PromotionCounters;
}

export function statisticsOf(
  replica: Replica,
  { leases, membership, isInstalling }: ServiceCounters,
): MemberStatistics {
  const { store, raft, applier, proposals, leaderChanges, reads } = replica;
  const { granted, revoked, renewed, expired } = leases;
  return {
    proposalsCommitted: raft.commit,
    proposalsApplied: applier.appliedIndex,
    proposalsPending: proposals.size,
    proposalsFailed: proposals.failed,
    leaderChanges,
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
    slowApplies: replica.slowApplies,
    slowReadIndexes: reads.slow,
    failedReadIndexes: reads.failed,
    lateHeartbeats: replica.lateHeartbeats,
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
    isInstalling,
  };
}
