/**
 * spec.topologySpreadConstraints (KEP-895): pods that a selector means are spread evenly over the
 * values of a node label. DoNotSchedule filters, ScheduleAnyway scores.
 */
import { matchesNodeAffinity } from '../../api/scheduling/node-selector.ts';
import { findUntolerated } from '../../api/scheduling/tolerations.ts';
import type { Node, Pod, TopologySpreadConstraint } from '../../api/types/core-v1.ts';
import { stateKey } from '../framework/cycle-state.ts';
import type { ClusterEvent } from '../framework/events.ts';
import {
  MAX_NODE_SCORE,
  type Cycle,
  type EnqueueExtensions,
  type FilterPlugin,
  type NormalizeScorePlugin,
  type PreFilterPlugin,
  type PreScorePlugin,
  type ScorePlugin,
} from '../framework/interface.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { skip, unresolvable, unschedulable } from '../framework/status.ts';
import { spreadMatcher } from '../framework/topology/affinity-terms.ts';
import type { DomainCounter } from '../framework/topology/domain-counter.ts';
import type { LabelClass } from '../framework/topology/label-class.ts';
import {
  constraintsBy,
  type Constraints,
  type PodTopologySpreadArgs,
  type SelectorOf,
} from './spread-constraints.ts';

const uneven = unschedulable("node(s) didn't match pod topology spread constraints");
const labelMissing = unresolvable(
  "node(s) didn't match pod topology spread constraints (missing required label)",
);

const HOSTNAME = 'kubernetes.io/hostname';

interface Hard {
  readonly counter: DomainCounter;
  readonly maxSkew: number;
  readonly minDomains: number;
  /** 1 if the pod itself is one of those it spreads among. */
  readonly self: number;
}

interface Soft {
  readonly topologyKey: string;
  readonly counter: DomainCounter;
  readonly maxSkew: number;
  /** Domains weigh less the more of them there are. */
  readonly weight: number;
}

interface SoftState {
  readonly constraints: readonly Soft[];
  /** Nodes without one of the labels: they score 0 whatever the others get. */
  readonly ignored: ReadonlySet<NodeInfo>;
  readonly nodes: readonly NodeInfo[];
}

const hardKey = stateKey<readonly Hard[]>('PodTopologySpread/hard');
const softKey = stateKey<SoftState>('PodTopologySpread/soft');

const hasLabels = (node: Node, keys: readonly string[]): boolean => {
  for (const key of keys) if (node.metadata.labels?.[key] === undefined) return false;
  return true;
};

/** Which nodes count for a constraint: nodeAffinityPolicy Honor and nodeTaintsPolicy Ignore. */
function inclusion(pod: Pod, constraint: TopologySpreadConstraint, keys: readonly string[]) {
  const { nodeAffinityPolicy = 'Honor', nodeTaintsPolicy = 'Ignore' } = constraint;
  const { nodeSelector, affinity, tolerations } = pod.spec;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const byAffinity =
    nodeAffinityPolicy === 'Honor' && (nodeSelector !== undefined || required !== undefined);
  const byTaints = nodeTaintsPolicy === 'Honor';
  const includesKey = JSON.stringify([
    keys,
    byAffinity ? [nodeSelector ?? null, required ?? null] : null,
    byTaints ? (tolerations ?? []) : null,
  ]);
  const includes = (node: Node): boolean =>
    hasLabels(node, keys) &&
    (!byAffinity || matchesNodeAffinity(pod, node)) &&
    (!byTaints || findUntolerated(node.spec.taints, tolerations) === undefined);
  return { includes, includesKey };
}

function hard({ pod, cluster: { topology } }: Cycle, constraints: Constraints['list']): Hard[] {
  const keys = constraints.map(({ topologyKey }) => topologyKey).sort();
  return constraints.map((constraint) => {
    const { topologyKey, labelSelector, maxSkew, minDomains = 1 } = constraint;
    const matcher = spreadMatcher(pod.labelClass.namespace, labelSelector);
    return {
      counter: topology.counter({ matcher, topologyKey, ...inclusion(pod.pod, constraint, keys) }),
      maxSkew,
      minDomains,
      self: topology.meansPod(matcher, pod) ? 1 : 0,
    };
  });
}

/** Too few domains count as if another one stood empty: the pod waits for it to come. */
function lowest({ counter, minDomains }: Hard): number {
  return counter.domains < minDomains ? 0 : (counter.lowest ?? Infinity);
}

function soft(
  { pod, cluster: { topology } }: Cycle,
  nodes: readonly NodeInfo[],
  constraints: Constraints,
): SoftState {
  const keys = constraints.lenient ? [] : constraints.list.map(({ topologyKey }) => topologyKey);
  keys.sort();
  const ignored = new Set(nodes.filter(({ node }) => !hasLabels(node, keys)));
  const scored = constraints.list.map((constraint): Soft => {
    const { topologyKey, labelSelector, maxSkew } = constraint;
    const matcher = spreadMatcher(pod.labelClass.namespace, labelSelector);
    const perNode = topologyKey === HOSTNAME;
    const counter = perNode
      ? topology.counter({ matcher, topologyKey: undefined })
      : topology.counter({ matcher, topologyKey, ...inclusion(pod.pod, constraint, keys) });
    const domains = perNode
      ? nodes.length - ignored.size
      : new Set(nodes.filter((node) => !ignored.has(node)).map((node) => counter.domainOf(node)))
          .size;
    return { topologyKey, counter, maxSkew, weight: Math.log(domains + 2) };
  });
  return { constraints: scored, ignored, nodes };
}

/** In place: fewer pods are better. Nodes without the labels get 0. */
function normalize(scores: Float64Array, { ignored, nodes }: SoftState): void {
  let min = Infinity;
  let max = 0;
  for (let i = 0; i < scores.length; i++) {
    if (ignored.has(nodes[i]!)) continue;
    min = Math.min(min, scores[i]!);
    max = Math.max(max, scores[i]!);
  }
  for (let i = 0; i < scores.length; i++) {
    if (ignored.has(nodes[i]!)) scores[i] = 0;
    else if (max === 0) scores[i] = MAX_NODE_SCORE;
    else scores[i] = Math.floor((MAX_NODE_SCORE * (max + min - scores[i]!)) / max);
  }
}

/** Only pods that a constraint counts can change its skew, and only nodes that have its label. */
function mayHelp(
  { namespace }: LabelClass,
  event: ClusterEvent,
  constraints: Constraints['list'],
): boolean {
  if ('pod' in event) {
    const live = { ...event.pod.labelClass, terminating: false };
    return constraints.some(({ labelSelector }) =>
      spreadMatcher(namespace, labelSelector).matches(live, () => undefined),
    );
  }
  if (!('node' in event)) return true;
  const keys = constraints.map(({ topologyKey }) => topologyKey);
  return hasLabels(event.node, keys) || ('old' in event && hasLabels(event.old, keys));
}

type Points = PreFilterPlugin &
  FilterPlugin &
  PreScorePlugin &
  ScorePlugin &
  NormalizeScorePlugin &
  EnqueueExtensions;

export function podTopologySpread(
  args: PodTopologySpreadArgs = {},
  selectorOf: SelectorOf = () => undefined,
): Points {
  const constraintsOf = constraintsBy(args, selectorOf);
  const helps = ({ pod, labelClass }: PodInfo, event: ClusterEvent): boolean =>
    mayHelp(labelClass, event, constraintsOf(pod, 'DoNotSchedule').list);
  return {
    name: 'PodTopologySpread',
    interests: [
      { on: 'AssignedPodAdd', helps },
      { on: 'AssignedPodLabels' },
      { on: 'AssignedPodDelete', helps },
      { on: 'NodeAdd', helps },
      { on: 'NodeDelete', helps },
      { on: 'NodeLabels', helps },
      { on: 'NodeTaints', helps },
    ],
    preFilter(cycle) {
      const { list } = constraintsOf(cycle.pod.pod, 'DoNotSchedule');
      if (list.length === 0) return skip;
      cycle.state.write(hardKey, hard(cycle, list));
      return undefined;
    },
    filter(cycle, node) {
      for (const constraint of cycle.state.read(hardKey)!) {
        const { counter, maxSkew, self } = constraint;
        if (counter.domainOf(node) === undefined) return labelMissing;
        if (counter.countAt(node) + self - lowest(constraint) > maxSkew) return uneven;
      }
      return undefined;
    },
    preScore(cycle, nodes) {
      const constraints = constraintsOf(cycle.pod.pod, 'ScheduleAnyway');
      if (constraints.list.length === 0) return skip;
      cycle.state.write(softKey, soft(cycle, nodes, constraints));
      return undefined;
    },
    score(cycle, info) {
      const { constraints, ignored } = cycle.state.read(softKey)!;
      if (ignored.has(info)) return 0;
      let score = 0;
      for (const { topologyKey, counter, maxSkew, weight } of constraints)
        if (info.node.metadata.labels?.[topologyKey] !== undefined)
          score += counter.countAt(info) * weight + (maxSkew - 1);
      return Math.round(score);
    },
    normalizeScores: (cycle, scores) => normalize(scores, cycle.state.read(softKey)!),
  };
}
