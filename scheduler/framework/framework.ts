import { assert } from '../../platform/assert.ts';
import { CycleState } from './cycle-state.ts';
import type { ClusterEvent } from './events.ts';
import type * as points from './interface.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import type { Profile } from './profile.ts';
import { failure, type Status } from './status.ts';

type With<P extends points.Plugin> = readonly { readonly plugin: P; readonly weight: number }[];

/** Plugins whose PreFilter or PreScore said Skip for this pod. */
export type Skipped = ReadonlySet<points.Plugin>;

/** The outcome of PreFilter for one pod. */
export type PreFiltered =
  | { readonly rejected: Status }
  | { readonly skipped: Skipped; readonly nodeNames?: ReadonlySet<string> };

function rowsWith<P extends points.Plugin>(profile: Profile, method: keyof P & string): With<P> {
  return profile.rows
    .filter(({ plugin }) => method in plugin)
    .map(({ plugin, weight = 1 }) => ({ plugin: plugin as P, weight }));
}

function intersection(
  a: ReadonlySet<string> | undefined,
  b: ReadonlySet<string>,
): ReadonlySet<string> {
  return a === undefined ? b : new Set([...a].filter((name) => b.has(name)));
}

/** Runs a profile's plugins point by point, and turns what they throw into a status. */
export class Framework {
  readonly schedulerName: string;
  readonly #profile: Profile;
  readonly #preEnqueue: With<points.PreEnqueuePlugin>;
  readonly #queueSort: points.QueueSortPlugin;
  readonly #preFilter: With<points.PreFilterPlugin>;
  readonly #filter: readonly points.FilterPlugin[];
  readonly #postFilter: With<points.PostFilterPlugin>;
  readonly #preScore: With<points.PreScorePlugin>;
  readonly #score: With<points.ScorePlugin & Partial<points.NormalizeScorePlugin>>;
  readonly #reserve: With<points.ReservePlugin>;
  readonly #permit: With<points.PermitPlugin>;
  readonly #preBind: With<points.PreBindPlugin>;
  readonly #bind: With<points.BindPlugin>;
  readonly #postBind: With<points.PostBindPlugin>;

  constructor(profile: Profile) {
    this.schedulerName = profile.schedulerName;
    this.#profile = profile;
    this.#preEnqueue = rowsWith(profile, 'preEnqueue');
    const sorts = rowsWith<points.QueueSortPlugin>(profile, 'goesFirst');
    assert(sorts.length === 1, `profile ${profile.schedulerName} needs exactly one QueueSort`);
    this.#queueSort = sorts[0]!.plugin;
    this.#preFilter = rowsWith(profile, 'preFilter');
    this.#filter = rowsWith<points.FilterPlugin>(profile, 'filter').map(({ plugin }) => plugin);
    this.#postFilter = rowsWith(profile, 'postFilter');
    this.#preScore = rowsWith(profile, 'preScore');
    this.#score = rowsWith(profile, 'score');
    this.#reserve = rowsWith(profile, 'reserve');
    this.#permit = rowsWith(profile, 'permit');
    this.#preBind = rowsWith(profile, 'preBind');
    this.#bind = rowsWith(profile, 'bind');
    assert(this.#bind.length > 0, `profile ${profile.schedulerName} needs a Bind plugin`);
    this.#postBind = rowsWith(profile, 'postBind');
  }

  preEnqueue(pod: PodInfo): Status | undefined {
    for (const { plugin } of this.#preEnqueue) {
      const status = attempt(plugin, () => plugin.preEnqueue(pod));
      if (status !== undefined) return status;
    }
    return undefined;
  }

  goesFirst(a: points.Queued, b: points.Queued): boolean {
    return this.#queueSort.goesFirst(a, b);
  }

  newCycle(pod: PodInfo, nodes: readonly NodeInfo[]): points.Cycle {
    return { pod, state: new CycleState(), nodes };
  }

  preFilter(cycle: points.Cycle): PreFiltered {
    const skipped = new Set<points.Plugin>();
    let nodeNames: ReadonlySet<string> | undefined;
    for (const { plugin } of this.#preFilter) {
      const result = attemptAny(plugin, () => plugin.preFilter(cycle));
      if (result === undefined) continue;
      if ('nodeNames' in result) nodeNames = intersection(nodeNames, result.nodeNames);
      else if (result.code === 'Skip') skipped.add(plugin);
      else return { rejected: result };
    }
    return nodeNames === undefined ? { skipped } : { skipped, nodeNames };
  }

  /** The Filter plugins that still have a say on a pod after PreFilter. */
  filtersFor(skipped: Skipped): readonly points.FilterPlugin[] {
    return skipped.size === 0 ? this.#filter : this.#filter.filter((each) => !skipped.has(each));
  }

  /** The first rejection, in the order of the profile. */
  filter(
    filters: readonly points.FilterPlugin[],
    cycle: points.Cycle,
    node: NodeInfo,
  ): Status | undefined {
    for (const plugin of filters) {
      let status: Status | undefined;
      try {
        status = plugin.filter(cycle, node);
      } catch (error) {
        return failure(error, plugin.name);
      }
      if (status !== undefined) return named(status, plugin);
    }
    return undefined;
  }

  /** Every PostFilter's message, joined; the first nomination wins. */
  postFilter(cycle: points.Cycle, statuses: points.NodeStatuses): points.PostFilterResult {
    const messages: string[] = [];
    let nominatedNodeName: string | undefined;
    for (const { plugin } of this.#postFilter) {
      const result = attemptAny(plugin, () => plugin.postFilter(cycle, statuses));
      if (result === undefined) continue;
      if ('code' in result) {
        messages.push(...result.reasons);
        continue;
      }
      if (result.message !== '') messages.push(result.message);
      nominatedNodeName ??= result.nominatedNodeName;
    }
    const message = messages.join(', ');
    return nominatedNodeName === undefined ? { message } : { message, nominatedNodeName };
  }

  /** Weighted totals in the order of `nodes`, or why scoring failed. */
  score(cycle: points.Cycle, nodes: readonly NodeInfo[]): Float64Array | Status {
    const skipped = new Set<points.Plugin>();
    for (const { plugin } of this.#preScore) {
      const status = attempt(plugin, () => plugin.preScore(cycle, nodes));
      if (status === undefined) continue;
      if (status.code !== 'Skip') return status;
      skipped.add(plugin);
    }
    const totals = new Float64Array(nodes.length);
    const scores = new Float64Array(nodes.length);
    for (const { plugin, weight } of this.#score) {
      if (skipped.has(plugin)) continue;
      try {
        for (let i = 0; i < nodes.length; i++) scores[i] = plugin.score(cycle, nodes[i]!);
        plugin.normalizeScores?.(cycle, scores);
      } catch (error) {
        return failure(error, plugin.name);
      }
      for (let i = 0; i < nodes.length; i++) totals[i]! += weight * scores[i]!;
    }
    return totals;
  }

  /** Reserves in order; on a rejection whatever was reserved is given back. */
  reserve(cycle: points.Cycle, node: NodeInfo): Status | undefined {
    for (const { plugin } of this.#reserve) {
      const status = attempt(plugin, () => plugin.reserve(cycle, node));
      if (status === undefined) continue;
      this.unreserve(cycle, node);
      return status;
    }
    return undefined;
  }

  unreserve(cycle: points.Cycle, node: NodeInfo): void {
    for (const { plugin } of this.#reserve.toReversed()) plugin.unreserve(cycle, node);
  }

  /** What has to be awaited before binding, or a rejection. */
  permit(cycle: points.Cycle, node: NodeInfo): Status | readonly points.PendingPermit[] {
    const pending: points.PendingPermit[] = [];
    for (const { plugin } of this.#permit) {
      const result = attemptAny(plugin, () => plugin.permit(cycle, node));
      if (result === undefined) continue;
      if ('code' in result) return result;
      pending.push(result);
    }
    return pending;
  }

  async preBind(cycle: points.Cycle, nodeName: string): Promise<Status | undefined> {
    for (const { plugin } of this.#preBind) {
      const status = await attemptAsync(plugin, () => plugin.preBind(cycle, nodeName));
      if (status !== undefined) return status;
    }
    return undefined;
  }

  async bind(cycle: points.Cycle, nodeName: string): Promise<Status | undefined> {
    for (const { plugin } of this.#bind) {
      const status = await attemptAsync(plugin, () => plugin.bind(cycle, nodeName));
      if (status?.code !== 'Skip') return status;
    }
    return failure(new Error(`no plugin binds pod ${cycle.pod.key}`));
  }

  postBind(cycle: points.Cycle, nodeName: string): void {
    for (const { plugin } of this.#postBind) {
      // The pod is bound: nothing a PostBind plugin does can change that any more.
      attempt(plugin, () => {
        plugin.postBind(cycle, nodeName);
        return undefined;
      });
    }
  }

  /** True if `event` may make `pod` schedulable for any of the plugins that rejected it. */
  wakes(pod: PodInfo, rejectedBy: ReadonlySet<string>, event: ClusterEvent): boolean {
    if (rejectedBy.size === 0) return true;
    for (const { plugin } of this.#profile.rows) {
      if (!rejectedBy.has(plugin.name)) continue;
      if (!('interests' in plugin)) return true;
      const { interests } = plugin as points.EnqueueExtensions;
      if (interests.some((interest) => hints(interest, pod, event))) return true;
    }
    return false;
  }
}

/** A hint that throws wakes the pod: trying once too often is harmless, never trying is not. */
function hints(interest: points.EventInterest, pod: PodInfo, event: ClusterEvent): boolean {
  if (interest.on !== event.kind) return false;
  try {
    return interest.helps?.(pod, event) ?? true;
  } catch {
    return true;
  }
}

/** Plugins return the same few statuses for thousands of nodes: each is copied once. */
const namedStatuses = new WeakMap<Status, Status>();

function named(status: Status, plugin: points.Plugin): Status {
  if (status.plugin !== undefined) return status;
  let copy = namedStatuses.get(status);
  if (copy?.plugin !== plugin.name) {
    copy = { ...status, plugin: plugin.name };
    namedStatuses.set(status, copy);
  }
  return copy;
}

function attemptAny<R extends object>(
  plugin: points.Plugin,
  run: () => R | Status | undefined,
): R | Status | undefined {
  try {
    const result = run();
    return result !== undefined && 'code' in result ? named(result, plugin) : result;
  } catch (error) {
    return failure(error, plugin.name);
  }
}

function attempt(plugin: points.Plugin, run: () => Status | undefined): Status | undefined {
  return attemptAny<Status>(plugin, run);
}

async function attemptAsync(
  plugin: points.Plugin,
  run: () => Promise<Status | undefined>,
): Promise<Status | undefined> {
  try {
    const status = await run();
    return status === undefined ? undefined : named(status, plugin);
  } catch (error) {
    return failure(error, plugin.name);
  }
}
