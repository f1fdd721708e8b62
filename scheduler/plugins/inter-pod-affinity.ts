/**
 * spec.affinity.podAffinity and podAntiAffinity, required and preferred. Anti-affinity is
 * symmetric: a pod may not go where a pod already is that does not want it there. What pods
 * already placed prefer counts too, and a required affinity of theirs counts as a preference.
 */
import type { ClusterState } from '../framework/cluster-state.ts';
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
import { allOf, type AffinityTerm } from '../framework/topology/affinity-terms.ts';
import type { DomainCounter } from '../framework/topology/domain-counter.ts';

export interface InterPodAffinityArgs {
  /** What a required affinity of a placed pod is worth to a pod that it means; 0 to 100. */
  readonly hardPodAffinityWeight: number;
  /** Looks only at what the incoming pod prefers. */
  readonly ignorePreferredTermsOfExistingPods: boolean;
}

const defaults: InterPodAffinityArgs = {
  hardPodAffinityWeight: 1,
  ignorePreferredTermsOfExistingPods: false,
};

const affinityMissed = unresolvable("node(s) didn't match pod affinity rules");
const antiAffinityMissed = unschedulable("node(s) didn't match pod anti-affinity rules");
const unwelcome = unschedulable("node(s) didn't satisfy existing pods anti-affinity rules");

interface Required {
  /** Pods that all affinity terms mean, by the domains of each. */
  readonly affinity: readonly DomainCounter[];
  readonly antiAffinity: readonly DomainCounter[];
  /** The pod itself is one of those it wants to be near: the first of its group may go anywhere. */
  readonly meansItself: boolean;
}

interface Weighted {
  readonly counter: DomainCounter;
  readonly weight: number;
}

const requiredKey = stateKey<Required>('InterPodAffinity/required');
const weightedKey = stateKey<readonly Weighted[]>('InterPodAffinity/weighted');

const none: readonly AffinityTerm[] = [];

function required({ pod, cluster: { topology } }: Cycle): Required {
  const wanted = pod.terms?.requiredAffinity ?? none;
  const unwanted = pod.terms?.requiredAntiAffinity ?? none;
  const group = wanted.length === 0 ? undefined : allOf(wanted);
  return {
    affinity: group
      ? wanted.map(({ topologyKey }) => topology.counter({ matcher: group, topologyKey }))
      : [],
    antiAffinity: unwanted.map(({ matcher, topologyKey }) =>
      topology.counter({ matcher, topologyKey }),
    ),
    meansItself: group !== undefined && topology.meansPod(group, pod),
  };
}

function satisfiesAffinity({ affinity, meansItself }: Required, node: NodeInfo): boolean {
  let near = true;
  for (const counter of affinity) {
    if (counter.domainOf(node) === undefined) return false;
    if (counter.countAt(node) === 0) near = false;
  }
  return near || (meansItself && affinity.every(({ total }) => total === 0));
}

function isUnwelcome({ pod, cluster }: Cycle, node: NodeInfo): boolean {
  for (const { counter } of cluster.topology.heldAgainst(pod, 'requiredAntiAffinity'))
    if (counter.countAt(node) > 0) return true;
  return false;
}

/** What each domain is worth to the pod, by counters that are not empty. */
function weighted({ pod, cluster: { topology } }: Cycle, args: InterPodAffinityArgs): Weighted[] {
  const found: Weighted[] = [];
  const add = (counter: DomainCounter, weight: number): void => {
    if (weight !== 0 && counter.total > 0) found.push({ counter, weight });
  };
  for (const { matcher, topologyKey, weight } of pod.terms?.preferred ?? none)
    add(topology.counter({ matcher, topologyKey }), weight);
  for (const { counter } of topology.heldAgainst(pod, 'requiredAffinity'))
    add(counter, args.hardPodAffinityWeight);
  if (!args.ignorePreferredTermsOfExistingPods)
    for (const { term, counter } of topology.heldAgainst(pod, 'preferred'))
      add(counter, term.weight);
  return found;
}

/** In place, to [0, 100]: the lowest score becomes 0, the highest 100. */
function spreadOut(scores: Float64Array): void {
  let min = Infinity;
  let max = -Infinity;
  for (const score of scores) {
    if (score < min) min = score;
    if (score > max) max = score;
  }
  const span = max - min;
  for (let i = 0; i < scores.length; i++)
    scores[i] = span > 0 ? Math.floor((MAX_NODE_SCORE * (scores[i]! - min)) / span) : 0;
}

/** A pod that came, left or changed its labels matters if one of the two means the other. */
function concerns(waiting: PodInfo, event: ClusterEvent, cluster: ClusterState): boolean {
  if (!('pod' in event)) return false;
  const other = event.pod;
  const { topology } = cluster;
  const means = (terms: readonly AffinityTerm[] | undefined, pod: PodInfo): boolean =>
    terms?.some(({ matcher }) => topology.meansPod(matcher, pod)) ?? false;
  const isWanted = means(waiting.terms?.requiredAffinity, other);
  const inTheWay =
    means(waiting.terms?.requiredAntiAffinity, other) ||
    means(other.terms?.requiredAntiAffinity, waiting);
  switch (event.kind) {
    case 'AssignedPodAdd':
      return isWanted;
    case 'AssignedPodDelete':
      // Without the last of its group a pod may become the first of it.
      return inTheWay || isWanted;
    default:
      return true;
  }
}

type Points = PreFilterPlugin &
  FilterPlugin &
  PreScorePlugin &
  ScorePlugin &
  NormalizeScorePlugin &
  EnqueueExtensions;

export function interPodAffinity(given: Partial<InterPodAffinityArgs> = {}): Points {
  const args = { ...defaults, ...given };
  return {
    name: 'InterPodAffinity',
    interests: [
      { on: 'AssignedPodAdd', helps: concerns },
      { on: 'AssignedPodLabels' },
      { on: 'AssignedPodDelete', helps: concerns },
      { on: 'NodeAdd' },
      // With the node goes what is on it, from the domains of its labels.
      { on: 'NodeDelete' },
      { on: 'NodeLabels' },
      { on: 'NamespaceLabels' },
    ],
    preFilter(cycle) {
      const { pod, cluster } = cycle;
      const ownTerms =
        pod.terms !== undefined &&
        pod.terms.requiredAffinity.length + pod.terms.requiredAntiAffinity.length > 0;
      if (!ownTerms && cluster.topology.heldAgainst(pod, 'requiredAntiAffinity').length === 0)
        return skip;
      cycle.state.write(requiredKey, required(cycle));
      return undefined;
    },
    filter(cycle, node) {
      const state = cycle.state.read(requiredKey)!;
      if (state.affinity.length > 0 && !satisfiesAffinity(state, node)) return affinityMissed;
      for (const counter of state.antiAffinity)
        if (counter.countAt(node) > 0) return antiAffinityMissed;
      return isUnwelcome(cycle, node) ? unwelcome : undefined;
    },
    preScore(cycle) {
      const found = weighted(cycle, args);
      if (found.length === 0) return skip;
      cycle.state.write(weightedKey, found);
      return undefined;
    },
    score(cycle, node) {
      let score = 0;
      for (const { counter, weight } of cycle.state.read(weightedKey)!)
        score += weight * counter.countAt(node);
      return score;
    },
    normalizeScores: (_cycle, scores) => spreadOut(scores),
  };
}
