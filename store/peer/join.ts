/** Finding out, from the members that run, who a new process is among them. */
import type { FrameNetwork, FrameTls } from '../../platform/net/frames.ts';
import type { ClusterMember } from '../cluster-member.ts';

interface Remote {
  readonly clusterId: string;
  readonly members: readonly ClusterMember[];
}

const TIMEOUT_MS = 5000;
/** A new cluster must not wait long for members that cannot be there yet. */
const NEW_CLUSTER_TIMEOUT_MS = 1000;

interface Others {
  /** Peer URLs of the others, from --initial-cluster. */
  readonly others: readonly string[];
  readonly network: FrameNetwork;
  readonly tls: FrameTls | undefined;
}

export interface JoinOptions extends Others {
  /** This member's own, as it was added. */
  readonly peerUrls: readonly string[];
  /** How many members --initial-cluster names. */
  readonly expectedMembers: number;
}

const sorted = (urls: readonly string[]): string => [...urls].sort().join();

/** Rejects with one sentence if the cluster does not expect this process. */
export async function findSelf(
  options: JoinOptions,
): Promise<Remote & { readonly memberId: string }> {
  const remote = await firstAnswer(options);
  const self = remote.members.find(
    (member) => sorted(member.peerUrls) === sorted(options.peerUrls),
  );
  if (remote.members.length !== options.expectedMembers)
    throw new Error('error validating peerURLs: member count is unequal');
  if (self === undefined)
    throw new Error(
      `error validating peerURLs: the cluster has no member with ${sorted(options.peerUrls)}`,
    );
  return { ...remote, memberId: self.id };
}

/**
 * True if one of the others runs and knows that the member has run: started once more without
 * data, it would vote again in terms in which it has voted, and miss what it has confirmed.
 */
export async function hasRunBefore({
  memberId,
  ...options
}: Others & { readonly memberId: string }): Promise<boolean> {
  const knows = async (url: string): Promise<true> => {
    const { members } = await ask(url, options, NEW_CLUSTER_TIMEOUT_MS);
    const self = members.find(({ id }) => id === memberId);
    if (self === undefined || self.clientUrls.length === 0) throw new Error('it has not');
    return true;
  };
  return Promise.any(options.others.map(knows)).catch(() => false);
}

async function firstAnswer(options: JoinOptions): Promise<Remote> {
  const reasons: string[] = [];
  for (const url of options.others) {
    try {
      return await ask(url, options, TIMEOUT_MS);
    } catch (error) {
      reasons.push(`${url}: ${(error as Error).message}`);
    }
  }
  throw new Error(
    `cannot fetch cluster info from peer urls: could not retrieve cluster information from the ` +
      `given URLs (${reasons.join('; ')})`,
  );
}

async function ask(
  url: string,
  { network, tls }: Omit<Others, 'others'>,
  timeoutMs: number,
): Promise<Remote> {
  const secrets = tls === undefined ? {} : { tls };
  const answer = await network.get({ url, path: '/members', timeoutMs, ...secrets });
  return JSON.parse(answer.toString()) as Remote;
}
