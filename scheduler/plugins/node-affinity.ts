import { matchesNodeAffinity, matchesTerm } from '../../api/scheduling/node-selector.ts';
import type { NodeSelectorTerm, Pod } from '../../api/types/core-v1.ts';
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

const affinityOf = (pod: Pod) => pod.spec.affinity?.nodeAffinity;

function namesIn(term: NodeSelectorTerm): readonly string[] | undefined {
  const field = term.matchFields?.find(
    ({ key, operator }) => key === 'metadata.name' && operator === 'In',
  );
  return field?.values;
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

/** spec.nodeSelector and spec.affinity.nodeAffinity, required and preferred. */
export const nodeAffinity: Points = {
  name: 'NodeAffinity',
  interests: [
    {
      on: 'NodeAdd',
      helps: ({ pod }, event) => event.kind === 'NodeAdd' && matchesNodeAffinity(pod, event.node),
    },
    {
      on: 'NodeLabels',
      helps: ({ pod }, event) =>
        event.kind === 'NodeLabels' &&
        matchesNodeAffinity(pod, event.node) &&
        !matchesNodeAffinity(pod, event.old),
    },
  ],
  preFilter({ pod: { pod } }) {
    const required = affinityOf(pod)?.requiredDuringSchedulingIgnoredDuringExecution;
    if (required === undefined && pod.spec.nodeSelector === undefined) return skip;
    const nodeNames = namedNodes(pod);
    return nodeNames === undefined ? undefined : { nodeNames };
  },
  filter: ({ pod }, { node }) => (matchesNodeAffinity(pod.pod, node) ? undefined : mismatch),
  preScore: ({ pod }) =>
    affinityOf(pod.pod)?.preferredDuringSchedulingIgnoredDuringExecution?.length ? undefined : skip,
  score({ pod }, { node }) {
    let weight = 0;
    for (const term of affinityOf(pod.pod)?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
      if (matchesTerm(term.preference, node)) weight += term.weight;
    return weight;
  },
  normalizeScores: (_cycle, scores) => normalize(scores),
};
