/** What kubectl rollout and proportional scaling read off a ReplicaSet. */
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.ts';
import { maxSurge } from './limits.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';

/** A history longer than this loses its oldest revisions. */
const HISTORY_LIMIT = 2000;

type Annotations = Readonly<Record<string, string>>;

/** Of the Deployment's annotations, those that are about the Deployment alone. */
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
]);

/** An int64: somebody may have begun with a number that is none of JavaScript's. */
function revisionOf(object: Pick<ReplicaSet | Deployment, 'metadata'>): bigint {
  return parsed(object.metadata.annotations?.[REVISION]);
}

const parsed = (text = ''): bigint => (/^-?\d{1,19}$/.test(text) ? BigInt(text) : 0n);

export const byRevision = (a: ReplicaSet, b: ReplicaSet): number =>
  Number(revisionOf(a) > revisionOf(b)) - Number(revisionOf(a) < revisionOf(b));

/** Higher than that of any of these. */
export const nextRevision = (old: readonly ReplicaSet[]): bigint =>
  old.map(revisionOf).reduce((highest, each) => (each > highest ? each : highest), 0n) + 1n;

export function numberAnnotation(replicaSet: ReplicaSet, name: string): number | undefined {
  const value = replicaSet.metadata.annotations?.[name];
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}

/** The size the Deployment had when this ReplicaSet was last scaled. */
export function sizeAnnotations(deployment: Deployment): Annotations {
  const desired = deployment.spec.replicas ?? 1;
  return {
    [DESIRED_REPLICAS]: String(desired),
    [MAX_REPLICAS]: String(desired + maxSurge(deployment)),
  };
}

/**
 * The annotations of the newest ReplicaSet: the Deployment's own, and a revision higher than any
 * older one's. A revision it had before (a rollback) goes into its history.
 */
export function newestAnnotations(
  deployment: Deployment,
  revision: bigint,
  current: Annotations = {},
): Annotations {
  const annotations: Record<string, string> = { ...current };
  for (const [name, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!notCopied.has(name)) annotations[name] = value;
  }
  const had = current[REVISION];
  if (parsed(had) >= revision) return annotations;
  annotations[REVISION] = String(revision);
  if (had !== undefined) annotations[REVISION_HISTORY] = appended(current[REVISION_HISTORY], had);
  return annotations;
}

function appended(history: string | undefined, revision: string): string {
  const revisions = history ? [...history.split(','), revision] : [revision];
  while (revisions.join(',').length > HISTORY_LIMIT) revisions.shift();
  return revisions.join(',');
}
