/**
 * What an object needs besides its own name that is unique in the whole cluster: a Service's
 * addresses and node ports. Every method is safe against other API servers.
 */
import type { IPFamily } from '../../api/cidr.ts';

export interface ClaimRange {
  /** Takes exactly `value`. Else why not, in Kubernetes' words. */
  claim(value: string, owner: ClaimOwner): Promise<string | undefined>;
  /** Takes any free value, an address of that family; undefined when the range is exhausted. */
  claimNext(owner: ClaimOwner, family?: IPFamily): Promise<string | undefined>;
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
  /** Those that cluster IPs may have, the default first. */
  readonly families: readonly IPFamily[];
  /** For one attempt of a dry run: takes nothing, and refuses and gives what Kubernetes does. */
  dryRun(): ClaimRanges;
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
