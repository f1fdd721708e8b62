/**
 * Names an object needs besides its own that are unique in the whole cluster (a Service's IPs and
 * node ports), as keys of the store. Every method is safe against other API servers.
 */
export interface ClaimRange {
  /** True if `value` could be claimed at all. */
  contains(value: string): boolean;
  /** Takes exactly `value`. False if another owner holds it; true again for the same owner. */
  claim(value: string, owner: ClaimOwner): Promise<boolean>;
  /** Takes any free value; undefined when the range is exhausted. */
  claimNext(owner: ClaimOwner): Promise<string | undefined>;
  /** Gives `value` back if `owner` holds it; else does nothing. */
  release(value: string, owner: ClaimOwner): Promise<void>;
}

/** The object that holds a claim. */
export interface ClaimOwner {
  readonly namespace: string;
  readonly name: string;
}

/** What {@link ResourceDeclaration.reserve} may draw from. */
export interface ClaimRanges {
  readonly clusterIPs: ClaimRange;
  readonly nodePorts: ClaimRange;
  /** The cluster IP range as CIDR, for messages. */
  readonly clusterIPRange: string;
  /** The node port range as "30000-32767", for messages. */
  readonly nodePortRange: string;
}

/**
 * Claims that wait for the outcome of a write. Exactly one of the two is called, once; a crash
 * between claim and outcome leaks claims, which the repair loop gives back.
 */
export interface Reservation {
  /** The write succeeded: gives back what the old object held and the new one does not. */
  commit(): Promise<void>;
  /** The write failed or was a dry run: gives back what was taken. */
  rollback(): Promise<void>;
}
