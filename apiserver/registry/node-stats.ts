import type { NodeSummary } from '../../api/stats-summary.ts';
import type { Node } from '../../api/types/core-v1.ts';

/** What the agents of nodes have measured. */
export interface NodeStats {
  /** A few seconds old at most. Undefined if the agent does not answer; never rejects. */
  of(node: Node): Promise<NodeSummary | undefined>;
}

export const noStats: NodeStats = { of: () => Promise.resolve(undefined) };
