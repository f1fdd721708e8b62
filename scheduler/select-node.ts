import type { Random } from '../platform/random.ts';
import type { Framework } from './framework/framework.ts';
import { histogram } from './framework/histogram.ts';
import type { Cycle, FilterPlugin } from './framework/interface.ts';
import type { NodeInfo } from './framework/node-info.ts';
import { isRejection, unresolvable, type Status } from './framework/status.ts';

export type Selection =
  | { readonly kind: 'node'; readonly node: NodeInfo }
  | {
      readonly kind: 'rejected';
      readonly message: string;
      /** Plugins whose queueing hints decide when to try again. */
      readonly rejectedBy: ReadonlySet<string>;
      readonly nominatedNodeName?: string;
    }
  | { readonly kind: 'failed'; readonly status: Status };

/** A cluster this small is always searched whole. */
export const minNodesToFind = 100;
const minPercentageToFind = 5;

/**
 * How many feasible nodes are enough. Adaptive (percentage 0) as in Kubernetes: half of a small
 * cluster, one percent less per 125 nodes, never below 5 %.
 */
export function nodesToFind(total: number, percentage = 0): number {
  if (total <= minNodesToFind || percentage >= 100) return total;
  const adaptive = Math.max(minPercentageToFind, 50 - Math.floor(total / 125));
  const share = percentage > 0 ? percentage : adaptive;
  return Math.max(minNodesToFind, Math.floor((total * share) / 100));
}

interface Filtered {
  readonly feasible: NodeInfo[];
  readonly statuses: Map<string, Status>;
}

/** Picks a node for a pod: filter, then score. One per scheduler: it remembers where it stopped. */
export class NodeSelection {
  readonly #random: Random;
  readonly #percentage: number;
  #start = 0;

  constructor(random: Random, percentageOfNodesToScore = 0) {
    this.#random = random;
    this.#percentage = percentageOfNodesToScore;
  }

  select(framework: Framework, cycle: Cycle): Selection {
    const { nodes } = cycle;
    if (nodes.length === 0) {
      const message = 'no nodes available to schedule pods';
      return { kind: 'rejected', message, rejectedBy: new Set() };
    }
    const before = framework.preFilter(cycle);
    if ('rejected' in before) return rejectEverywhere(framework, cycle, before.rejected);
    const filters = framework.filtersFor(before.skipped);
    const { feasible, statuses } =
      before.nodeNames === undefined
        ? this.#filterSome(framework, cycle, filters)
        : filterNamed(framework, cycle, { filters, names: before.nodeNames });
    for (const status of statuses.values())
      if (status.code === 'Error') return { kind: 'failed', status };
    if (feasible.length === 0) return reject(framework, cycle, statuses);
    if (feasible.length === 1) return { kind: 'node', node: feasible[0]! };
    const scores = framework.score(cycle, feasible);
    if (!(scores instanceof Float64Array)) return { kind: 'failed', status: scores };
    return { kind: 'node', node: feasible[this.#best(scores)]! };
  }

  #filterSome(framework: Framework, cycle: Cycle, filters: readonly FilterPlugin[]): Filtered {
    const { nodes } = cycle;
    const total = nodes.length;
    const enough = nodesToFind(total, this.#percentage);
    const feasible: NodeInfo[] = [];
    const statuses = new Map<string, Status>();
    let i = this.#start % total;
    let seen = 0;
    while (seen < total && feasible.length < enough) {
      const node = nodes[i]!;
      const status = framework.filter(filters, cycle, node);
      if (status === undefined) feasible.push(node);
      else statuses.set(node.name, status);
      seen++;
      i = i + 1 === total ? 0 : i + 1;
    }
    // The next pod starts where this one stopped, so that all nodes get their turn.
    this.#start = i;
    return { feasible, statuses };
  }

  /** The index of the highest score; one of them at random if there are several. */
  #best(scores: Float64Array): number {
    let best = -Infinity;
    let ties: number[] = [];
    for (let i = 0; i < scores.length; i++) {
      const score = scores[i]!;
      if (score > best) {
        best = score;
        ties = [i];
      } else if (score === best) ties.push(i);
    }
    return ties.length === 1 ? ties[0]! : ties[this.#random.below(ties.length, 'equal nodes')]!;
  }
}

function filterNamed(
  framework: Framework,
  cycle: Cycle,
  named: { readonly filters: readonly FilterPlugin[]; readonly names: ReadonlySet<string> },
): Filtered {
  const feasible: NodeInfo[] = [];
  const statuses = new Map<string, Status>();
  const absent: Status = {
    ...unresolvable("node(s) didn't satisfy plugin(s) [NodeAffinity]"),
    plugin: 'NodeAffinity',
  };
  for (const node of cycle.nodes) {
    const status = named.names.has(node.name)
      ? framework.filter(named.filters, cycle, node)
      : absent;
    if (status === undefined) feasible.push(node);
    else statuses.set(node.name, status);
  }
  return { feasible, statuses };
}

function rejectEverywhere(framework: Framework, cycle: Cycle, status: Status): Selection {
  if (!isRejection(status)) return { kind: 'failed', status };
  const statuses = new Map(cycle.nodes.map((node) => [node.name, status]));
  const after = framework.postFilter(cycle, statuses);
  return {
    kind: 'rejected',
    message: unavailable(cycle, status.reasons.join(', '), after.message),
    rejectedBy: pluginsOf([status]),
  };
}

function reject(framework: Framework, cycle: Cycle, statuses: Map<string, Status>): Selection {
  const after = framework.postFilter(cycle, statuses);
  const reasons = histogram(reasonCounts(statuses.values()));
  const { nominatedNodeName } = after;
  return {
    kind: 'rejected',
    message: unavailable(cycle, reasons, after.message),
    rejectedBy: pluginsOf(statuses.values()),
    ...(nominatedNodeName === undefined ? {} : { nominatedNodeName }),
  };
}

/** Statuses are shared by the nodes they hold for: counting them first saves most of the work. */
function reasonCounts(statuses: Iterable<Status>): Map<string, number> {
  const nodes = new Map<Status, number>();
  for (const status of statuses) nodes.set(status, (nodes.get(status) ?? 0) + 1);
  const counts = new Map<string, number>();
  for (const [status, count] of nodes)
    for (const reason of status.reasons) counts.set(reason, (counts.get(reason) ?? 0) + count);
  return counts;
}

function pluginsOf(statuses: Iterable<Status>): Set<string> {
  const plugins = new Set<string>();
  for (const { plugin } of statuses) if (plugin !== undefined) plugins.add(plugin);
  return plugins;
}

/** Kubernetes' FitError: what `kubectl describe pod` and autoscalers read. */
function unavailable(cycle: Cycle, reasons: string, after: string): string {
  const message = `0/${cycle.nodes.length} nodes are available: ${reasons}.`;
  return after === '' ? message : `${message} ${after}`;
}
