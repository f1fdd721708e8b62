/**
 * Makes room for a pod that fits nowhere by evicting pods of lower priority from one node, as few
 * and as unimportant as possible, and nominates the pod to that node. Disruption budgets are
 * respected where there is a choice, not beyond.
 */
import type { PodDisruptionBudget } from '../../api/types/policy-v1.ts';
import type { Random } from '../../platform/random.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Extender } from '../framework/extender.ts';
import { histogram } from '../framework/histogram.ts';
import type {
  Cycle,
  PostFilterPlugin,
  PostFilterResult,
  Rejected,
} from '../framework/interface.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { PodInfo } from '../framework/pod-info.ts';
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

const notHelpful = 'Preemption is not helpful for scheduling';
/** What the plugin that runs before this one in Kubernetes says of pods without claims. */
const noClaims = 'no new claims to deallocate';

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
  search(args: DefaultPreemptionArgs): Search {
    const nodes = this.#worthTrying();
    const candidates: Victims[] = [];
    const enough = this.#enough(args);
    const start = nodes.length === 0 ? 0 : this.#parts.random.below(nodes.length, 'preemption');
    let harmless = false;
    const budgets = nodes.length === 0 ? [] : this.#parts.budgets();
    for (let i = 0; i < nodes.length && !(harmless && candidates.length >= enough); i++) {
      const node = nodes[(start + i) % nodes.length]!;
      const { trial } = this.#rejected;
      const found = victimsOn(node, this.#cycle.pod, { trial, budgets });
      if ('code' in found) {
        for (const reason of found.reasons) this.#count(reason);
        continue;
      }
      candidates.push(found);
      harmless ||= found.violations === 0;
    }
    return { candidates, reasons: this.#reasons };
  }

  #worthTrying(): NodeInfo[] {
    const { statuses } = this.#rejected;
    const nodes = this.#cycle.nodes.filter(
      ({ name }) => statuses.get(name)?.code === 'Unschedulable',
    );
    const others = this.#cycle.nodes.length - nodes.length;
    if (others > 0) this.#reasons.set(notHelpful, others);
    return nodes;
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
  const asks = ({ pod }: Cycle): boolean =>
    parts.extenders?.some((each) => each.preempt !== undefined && each.concerns(pod)) ?? false;
  return {
    name: 'DefaultPreemption',
    postFilter(cycle, rejected) {
      const reason = ineligible(cycle, rejected);
      if (reason !== undefined) return { message: `${noClaims}, preemption: ${reason}` };
      const preemption = new Preemption(cycle, rejected, parts);
      const { candidates, reasons } = preemption.search(args);
      const conclude = (left: readonly Victims[]): PostFilterResult => {
        const best = bestCandidate(left);
        if (best !== undefined) return preemption.nominate(best);
        const available = `0/${cycle.nodes.length} nodes are available: ${histogram(reasons)}.`;
        return { message: `${noClaims}, preemption: ${available}`, nominatedNodeName: '' };
      };
      if (candidates.length === 0 || !asks(cycle)) return conclude(candidates);
      return narrowed(candidates, cycle.pod, parts).then(conclude);
    },
  };
}
