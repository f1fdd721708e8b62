/**
 * Makes room for a pod that fits nowhere by evicting pods of lower priority from one node, as few
 * and as unimportant as possible, and nominates the pod to that node. Disruption budgets are
 * respected where there is a choice, not beyond.
 */
import type { PodDisruptionBudget } from '../../api/types/policy-v1.ts';
import type { Random } from '../../platform/random.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Extender } from '../framework/extender.ts';
import { histogram, noneAvailable } from '../framework/histogram.ts';
import type {
  Cycle,
  PostFilterPlugin,
  PostFilterResult,
  Rejected,
} from '../framework/interface.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { unresolvable, type Status } from '../framework/status.ts';
import { NodeMemo, NodeMemos } from '../framework/verdict-memo.ts';
import type { Victims } from '../framework/victims.ts';
import { bestCandidate } from './preemption/best-candidate.ts';
import { victimsOn } from './preemption/victims.ts';

export interface DefaultPreemptionArgs {
  /** How many candidate nodes are enough: this share of all nodes, and at least the absolute. */
  readonly minCandidateNodesPercentage: number;
  readonly minCandidateNodesAbsolute: number;
}

/** What preemption does to the cluster. */
export interface Evictor {
  /** Marks the victim as disrupted and deletes it. Rejects if the victim may live on. */
  evict(victim: PodInfo, by: PodInfo, nodeName: string): Promise<void>;
  /** The room was for `pod`; now it is for a pod of higher priority. */
  withdrawNomination(pod: PodInfo): Promise<void>;
}

export interface PreemptionParts {
  readonly budgets: () => readonly PodDisruptionBudget[];
  readonly evictor: Evictor;
  readonly random: Random;
  /** Those that want to be asked about candidates are; default: none. */
  readonly extenders?: readonly Extender[] | undefined;
  readonly logger?: Logger;
}

const defaults: DefaultPreemptionArgs = {
  minCandidateNodesPercentage: 10,
  minCandidateNodesAbsolute: 100,
};

const unhelpful = unresolvable('Preemption is not helpful for scheduling');

/** Why the pod may not preempt; undefined if it may. */
function ineligible({ pod, cluster }: Cycle, { statuses }: Rejected): string | undefined {
  if (pod.pod.spec.preemptionPolicy === 'Never')
    return 'not eligible due to preemptionPolicy=Never.';
  const nominated = cluster.nominations.nodeOf(pod.uid);
  if (nominated === undefined) return undefined;
  if (statuses.get(nominated)?.code === 'UnschedulableAndUnresolvable') return undefined;
  // Room is being made already: whoever leaves may be enough.
  for (const other of cluster.node(nominated)?.pods.values() ?? [])
    if (other.priority < pod.priority && isBeingPreempted(other))
      return 'not eligible due to a terminating pod on the nominated node.';
  return undefined;
}

function isBeingPreempted({ pod: { metadata, status } }: PodInfo): boolean {
  if (metadata.deletionTimestamp === undefined) return false;
  return (
    status?.conditions?.some(
      (each) =>
        each.type === 'DisruptionTarget' &&
        each.status === 'True' &&
        each.reason === 'PreemptionByScheduler',
    ) ?? false
  );
}

interface Search {
  readonly candidates: readonly Victims[];
  /** Why the other nodes will not do, counted. */
  readonly reasons: ReadonlyMap<string, number>;
}

/** Whom to evict from a node, or why that would not help. */
type Verdict = Victims | Status;

/** What was found for pods like this one, as long as the budgets are the same objects. */
class Findings {
  readonly #memos = new NodeMemos((nodes) => new NodeMemo<Verdict>(nodes));
  #budgets: readonly PodDisruptionBudget[] = [];

  of(
    { nodes }: Cycle,
    { signature }: Rejected,
    budgets: readonly PodDisruptionBudget[],
  ): NodeMemo<Verdict> | undefined {
    const before = this.#budgets;
    const same = budgets.length === before.length && budgets.every((each, i) => each === before[i]);
    if (!same) this.#memos.clear();
    this.#budgets = budgets;
    return signature === undefined ? undefined : this.#memos.of(signature, nodes);
  }
}

class Preemption {
  readonly #cycle: Cycle;
  readonly #rejected: Rejected;
  readonly #parts: PreemptionParts;
  readonly #reasons = new Map<string, number>();

  constructor(cycle: Cycle, rejected: Rejected, parts: PreemptionParts) {
    this.#cycle = cycle;
    this.#rejected = rejected;
    this.#parts = parts;
  }

  /** Tries nodes from a random one on, until there are enough candidates to choose from. */
  search(args: DefaultPreemptionArgs, findings: Findings): Search {
    const { nodes } = this.#cycle;
    const { statuses } = this.#rejected;
    const candidates: Victims[] = [];
    const enough = this.#enough(args);
    const budgets = this.#parts.budgets();
    const memo = findings.of(this.#cycle, this.#rejected, budgets);
    const found = this.#victims(budgets, memo);
    let harmless = false;
    let i = this.#parts.random.below(nodes.length, 'preemption');
    for (let seen = 0; seen < nodes.length && !(harmless && candidates.length >= enough); seen++) {
      const { code } = statuses.get(nodes[i]!.name) ?? unhelpful;
      const verdict = code === 'Unschedulable' ? found(i) : unhelpful;
      if ('code' in verdict) for (const reason of verdict.reasons) this.#count(reason);
      else {
        candidates.push(verdict);
        harmless ||= verdict.violations === 0;
      }
      i = i + 1 === nodes.length ? 0 : i + 1;
    }
    return { candidates, reasons: this.#reasons };
  }

  /** What is found on a node by its index: remembered where that is safe. */
  #victims(
    budgets: readonly PodDisruptionBudget[],
    memo: NodeMemo<Verdict> | undefined,
  ): (index: number) => Verdict {
    const { pod, nodes, cluster } = this.#cycle;
    const { trial } = this.#rejected;
    const nominated = cluster.nominations.nodeOf(pod.uid);
    return (index) => {
      const node = nodes[index]!;
      // The room that is kept for the pod itself is kept from others only.
      const own = node.name === nominated;
      if (!own && memo?.has(index)) return memo.get(index);
      const found = victimsOn(node, pod, { trial, budgets });
      if (!own && !('code' in found && found.code === 'Error')) memo?.set(index, found);
      return found;
    };
  }

  #enough(args: DefaultPreemptionArgs): number {
    const { length } = this.#cycle.nodes;
    const share = Math.floor((length * args.minCandidateNodesPercentage) / 100);
    return Math.min(length, Math.max(share, args.minCandidateNodesAbsolute));
  }

  #count(reason: string): void {
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
  }

  /** Who was to have the room, and is less important, will not. */
  nominate(best: Victims): PostFilterResult {
    const { pod, cluster } = this.#cycle;
    const displaced = cluster.nominations
      .on(best.node.name)
      .filter(({ priority }) => priority < pod.priority);
    for (const { uid } of displaced) cluster.nominations.delete(uid);
    return {
      message: '',
      nominatedNodeName: best.node.name,
      makeRoom: () => this.#makeRoom(best, displaced),
    };
  }

  /** Everything at once: the victims end side by side. */
  async #makeRoom({ node, pods }: Victims, displaced: readonly PodInfo[]): Promise<void> {
    const { evictor } = this.#parts;
    await Promise.all([
      ...pods.map((victim) => evictor.evict(victim, this.#cycle.pod, node.name)),
      ...displaced.map((pod) => evictor.withdrawNomination(pod)),
    ]);
  }
}

/** What is left of the candidates when the extenders that are asked about them have answered. */
async function narrowed(
  candidates: readonly Victims[],
  pod: PodInfo,
  { extenders = [], logger }: PreemptionParts,
): Promise<readonly Victims[]> {
  let left = candidates;
  for (const extender of extenders) {
    if (left.length === 0) return left;
    if (extender.preempt === undefined || !extender.concerns(pod)) continue;
    try {
      left = await extender.preempt(pod, left);
    } catch (error) {
      if (!extender.ignorable) throw error;
      logger?.warn({ err: error, extender: extender.name, pod: pod.key }, 'ignored an extender');
    }
  }
  return left;
}

export function defaultPreemption(
  parts: PreemptionParts,
  given: Partial<DefaultPreemptionArgs> = {},
): PostFilterPlugin {
  const args = { ...defaults, ...given };
  const findings = new Findings();
  const asks = ({ pod }: Cycle): boolean =>
    parts.extenders?.some((each) => each.preempt !== undefined && each.concerns(pod)) ?? false;
  return {
    name: 'DefaultPreemption',
    postFilter(cycle, rejected) {
      const reason = ineligible(cycle, rejected);
      if (reason !== undefined) return { message: `preemption: ${reason}` };
      const preemption = new Preemption(cycle, rejected, parts);
      const { candidates, reasons } = preemption.search(args, findings);
      const conclude = (left: readonly Victims[]): PostFilterResult => {
        const best = bestCandidate(left);
        if (best !== undefined) return preemption.nominate(best);
        const available = noneAvailable(cycle.nodes.length, histogram(reasons));
        return { message: `preemption: ${available}`, nominatedNodeName: '' };
      };
      if (candidates.length === 0 || !asks(cycle)) return conclude(candidates);
      return narrowed(candidates, cycle.pod, parts).then(conclude);
    },
  };
}
