/** Why an object other than a pod is not as it should be: its conditions, generation, deletion. */
import type { KubernetesObject } from '../../api/meta.ts';
import { type Finding, titled } from './finding.ts';

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

/** Conditions that are bad news when they are true. */
const badWhenTrue =
  /Failure|Failed|Pressure|Unavailable|Degraded|Stalled|NotAccepted|Conflict|Disruption/;

export function objectFindings(object: KubernetesObject): Finding[] {
  const observed = object as Observed;
  const about = titled(object);
  const texts = [
    ...deletion(observed),
    ...generation(observed),
    ...switches(observed),
    ...counts(observed),
    ...(observed.status?.conditions ?? []).filter(isBad).map(conditionText),
  ];
  return texts.map((text) => ({ about, text }));
}

function isBad({ type, status }: Condition): boolean {
  if (badWhenTrue.test(type)) return status === 'True';
  // A Job that has not failed says Failed=False; what is Unknown is told.
  return status !== 'True' && !['Complete', 'Suspended'].includes(type);
}

const conditionText = ({ type, status, reason, message }: Condition): string =>
  `${type} is ${status}${reason ? ` (${reason})` : ''}${message ? `: ${message}` : ''}`;

function deletion({ metadata }: Observed): string[] {
  const { deletionTimestamp, finalizers = [] } = metadata;
  if (deletionTimestamp === undefined) return [];
  const held = finalizers.length > 0 ? `, held by the finalizers ${finalizers.join(', ')}` : '';
  return [`it is being deleted since ${deletionTimestamp}${held}`];
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
