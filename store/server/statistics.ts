import type { MemberStatistics } from './interface.ts';
import type { LeaseCounters } from './leases.ts';
import type { Replica } from './replica.ts';

export function statisticsOf(replica: Replica, leases: LeaseCounters): MemberStatistics {
  const { store, raft, applier, proposals, leaderChanges } = replica;
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
  };
}
