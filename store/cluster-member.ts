/** Of the cluster, as all members know it. */
export interface ClusterMember {
  readonly id: string;
  /** Empty until the member has started for the first time. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

/** A member's or cluster's ID as etcd and its tools show it. */
export const hexId = (id: string): string => BigInt(id).toString(16);
