/**
 * What came of the search for a node. A pod that fits nowhere is told why, in Kubernetes' words,
 * after PostFilter plugins had their chance to make room for it.
 */
import type { Framework } from './framework/framework.ts';
import { histogram, noneAvailable } from './framework/histogram.ts';
import type {
  Cycle,
  MaybePromise,
  PostFilterResult,
  Rejected,
  Trial,
} from './framework/interface.ts';
import type { NodeInfo } from './framework/node-info.ts';
import { isRejection, unresolvable, type Status } from './framework/status.ts';

export type Selection =
  /** `cycle` is the one that saw the node as it is now. */
  | { readonly kind: 'node'; readonly node: NodeInfo; readonly cycle: Cycle }
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

/** No change on trial helps a pod that PreFilter rejected: its filters have nothing to go by. */
const noTrial: Trial = {
  add() {},
  remove() {},
  refusesWith: () => true,
  filter: () => unresolvable(),
};

/** PreFilter rejected the pod: no node was asked. */
export function rejectEverywhere(
  framework: Framework,
  cycle: Cycle,
  status: Status,
): MaybePromise<Selection> {
  if (!isRejection(status)) return { kind: 'failed', status };
  const everywhere = unresolvableCopy(status);
  const statuses = new Map(cycle.nodes.map((node) => [node.name, everywhere]));
  const after = framework.postFilter(cycle, { statuses, trial: noTrial });
  return rejectedAfter(cycle, after, {
    reasons: status.reasons.join(', '),
    rejectedBy: pluginsOf([status]),
  });
}

/** What PreFilter says of the pod itself, evicting others from nodes does not change. */
const unresolvableCopy = (status: Status): Status => ({
  ...status,
  code: 'UnschedulableAndUnresolvable',
});

/** Each node has rejected the pod. */
export function reject(
  framework: Framework,
  cycle: Cycle,
  rejected: Rejected,
): MaybePromise<Selection> {
  const { statuses } = rejected;
  return rejectedAfter(cycle, framework.postFilter(cycle, rejected), {
    reasons: histogram(reasonCounts(statuses.values())),
    rejectedBy: pluginsOf(statuses.values()),
  });
}

function rejectedAfter(
  cycle: Cycle,
  after: MaybePromise<PostFilterResult>,
  why: { readonly reasons: string; readonly rejectedBy: ReadonlySet<string> },
): MaybePromise<Selection> {
  if (after instanceof Promise) return after.then((result) => rejectedAfter(cycle, result, why));
  const message = unavailable(cycle, why.reasons, after.message);
  return { kind: 'rejected', message, rejectedBy: why.rejectedBy, ...nomination(after) };
}

function nomination({ nominatedNodeName, makeRoom }: PostFilterResult) {
  return {
    ...(nominatedNodeName === undefined ? {} : { nominatedNodeName }),
    ...(makeRoom === undefined ? {} : { makeRoom }),
  };
}

/**
 * Statuses are shared by the nodes they hold for: counting them first saves most of the work, and
 * runs of the same one the rest.
 */
function reasonCounts(statuses: Iterable<Status>): Map<string, number> {
  const nodes = new Map<Status, number>();
  let current: Status | undefined;
  let run = 0;
  const endRun = (): void => {
    if (current !== undefined) nodes.set(current, (nodes.get(current) ?? 0) + run);
  };
  for (const status of statuses) {
    if (status !== current) {
      endRun();
      current = status;
      run = 0;
    }
    run++;
  }
  endRun();
  const counts = new Map<string, number>();
  for (const [status, count] of nodes)
    for (const reason of status.reasons) counts.set(reason, (counts.get(reason) ?? 0) + count);
  return counts;
}

function pluginsOf(statuses: Iterable<Status>): Set<string> {
  const plugins = new Set<string>();
  let last: string | undefined;
  for (const { plugin } of statuses) {
    if (plugin === undefined || plugin === last) continue;
    plugins.add(plugin);
    last = plugin;
  }
  return plugins;
}

/** Kubernetes' FitError. */
function unavailable(cycle: Cycle, reasons: string, after: string): string {
  const message = noneAvailable(cycle.nodes.length, reasons);
  return after === '' ? message : `${message} ${after}`;
}
