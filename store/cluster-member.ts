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

/** Of a Unix socket: its scheme, and its file. */
export const UNIX_URL = /^(unixs?):\/\/(.+)$/;

/** Whether other members can be told to go there. */
export const isMemberUrl = (url: string): boolean =>
  UNIX_URL.test(url) || (/^https?:\/\/[^/]+:\d+\/?$/.test(url) && URL.canParse(url));
