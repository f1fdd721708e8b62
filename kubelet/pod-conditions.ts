import type { ContainerStatus, Pod, PodCondition } from '../api/types/core-v1.ts';
import type { Phase, PodFacts } from './pod-facts.ts';

interface Verdict {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason?: string;
  readonly message?: string;
}

interface Circumstances {
  readonly phase: Phase;
  /** In the order of the records. */
  readonly statuses: readonly ContainerStatus[];
  readonly facts: PodFacts;
}

const list = (names: readonly string[]): string => `[${names.join(' ')}]`;

function ended(type: string, phase: Phase): Verdict | undefined {
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  return undefined;
}

function initialized({ phase, statuses, facts }: Circumstances): Verdict {
  const type = 'Initialized';
  if (phase === 'Succeeded') return { type, status: 'True', reason: 'PodCompleted' };
  const begun = facts.records.some((each) => each.kind === 'regular' && each.phase !== 'waiting');
  const incomplete = statuses.filter((status, i) => {
    const { kind } = facts.records[i]!;
    return kind === 'init' ? !status.ready : kind === 'sidecar' && status.started !== true;
  });
  if (incomplete.length === 0 || begun) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: ${list(incomplete.map(({ name }) => name))}`,
  };
}

function containersReady({ phase, statuses, facts }: Circumstances): Verdict {
  const type = 'ContainersReady';
  const over = ended(type, phase);
  if (over !== undefined) return over;
  const unready = statuses.filter(
    (status, i) => ['sidecar', 'regular'].includes(facts.records[i]!.kind) && !status.ready,
  );
  if (unready.length === 0) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: ${list(unready.map(({ name }) => name))}`,
  };
}

/** spec.readinessGates: conditions that others set and that the pod's readiness waits for. */
function closedGates(pod: Pod): string[] {
  const messages: string[] = [];
  for (const { conditionType } of pod.spec.readinessGates ?? []) {
    const gate = JSON.stringify(conditionType);
    const condition = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (condition === undefined)
      messages.push(`corresponding condition of pod readiness gate ${gate} does not exist.`);
    else if (condition.status !== 'True')
      messages.push(
        `the status of pod readiness gate ${gate} is not "True", but ${condition.status}`,
      );
  }
  return messages;
}

function ready(pod: Pod, containers: Verdict): Verdict {
  if (containers.status === 'False') return { ...containers, type: 'Ready' };
  const closed = closedGates(pod);
  if (closed.length === 0) return { type: 'Ready', status: 'True' };
  return {
    type: 'Ready',
    status: 'False',
    reason: 'ReadinessGatesNotReady',
    message: closed.join(', '),
  };
}

/** That the node itself ended the pod for want of something. */
function disruptions({ verdict }: PodFacts): Verdict[] {
  if (verdict?.disrupts !== true) return [];
  const { message } = verdict;
  return [{ type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message }];
}

/** The agent's own conditions, then those of others as they are. */
export function podConditions(pod: Pod, circumstances: Circumstances): PodCondition[] {
  const { facts, phase } = circumstances;
  const containers = containersReady(circumstances);
  const over = phase === 'Succeeded' || phase === 'Failed';
  const sandbox = facts.podIp !== undefined && !over && !facts.terminated;
  const verdicts: Verdict[] = [
    { type: 'PodReadyToStartContainers', status: sandbox ? 'True' : 'False' },
    initialized(circumstances),
    ready(pod, containers),
    containers,
    { type: 'PodScheduled', status: 'True' },
    ...disruptions(facts),
  ];
  const olds = pod.status?.conditions ?? [];
  const { generation } = pod.metadata;
  const own = verdicts.map((verdict): PodCondition => {
    const old = olds.find(({ type }) => type === verdict.type);
    const since = old?.status === verdict.status ? old.lastTransitionTime : undefined;
    const { type, ...rest } = verdict;
    return {
      type,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      ...(old !== undefined && 'lastProbeTime' in old ? { lastProbeTime: old.lastProbeTime } : {}),
      lastTransitionTime: since ?? facts.now,
      ...rest,
    };
  });
  const ours = new Set(verdicts.map(({ type }) => type));
  return [...own, ...olds.filter(({ type }) => !ours.has(type))];
}
