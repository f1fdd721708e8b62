import { assert } from '../../platform/assert.ts';
import type { ClusterState } from './cluster-state.ts';
import { CycleState } from './cycle-state.ts';
import type { ClusterEvent, ClusterEventKind } from './events.ts';
import { Filtering, Verdicts } from './filtering.ts';
import * as points from './interface.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import { methodOf, type ExtensionPoint, type Profile } from './profile.ts';
import { QueueingHints } from './queueing-hints.ts';
import { failedWhile, failure, namedBy, type Status } from './status.ts';
import { NodeMemos, signatureOf } from './verdict-memo.ts';

type With<P extends points.Plugin> = readonly { readonly plugin: P; readonly weight: number }[];

/** Hears of each attempt to place a pod. */
export interface Attempts {
  begin(): void;
  end(): void;
}

/** Plugins whose PreFilter or PreScore said Skip for this pod. */
export type Skipped = ReadonlySet<points.Plugin>;

/** The outcome of PreFilter for one pod. */
export type PreFiltered =
  | { readonly rejected: Status }
  | { readonly skipped: Skipped; readonly nodeNames?: ReadonlySet<string> };

/** The plugins of one point: the profile's own list for it, or all that have its method. */
function rowsAt<P extends points.Plugin>(profile: Profile, point: ExtensionPoint): With<P> {
  const rows = profile.at?.[point] ?? profile.rows;
  return rows
    .filter(({ plugin }) => methodOf[point] in plugin)
    .map(({ plugin, weight = 1 }) => ({ plugin: plugin as P, weight }));
}

function intersection(
  a: ReadonlySet<string> | undefined,
  b: ReadonlySet<string>,
): ReadonlySet<string> {
  return a === undefined ? b : new Set([...a].filter((name) => b.has(name)));
}

export type Bounded = (
  plugin: points.PreBindPlugin,
  answer: Promise<Status | undefined>,
) => Promise<Status | undefined>;

/** What PostFilter plugins said one after another. */
class PostFilterOutcome {
  #messages: string[] = [];
  #withdrawn = false;
  /** A plugin failed, or nothing can help: the others are not asked, and only it is quoted. */
  #ended = false;

  get ended(): boolean {
    return this.#ended;
  }

  /** True if this is the end: room is being made. */
  note(said: points.PostFilterResult | points.Verdict): said is points.PostFilterResult {
    if (said === undefined) return false;
    if ('code' in said) {
      if (said.code === 'Error' || said.code === 'UnschedulableAndUnresolvable') {
        this.#ended = true;
        this.#messages = [];
      }
      this.#messages.push(...said.reasons);
      return false;
    }
    if (said.nominatedNodeName) return true;
    this.#withdrawn ||= said.nominatedNodeName === '';
    if (said.message !== '') this.#messages.push(said.message);
    return false;
  }

  result(): points.PostFilterResult {
    const message = this.#messages.join(', ');
    return this.#withdrawn ? { message, nominatedNodeName: '' } : { message };
  }
}

/** Runs a profile's plugins point by point, and turns what they throw into a status. */
export class Framework {
  readonly schedulerName: string;
  readonly percentageOfNodesToScore: number | undefined;
  readonly #attempts: Attempts | undefined;
  readonly #hints: QueueingHints;
  readonly #preEnqueue: With<points.PreEnqueuePlugin>;
  readonly #queueSort: points.QueueSortPlugin;
  readonly #preFilter: With<points.PreFilterPlugin>;
  readonly #filter: readonly points.FilterPlugin[];
  readonly #verdicts = new NodeMemos((nodes) => new Verdicts(nodes));
  readonly #postFilter: With<points.PostFilterPlugin>;
  readonly #preScore: With<points.PreScorePlugin>;
  readonly #score: With<points.ScorePlugin & Partial<points.NormalizeScorePlugin>>;
  readonly #reserve: With<points.ReservePlugin>;
  readonly #permit: With<points.PermitPlugin>;
  readonly #preBind: With<points.PreBindPlugin>;
  readonly #bind: With<points.BindPlugin>;
  readonly #postBind: With<points.PostBindPlugin>;

  /** `attempts` is told when one begins and when its scheduling cycle is over. */
  constructor(profile: Profile, cluster: ClusterState, attempts?: Attempts) {
    const { schedulerName } = profile;
    this.#attempts = attempts;
    this.schedulerName = schedulerName;
    this.percentageOfNodesToScore = profile.percentageOfNodesToScore;
    const everywhere = [...profile.rows, ...Object.values(profile.at ?? {}).flat()];
    this.#hints = new QueueingHints(everywhere, cluster);
    this.#preEnqueue = rowsAt(profile, 'preEnqueue');
    const sorts = rowsAt<points.QueueSortPlugin>(profile, 'queueSort');
    assert(sorts.length === 1, `profile ${schedulerName} needs exactly one QueueSort plugin`);
    this.#queueSort = sorts[0]!.plugin;
    this.#preFilter = rowsAt(profile, 'preFilter');
    this.#filter = rowsAt<points.FilterPlugin>(profile, 'filter').map(({ plugin }) => plugin);
    this.#postFilter = rowsAt(profile, 'postFilter');
    this.#preScore = rowsAt(profile, 'preScore');
    this.#score = rowsAt(profile, 'score');
    this.#reserve = rowsAt(profile, 'reserve');
    this.#permit = rowsAt(profile, 'permit');
    this.#preBind = rowsAt(profile, 'preBind');
    this.#bind = rowsAt(profile, 'bind');
    assert(this.#bind.length > 0, `profile ${schedulerName} needs a Bind plugin`);
    this.#postBind = rowsAt(profile, 'postBind');
  }

  begin(): void {
    this.#attempts?.begin();
  }

  end(): void {
    this.#attempts?.end();
  }

  preEnqueue(pod: PodInfo): Status | undefined {
    for (const { plugin } of this.#preEnqueue) {
      const status = attempt(undefined, plugin, () => plugin.preEnqueue(pod));
      if (status !== undefined) return status;
    }
    return undefined;
  }

  goesFirst(a: points.Queued, b: points.Queued): boolean {
    try {
      return this.#queueSort.goesFirst(a, b);
    } catch {
      // The queue must have an order.
      return a.queuedAt < b.queuedAt;
    }
  }

  newCycle(pod: PodInfo, cluster: ClusterState): points.Cycle {
    return { pod, state: new CycleState(), nodes: cluster.nodes, cluster };
  }

  preFilter(cycle: points.Cycle): PreFiltered {
    const skipped = new Set<points.Plugin>();
    let nodeNames: ReadonlySet<string> | undefined;
    for (const { plugin } of this.#preFilter) {
      const result = attemptAny('running PreFilter plugin', plugin, () => plugin.preFilter(cycle));
      if (result === undefined) continue;
      if ('nodeNames' in result) nodeNames = intersection(nodeNames, result.nodeNames);
      else if (result.code === 'Skip') skipped.add(plugin);
      else return { rejected: result };
    }
    return nodeNames === undefined ? { skipped } : { skipped, nodeNames };
  }

  /** Filtering for one pod, by the plugins that still have a say on it after PreFilter. */
  filtering(cycle: points.Cycle, skipped: Skipped): Filtering {
    const filters =
      skipped.size === 0 ? this.#filter : this.#filter.filter((each) => !skipped.has(each));
    const extensions = this.#extensionsBut(skipped);
    const signature = signatureOf(cycle.pod, filters);
    const verdicts = this.#verdicts.of(signature.text, cycle.nodes);
    return new Filtering(cycle, filters, { extensions, signature, verdicts });
  }

  #extensionsBut(skipped: Skipped): readonly points.PreFilterExtensions[] {
    const extensions: points.PreFilterExtensions[] = [];
    for (const { plugin } of this.#preFilter)
      if ('podAdded' in plugin && !skipped.has(plugin))
        extensions.push(plugin as points.Plugin as points.PreFilterExtensions);
    return extensions;
  }

  /** Every PostFilter's message, joined, up to the first that makes room for the pod. */
  postFilter(
    cycle: points.Cycle,
    rejected: points.Rejected,
  ): points.MaybePromise<points.PostFilterResult> {
    return this.#postFilterFrom(0, new PostFilterOutcome(), { cycle, rejected });
  }

  #postFilterFrom(
    first: number,
    outcome: PostFilterOutcome,
    call: { readonly cycle: points.Cycle; readonly rejected: points.Rejected },
  ): points.MaybePromise<points.PostFilterResult> {
    for (let i = first; i < this.#postFilter.length && !outcome.ended; i++) {
      const { plugin } = this.#postFilter[i]!;
      const result = attemptAny(undefined, plugin, () =>
        plugin.postFilter(call.cycle, call.rejected),
      );
      if (result instanceof Promise)
        return result
          .catch((error: unknown) => failure(error, plugin.name))
          .then((later) =>
            outcome.note(later) ? later : this.#postFilterFrom(i + 1, outcome, call),
          );
      if (outcome.note(result)) return result;
    }
    return outcome.result();
  }

  /** Weighted totals in the order of `nodes`, or why scoring failed. */
  score(cycle: points.Cycle, nodes: readonly NodeInfo[]): Float64Array | Status {
    const skipped = new Set<points.Plugin>();
    for (const { plugin } of this.#preScore) {
      const status = attempt('running PreScore plugin', plugin, () =>
        plugin.preScore(cycle, nodes),
      );
      if (status === undefined) continue;
      if (status.code !== 'Skip') return status;
      skipped.add(plugin);
    }
    const totals = new Float64Array(nodes.length);
    const scores = new Float64Array(nodes.length);
    for (const { plugin, weight } of this.#score) {
      if (skipped.has(plugin)) continue;
      let doing = 'running Score plugins';
      try {
        for (let i = 0; i < nodes.length; i++) scores[i] = plugin.score(cycle, nodes[i]!);
        doing = 'running Normalize on Score plugins';
        plugin.normalizeScores?.(cycle, scores);
      } catch (error) {
        const what = `${doing}: plugin "${plugin.name}" failed with`;
        return failedWhile(what, failure(error, plugin.name));
      }
      for (let i = 0; i < nodes.length; i++) {
        const score = scores[i]!;
        if (!(score >= 0 && score <= points.MAX_NODE_SCORE)) return outOfRange(plugin, score);
        totals[i]! += weight * score;
      }
    }
    return totals;
  }

  /** Reserves in order; on a rejection whatever was reserved is given back. */
  reserve(cycle: points.Cycle, node: NodeInfo): Status | undefined {
    for (const { plugin } of this.#reserve) {
      const status = attempt('running Reserve plugin', plugin, () => plugin.reserve(cycle, node));
      if (status === undefined) continue;
      this.unreserve(cycle, node);
      return status;
    }
    return undefined;
  }

  unreserve(cycle: points.Cycle, node: NodeInfo): void {
    for (const { plugin } of this.#reserve.toReversed())
      attempt(undefined, plugin, () => {
        plugin.unreserve(cycle, node);
        return undefined;
      });
  }

  /** What has to be awaited before binding, or a rejection. */
  permit(cycle: points.Cycle, node: NodeInfo): Status | readonly points.PendingPermit[] {
    const pending: points.PendingPermit[] = [];
    for (const { plugin } of this.#permit) {
      const result = attemptAny('running Permit plugin', plugin, () => plugin.permit(cycle, node));
      if (result === undefined) continue;
      if ('code' in result) return result;
      pending.push(result);
    }
    return pending;
  }

  /** False: `preBind` has nothing to do; a status: the pod must not be bound. */
  preBinds(cycle: points.Cycle, nodeName: string): Status | boolean {
    let some = false;
    for (const { plugin } of this.#preBind) {
      const status = attempt('running PreBindPreFlight', plugin, () =>
        plugin.preBindPreFlight?.(cycle, nodeName),
      );
      if (status?.code === 'Skip') continue;
      if (status !== undefined) return status;
      some = true;
    }
    return some;
  }

  /** `bounded` answers for a plugin that takes longer than it may. */
  async preBind(
    cycle: points.Cycle,
    nodeName: string,
    bounded: Bounded,
  ): Promise<Status | undefined> {
    for (const { plugin } of this.#preBind) {
      const answer = attemptAsync('running PreBind plugin', plugin, () =>
        plugin.preBind(cycle, nodeName),
      );
      const status = await bounded(plugin, answer);
      if (status !== undefined) return status;
    }
    return undefined;
  }

  async bind(cycle: points.Cycle, nodeName: string): Promise<Status | undefined> {
    for (const { plugin } of this.#bind) {
      const status = await attemptAsync('running Bind plugin', plugin, () =>
        plugin.bind(cycle, nodeName),
      );
      if (status?.code !== 'Skip') return status;
    }
    return failure(new Error(`no plugin binds pod ${cycle.pod.key}`));
  }

  postBind(cycle: points.Cycle, nodeName: string): void {
    for (const { plugin } of this.#postBind) {
      // The pod is bound: nothing a PostBind plugin does can change that any more.
      attempt(undefined, plugin, () => {
        plugin.postBind(cycle, nodeName);
        return undefined;
      });
    }
  }

  /** True if `event` may make `pod` schedulable for any of the plugins that rejected it. */
  wakes(pod: PodInfo, rejectedBy: ReadonlySet<string>, event: ClusterEvent): boolean {
    return this.#hints.wakes(pod, rejectedBy, event);
  }

  /** False: no pod rejected by these plugins alone is woken by events of this kind. */
  heeds(rejectedBy: ReadonlySet<string>, kind: ClusterEventKind): boolean {
    return this.#hints.heeds(rejectedBy, kind);
  }
}

function outOfRange(plugin: points.Plugin, score: number): Status {
  const range = `[0, ${points.MAX_NODE_SCORE}] after normalizing`;
  const when = 'applying score defaultWeights on Score plugins';
  const what = `${when}: plugin "${plugin.name}" returns an invalid score ${score}`;
  return failure(new Error(`${what}, it should in the range of ${range}`), plugin.name);
}

/** `doing` is said with a failure, before the plugin's name; undefined: nothing is. */
function attemptAny<R extends object>(
  doing: string | undefined,
  plugin: points.Plugin,
  run: () => R | Status | undefined,
): R | Status | undefined {
  try {
    const result = run();
    return result !== undefined && 'code' in result ? named(doing, plugin, result) : result;
  } catch (error) {
    return named(doing, plugin, failure(error));
  }
}

function attempt(
  doing: string | undefined,
  plugin: points.Plugin,
  run: () => Status | undefined,
): Status | undefined {
  return attemptAny<Status>(doing, plugin, run);
}

function named(doing: string | undefined, { name }: points.Plugin, status: Status): Status {
  const told = doing === undefined ? status : failedWhile(`${doing} "${name}"`, status);
  return namedBy(told, name);
}

async function attemptAsync(
  doing: string,
  plugin: points.Plugin,
  run: () => Promise<Status | undefined>,
): Promise<Status | undefined> {
  try {
    const status = await run();
    return status === undefined ? undefined : named(doing, plugin, status);
  } catch (error) {
    return named(doing, plugin, failure(error));
  }
}
