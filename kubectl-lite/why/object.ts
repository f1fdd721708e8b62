/** Why an object other than a pod is not as it should be: its conditions, generation, deletion. */
import type { KubernetesObject } from '../../api/meta.ts';
import { adviceOn } from './advice.ts';
import { deletionFindings } from './deletion.ts';
import type { Told } from './finding.ts';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

type Observed = KubernetesObject & {
  readonly spec?: {
    readonly paused?: boolean;
    readonly suspend?: boolean;
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly key: string; readonly effect: string }[];
    readonly replicas?: number;
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly Condition[];
    readonly phase?: string;
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly replicas?: number;
  };
};

/** Conditions that are bad news when they are true, and none when they are false. */
const badWhenTrue = new RegExp(
  [
    'Fail|Error|Pressure|Unavailable|Degraded|Stalled|Conflict|NotAccepted|Denied|Limited',
    'DisruptionTarget|Remaining|Dangling|NonStructural|Terminating|Resiz|Pending',
  ].join('|'),
);

/** A consequence of what is told anyway. */
const consequences = ['MinimumReplicasUnavailable'];

export function objectFindings(object: KubernetesObject): Told[] {
  const observed = object as Observed;
  return [
    ...deletionFindings(observed),
    ...[...generation(observed), ...switches(observed), ...counts(observed)].map((text) => ({
      text,
    })),
    ...badConditions(observed).map(conditionFinding),
  ];
}

function badConditions({ status }: Observed): readonly Condition[] {
  const bad = (status?.conditions ?? []).filter(isBad);
  // A Job has its end announced, and then.
  const hasFailed = bad.some(({ type }) => type === 'Failed');
  return bad.filter(({ type }) => !(hasFailed && type === 'FailureTarget'));
}

function isBad({ type, status, reason = '' }: Condition): boolean {
  if (consequences.includes(reason)) return false;
  if (badWhenTrue.test(type)) return status === 'True';
  // A Job that goes on says Complete=False; what is Unknown is told.
  return status !== 'True' && !neutral.includes(type);
}

/** Neither good nor bad; of a budget its counts are told instead. */
const neutral = ['Complete', 'SuccessCriteriaMet', 'Suspended', 'DisruptionAllowed'];

function conditionFinding({ type, status, reason = '', message = '' }: Condition): Told {
  const text = `${type} is ${status}${reason && ` (${reason})`}${message && `: ${message}`}`;
  const hint = adviceOn(message);
  return hint === undefined ? { text } : { text, hint };
}

function generation({ metadata, status }: Observed): string[] {
  const seen = status?.observedGeneration;
  const wanted = metadata.generation;
  if (seen === undefined || wanted === undefined || seen >= wanted) return [];
  return [
    `its controller has not seen the last change yet (generation ${wanted}, seen ${seen}): ` +
      'is the controller running?',
  ];
}

function switches({ spec = {} }: Observed): string[] {
  return [
    ...(spec.paused ? ['its rollout is paused (rollout resume goes on)'] : []),
    ...(spec.suspend ? ['it is suspended'] : []),
    ...(spec.unschedulable ? ['it is cordoned: no new pods are scheduled to it (uncordon)'] : []),
  ];
}

function counts({ kind, spec = {}, status = {} }: Observed): string[] {
  const wanted = spec.replicas;
  if (wanted === undefined || !['Deployment', 'StatefulSet'].includes(kind)) return [];
  const { readyReplicas = 0, updatedReplicas = 0 } = status;
  const found: string[] = [];
  if (readyReplicas < wanted) found.push(`${readyReplicas} of ${wanted} replicas are ready`);
  if (updatedReplicas < wanted) {
    found.push(`${updatedReplicas} of ${wanted} replicas have the newest template`);
  }
  return found;
}
