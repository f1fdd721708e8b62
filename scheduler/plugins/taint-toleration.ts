import { findUntolerated, tolerated } from '../../api/scheduling/tolerations.ts';
import { jsonText } from '../../platform/json-text.ts';
import type { ClusterEvent } from '../framework/events.ts';
import type {
  EnqueueExtensions,
  FilterPlugin,
  NormalizeScorePlugin,
  PreScorePlugin,
  ScorePlugin,
} from '../framework/interface.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { Reasons, skip } from '../framework/status.ts';
import { normalizeReversed } from './normalize.ts';

const rejections = new Reasons();

const helps = ({ pod }: PodInfo, event: ClusterEvent): boolean =>
  'node' in event && findUntolerated(event.node.spec.taints, pod.spec.tolerations) === undefined;

const discourages = ({ node }: NodeInfo): boolean =>
  node.spec.taints?.some(({ effect }) => effect === 'PreferNoSchedule') ?? false;

type Points = FilterPlugin &
  PreScorePlugin &
  ScorePlugin &
  NormalizeScorePlugin &
  EnqueueExtensions;

/** NoSchedule and NoExecute keep pods off; fewer untolerated PreferNoSchedule taints are better. */
export const taintToleration: Points = {
  name: 'TaintToleration',
  interests: [
    { on: 'NodeAdd', helps },
    { on: 'NodeTaints', helps },
  ],
  filter({ pod }, { node }) {
    const { taints } = node.spec;
    if (taints === undefined || taints.length === 0) return undefined;
    const taint = findUntolerated(taints, pod.pod.spec.tolerations);
    if (taint === undefined) return undefined;
    const reason = `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
    return rejections.get('UnschedulableAndUnresolvable', [reason]);
  },
  sign: ({ pod }) => jsonText(pod.spec.tolerations ?? []),
  // Equal scores everywhere change no decision.
  preScore: (_cycle, nodes) => (nodes.some(discourages) ? undefined : skip),
  score({ pod }, { node }) {
    const { tolerations } = pod.pod.spec;
    let untolerated = 0;
    for (const taint of node.spec.taints ?? [])
      if (taint.effect === 'PreferNoSchedule' && !tolerated(taint, tolerations)) untolerated++;
    return untolerated;
  },
  normalizeScores: (_cycle, scores) => normalizeReversed(scores),
};
