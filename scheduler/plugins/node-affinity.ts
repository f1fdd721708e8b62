import {
  matchesNodeAffinity,
  matchesNodeSelector,
  matchesTerm,
} from '../../api/scheduling/node-selector.ts';
import type { Node, NodeSelectorTerm, Pod, NodeAffinity } from '../../api/types/core-v1.ts';
import type {
  EnqueueExtensions,
  FilterPlugin,
  NormalizeScorePlugin,
  PreFilterPlugin,
  PreScorePlugin,
  ScorePlugin,
} from '../framework/interface.ts';
import { skip, unresolvable } from '../framework/status.ts';
import { normalize } from './normalize.ts';

const mismatch = unresolvable("node(s) didn't match Pod's node affinity/selector");

const contradiction = unresolvable('pod affinity terms conflict');

const affinityOf = (pod: Pod) => pod.spec.affinity?.nodeAffinity;

/** Requirements of one term hold together. */
function namesIn({ matchFields = [] }: NodeSelectorTerm): readonly string[] | undefined {
  return matchFields
    .filter(({ key, operator }) => key === 'metadata.name' && operator === 'In')
    .map(({ values = [] }) => values)
    .reduce<readonly string[] | undefined>(
      (left, names) => left?.filter((name) => names.includes(name)) ?? names,
      undefined,
    );
}

/**
 * The only nodes that can match, if every term names some (terms are alternatives): a
 * DaemonSet's pod is filtered on its own node instead of on all.
 */
function namedNodes(pod: Pod): ReadonlySet<string> | undefined {
  const terms =
    affinityOf(pod)?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  if (terms.length === 0) return undefined;
  const names = new Set<string>();
  for (const term of terms) {
    const named = namesIn(term);
    if (named === undefined) return undefined;
    for (const name of named) names.add(name);
  }
  return names;
}

type Points = PreFilterPlugin &
  FilterPlugin &
  PreScorePlugin &
  ScorePlugin &
  NormalizeScorePlugin &
  EnqueueExtensions;

export interface NodeAffinityArgs {
  /** Holds for every pod of the profile, beside its own affinity. */
  readonly addedAffinity?: NodeAffinity;
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

const addedMismatch = unresolvable("node(s) didn't match scheduler-enforced node affinity");

/** spec.nodeSelector and spec.affinity.nodeAffinity, required and preferred. */
export function nodeAffinity({ addedAffinity }: NodeAffinityArgs = {}): Points {
  const added = addedAffinity?.[REQUIRED];
  const liked = addedAffinity?.[PREFERRED] ?? [];
  const accepts = (pod: Pod, node: Node): boolean =>
    (added === undefined || matchesNodeSelector(added, node)) && matchesNodeAffinity(pod, node);
  const preferences = (pod: Pod) => affinityOf(pod)?.[PREFERRED] ?? [];
  return {
    name: 'NodeAffinity',
    interests: [
      {
        on: 'NodeAdd',
        helps: ({ pod }, event) => event.kind === 'NodeAdd' && accepts(pod, event.node),
      },
      {
        on: 'NodeLabels',
        helps: ({ pod }, event) =>
          event.kind === 'NodeLabels' && accepts(pod, event.node) && !accepts(pod, event.old),
      },
    ],
    preFilter({ pod: { pod } }) {
      if (affinityOf(pod)?.[REQUIRED] === undefined && pod.spec.nodeSelector === undefined)
        return added === undefined ? skip : undefined;
      const nodeNames = namedNodes(pod);
      if (nodeNames?.size === 0) return contradiction;
      return nodeNames === undefined ? undefined : { nodeNames };
    },
    filter({ pod }, { node }) {
      if (added !== undefined && !matchesNodeSelector(added, node)) return addedMismatch;
      return matchesNodeAffinity(pod.pod, node) ? undefined : mismatch;
    },
    sign: ({ pod }) =>
      JSON.stringify([pod.spec.nodeSelector ?? null, affinityOf(pod)?.[REQUIRED] ?? null]),
    preScore: ({ pod }) => (liked.length + preferences(pod.pod).length > 0 ? undefined : skip),
    score({ pod }, { node }) {
      let weight = 0;
      for (const term of liked) if (matchesTerm(term.preference, node)) weight += term.weight;
      for (const term of preferences(pod.pod))
        if (matchesTerm(term.preference, node)) weight += term.weight;
      return weight;
    },
    normalizeScores: (_cycle, scores) => normalize(scores),
  };
}
