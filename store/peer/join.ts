/** Finding out, from the members that run, who a new process is among them. */
import type { FrameNetwork, FrameTls } from '../../platform/net/frames.ts';
import type { ClusterMember } from '../cluster-member.ts';

interface Remote {
  readonly clusterId: string;
  readonly members: readonly ClusterMember[];
}

const TIMEOUT_MS = 5000;

export interface JoinOptions {
  /** Peer URLs of the others, from --initial-cluster. */
  readonly others: readonly string[];
  /** This member's own, as it was added. */
  readonly peerUrls: readonly string[];
  /** How many members --initial-cluster names. */
  readonly expectedMembers: number;
  readonly network: FrameNetwork;
  readonly tls: FrameTls | undefined;
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

async function firstAnswer({ others, network, tls }: JoinOptions): Promise<Remote> {
  const reasons: string[] = [];
  for (const url of others) {
    try {
      const secrets = tls === undefined ? {} : { tls };
      const answer = await network.get({
        url: `${url}/members`,
        timeoutMs: TIMEOUT_MS,
        ...secrets,
      });
      return JSON.parse(answer.toString()) as Remote;
    } catch (error) {
      reasons.push(`${url}: ${(error as Error).message}`);
    }
  }
  throw new Error(
    `cannot fetch cluster info from peer urls: could not retrieve cluster information from the ` +
      `given URLs (${reasons.join('; ')})`,
  );
}
