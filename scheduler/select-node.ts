import type { Random } from '../platform/random.ts';
import type { Framework } from './framework/framework.ts';
import type { Filtering } from './framework/filtering.ts';
import { histogram } from './framework/histogram.ts';
import type { Cycle, PostFilterResult, Rejected, Trial } from './framework/interface.ts';
import type { NodeInfo } from './framework/node-info.ts';
import { isRejection, namedBy, unresolvable, type Status } from './framework/status.ts';

export type Selection =
  | { readonly kind: 'node'; readonly node: NodeInfo }
  | {
      readonly kind: 'rejected';
      readonly message: string;
      /** Plugins whose queueing hints decide when to try again. */
      readonly rejectedBy: ReadonlySet<string>;
      /** Undefined: what was nominated before stays; '': it does not. */
      readonly nominatedNodeName?: string;
      /** To be run, and awaited, before the pod is tried again. */
      readonly makeRoom?: () => Promise<void>;
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
    const filtering = framework.filtering(cycle, before.skipped);
    const nominated = nominatedNode(cycle, before.nodeNames);
    if (nominated !== undefined && filtering.filter(nominated) === undefined)
      return { kind: 'node', node: nominated };
    const { feasible, statuses } =
      before.nodeNames === undefined
        ? this.#filterSome(framework, cycle, filtering)
        : filterNamed(cycle, filtering, before.nodeNames);
    for (const status of statuses.values())
      if (status.code === 'Error') return { kind: 'failed', status };
    if (feasible.length === 0) return reject(framework, cycle, { statuses, trial: filtering });
    if (feasible.length === 1) return { kind: 'node', node: feasible[0]! };
    const scores = framework.score(cycle, feasible);
    if (!(scores instanceof Float64Array)) return { kind: 'failed', status: scores };
    return { kind: 'node', node: feasible[this.#best(scores)]! };
  }

  #filterSome(framework: Framework, { nodes }: Cycle, filtering: Filtering): Filtered {
    const total = nodes.length;
    const enough = nodesToFind(total, framework.percentageOfNodesToScore ?? this.#percentage);
    const feasible: NodeInfo[] = [];
    const statuses = new Map<string, Status>();
    let i = this.#start % total;
    let seen = 0;
    while (seen < total && feasible.length < enough) {
      const node = nodes[i]!;
      const status = filtering.filter(node);
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

/** Where preemption made room for the pod, if it may go there at all. */
function nominatedNode(
  { pod, cluster }: Cycle,
  names: ReadonlySet<string> | undefined,
): NodeInfo | undefined {
  const name = cluster.nominations.nodeOf(pod.uid);
  if (name === undefined || names?.has(name) === false) return undefined;
  return cluster.node(name);
}

function filterNamed(
  { nodes, cluster }: Cycle,
  filtering: Filtering,
  names: ReadonlySet<string>,
): Filtered {
  const feasible: NodeInfo[] = [];
  const statuses = new Map<string, Status>();
  for (const name of names) {
    const node = cluster.node(name);
    if (node === undefined) continue;
    const status = filtering.filter(node);
    if (status === undefined) feasible.push(node);
    else statuses.set(node.name, status);
  }
  if (feasible.length > 0) return { feasible, statuses };
  const absent = namedBy(
    unresolvable("node(s) didn't satisfy plugin(s) [NodeAffinity]"),
    'NodeAffinity',
  );
  for (const { name } of nodes) if (!statuses.has(name)) statuses.set(name, absent);
  return { feasible, statuses };
}

/** No change on trial helps a pod that PreFilter rejected: its filters have nothing to go by. */
const noTrial: Trial = { add() {}, remove() {}, filter: () => unresolvable() };

function rejectEverywhere(framework: Framework, cycle: Cycle, status: Status): Selection {
  if (!isRejection(status)) return { kind: 'failed', status };
  const everywhere = unresolvableCopy(status);
  const statuses = new Map(cycle.nodes.map((node) => [node.name, everywhere]));
  const after = framework.postFilter(cycle, { statuses, trial: noTrial });
  return {
    kind: 'rejected',
    message: unavailable(cycle, status.reasons.join(', '), after.message),
    rejectedBy: pluginsOf([status]),
    ...nomination(after),
  };
}

/** What PreFilter says of the pod itself, evicting others from nodes does not change. */
const unresolvableCopy = (status: Status): Status => ({
  ...status,
  code: 'UnschedulableAndUnresolvable',
});

function reject(framework: Framework, cycle: Cycle, rejected: Rejected): Selection {
  const { statuses } = rejected;
  const after = framework.postFilter(cycle, rejected);
  const reasons = histogram(reasonCounts(statuses.values()));
  return {
    kind: 'rejected',
    message: unavailable(cycle, reasons, after.message),
    rejectedBy: pluginsOf(statuses.values()),
    ...nomination(after),
  };
}

function nomination({ nominatedNodeName, makeRoom }: PostFilterResult) {
  return {
    ...(nominatedNodeName === undefined ? {} : { nominatedNodeName }),
    ...(makeRoom === undefined ? {} : { makeRoom }),
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
