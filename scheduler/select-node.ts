import type { Logger } from '../platform/logger.ts';
import type { Random } from '../platform/random.ts';
import { askExtenders, concerned, EXTENDER_NAME, type Verdicts } from './extenders/verdicts.ts';
import type { Extender } from './framework/extender.ts';
import type { Framework } from './framework/framework.ts';
import type { Filtering } from './framework/filtering.ts';
import type { Cycle, MaybePromise, NodeStatuses } from './framework/interface.ts';
import type { NodeInfo } from './framework/node-info.ts';
import type { PluginLimits } from './plugin-limits.ts';
import { namedBy, unresolvable, unschedulable, type Status } from './framework/status.ts';
import { reject, rejectEverywhere, type Selection } from './selection.ts';

/** A cluster this small is always searched whole. */
const MIN_NODES_TO_FIND = 100;
const MIN_PERCENTAGE_TO_FIND = 5;

/**
 * How many feasible nodes are enough. Adaptive (percentage 0) as in Kubernetes: half of a small
 * cluster, one percent less per 125 nodes, never below 5 %.
 */
export function nodesToFind(total: number, percentage = 0): number {
  if (total <= MIN_NODES_TO_FIND || percentage >= 100) return total;
  const adaptive = Math.max(MIN_PERCENTAGE_TO_FIND, 50 - Math.floor(total / 125));
  const share = percentage > 0 ? percentage : adaptive;
  return Math.max(MIN_NODES_TO_FIND, Math.floor((total * share) / 100));
}

interface Filtered {
  readonly feasible: readonly NodeInfo[];
  /** Of all nodes where none is feasible; else not to be relied on. */
  readonly statuses: NodeStatuses;
  /** A plugin failed: so does the pod. */
  readonly failed?: Status | undefined;
}

/** What filtering found for a pod. */
interface Found extends Filtered {
  readonly trial: Filtering;
  /** The one feasible node is where room was made for the pod. */
  readonly nominated: boolean;
  /** Scores by node, beside those of plugins. */
  readonly more?: ReadonlyMap<string, number>;
}

/** Filtering was the end of it. */
interface Ended {
  readonly selection: MaybePromise<Selection>;
}

/** What was said of nodes before time passed. */
interface Asked {
  readonly cycle: Cycle;
  readonly found: Found;
  readonly extenders: readonly Extender[];
}

export interface SelectionOptions {
  readonly random: Random;
  /** 0, the default: adaptive. */
  readonly percentageOfNodesToScore?: number | undefined;
  /** Default: none. */
  readonly extenders?: readonly Extender[] | undefined;
  readonly logger: Logger;
  /** Where there are plugins that may hang; default: none are. */
  readonly limits?: PluginLimits | undefined;
}

/** Picks a node for a pod: filter, then score. One per scheduler: it remembers where it stopped. */
export class NodeSelection {
  readonly #options: SelectionOptions;
  #start = 0;

  constructor(options: SelectionOptions) {
    this.#options = options;
  }

  /** A promise only where extenders are asked: other pods cost no turn of the event loop. */
  select(framework: Framework, cycle: Cycle): MaybePromise<Selection> {
    return this.#limited(() => this.#select(framework, cycle));
  }

  /** Each turn of a search: what is awaited in between has bounds of its own. */
  #limited(search: () => MaybePromise<Selection>): MaybePromise<Selection> {
    const selection = this.#options.limits?.search(search) ?? search();
    return 'code' in selection ? { kind: 'failed', status: selection } : selection;
  }

  #select(framework: Framework, cycle: Cycle): MaybePromise<Selection> {
    const found = this.#find(framework, cycle);
    if ('selection' in found) return found.selection;
    const extenders = concerned(this.#options.extenders ?? [], cycle.pod);
    if (extenders.length > 0 && found.feasible.length > 0)
      return this.#selectAsking(framework, { cycle, found, extenders });
    return this.#choose(framework, cycle, found);
  }

  /**
   * While extenders are asked the cluster moves on: what they accepted is filtered once more, in
   * the turn in which the pod is placed.
   */
  async #selectAsking(framework: Framework, asked: Asked): Promise<Selection> {
    const { cycle, found, extenders } = asked;
    const { pod } = cycle;
    const question = { pod, nodes: found.feasible };
    const verdicts = await askExtenders(extenders, question, this.#options.logger);
    if ('code' in verdicts) return { kind: 'failed', status: verdicts };
    return this.#limited(() => this.#selectAmong(framework, asked, verdicts));
  }

  #selectAmong(framework: Framework, asked: Asked, verdicts: Verdicts): MaybePromise<Selection> {
    const { cycle, found, extenders } = asked;
    const { pod, cluster } = cycle;
    const again = framework.newCycle(pod, cluster);
    if (found.nominated && verdicts.accepted.size === 0) {
      const others = this.#find(framework, again, false);
      if ('selection' in others) return others.selection;
      if (others.feasible.length === 0) return this.#choose(framework, again, others);
      return this.#selectAsking(framework, { cycle: again, found: others, extenders });
    }
    const left = findAmong(framework, again, verdicts);
    if ('selection' in left) return left.selection;
    return this.#choose(framework, again, { ...left, more: verdicts.scores });
  }

  #choose(
    framework: Framework,
    cycle: Cycle,
    { feasible, statuses, trial, more }: Found,
  ): MaybePromise<Selection> {
    if (feasible.length === 0) {
      const { signature } = trial;
      return reject(framework, cycle, { statuses, trial, signature });
    }
    if (feasible.length === 1) return { kind: 'node', node: feasible[0]!, cycle };
    const scores = framework.score(cycle, feasible);
    if (!(scores instanceof Float64Array)) return { kind: 'failed', status: scores };
    if (more !== undefined)
      for (const [i, { name }] of feasible.entries()) scores[i]! += more.get(name) ?? 0;
    return { kind: 'node', node: feasible[this.#best(scores)]!, cycle };
  }

  #find(framework: Framework, cycle: Cycle, nominations = true): Found | Ended {
    const { nodes } = cycle;
    if (nodes.length === 0) {
      const message = 'no nodes available to schedule pods';
      // The node where room was made for it is gone, too.
      const none = { rejectedBy: new Set<string>(), nominatedNodeName: '' };
      return { selection: { kind: 'rejected', message, ...none } };
    }
    const before = framework.preFilter(cycle);
    if ('rejected' in before)
      return { selection: rejectEverywhere(framework, cycle, before.rejected) };
    const trial = framework.filtering(cycle, before.skipped);
    const nominated = nominations ? nominatedNode(cycle, before.nodeNames) : undefined;
    if (nominated !== undefined && trial.filter(nominated) === undefined)
      return { feasible: [nominated], statuses: new Map(), trial, nominated: true };
    const filtered =
      before.nodeNames === undefined
        ? this.#filterSome(framework, cycle, trial)
        : filterNamed(cycle, trial, before.nodeNames);
    const { feasible, statuses } = filtered;
    return failedFilter(filtered) ?? { feasible, statuses, trial, nominated: false };
  }

  #filterSome(framework: Framework, { nodes }: Cycle, filtering: Filtering): Filtered {
    const { verdicts } = filtering;
    const total = nodes.length;
    const percentage = framework.percentageOfNodesToScore ?? this.#options.percentageOfNodesToScore;
    const enough = nodesToFind(total, percentage);
    const feasible: NodeInfo[] = [];
    let failed: Status | undefined;
    let i = this.#start % total;
    for (let seen = 0; seen < total && feasible.length < enough; seen++) {
      const status = verdicts.ask(i, filtering);
      if (status === undefined) feasible.push(nodes[i]!);
      else if (status.code === 'Error') failed ??= status;
      i = i + 1 === total ? 0 : i + 1;
    }
    // The next pod starts where this one stopped, so that all nodes get their turn.
    this.#start = i;
    return { feasible, statuses: verdicts.rejections, failed };
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
    return ties.length === 1
      ? ties[0]!
      : ties[this.#options.random.below(ties.length, 'equal nodes')]!;
  }
}

function failedFilter({ failed }: Filtered): Ended | undefined {
  return failed === undefined ? undefined : { selection: { kind: 'failed', status: failed } };
}

const moved: Status = {
  ...unschedulable('node(s) changed while extenders were asked'),
  plugin: EXTENDER_NAME,
};

/** The accepted nodes that still pass; if there are none, what is wrong with each node. */
function findAmong(framework: Framework, cycle: Cycle, verdicts: Verdicts): Found | Ended {
  const before = framework.preFilter(cycle);
  if ('rejected' in before)
    return { selection: rejectEverywhere(framework, cycle, before.rejected) };
  const trial = framework.filtering(cycle, before.skipped);
  const accepted = filterNamed(cycle, trial, verdicts.accepted);
  const failed = failedFilter(accepted);
  if (failed !== undefined) return failed;
  if (accepted.feasible.length > 0) return { ...accepted, trial, nominated: false };
  const all = new Set(cycle.nodes.map(({ name }) => name));
  const rest = filterNamed(cycle, trial, before.nodeNames ?? all);
  const statuses = new Map(rest.statuses);
  for (const { name } of rest.feasible) statuses.set(name, verdicts.refused.get(name) ?? moved);
  noteAbsent(cycle, statuses);
  return failedFilter(rest) ?? { feasible: [], statuses, trial, nominated: false };
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

function filterNamed(cycle: Cycle, filtering: Filtering, names: ReadonlySet<string>): Filtered {
  const feasible: NodeInfo[] = [];
  const statuses = new Map<string, Status>();
  let failed: Status | undefined;
  for (const name of names) {
    const node = cycle.cluster.node(name);
    if (node === undefined) continue;
    const status = filtering.filter(node);
    if (status === undefined) feasible.push(node);
    else statuses.set(node.name, status);
    if (status?.code === 'Error') failed ??= status;
  }
  if (feasible.length === 0) noteAbsent(cycle, statuses);
  return { feasible, statuses, failed };
}

const absent = namedBy(
  unresolvable("node(s) didn't satisfy plugin(s) [NodeAffinity]"),
  'NodeAffinity',
);

/** Nodes that PreFilter left out. */
function noteAbsent({ nodes }: Cycle, statuses: Map<string, Status>): void {
  for (const { name } of nodes) if (!statuses.has(name)) statuses.set(name, absent);
}
