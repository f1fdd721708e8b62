import {
  ACCOUNT_NAME,
  ACCOUNT_UID,
  beginOf,
  DAY_MS,
  dayOf,
  INVALID_SINCE,
  LAST_USED,
  TOKEN_TYPE,
} from '../../api/token-secrets.ts';
import { nameOf, uidOf } from '../../api/meta.ts';
import type { Secret, ServiceAccount } from '../../api/types/core-v1.ts';
import { timeOf } from '../runtime/pods.ts';

/** `mark`: from today on the token is invalid. */
export type Step = 'keep' | 'mark' | 'delete';

export interface Surroundings {
  /** By namespace and name. */
  readonly account: (namespace: string, name: string) => ServiceAccount | undefined;
  /** Whether a pod names the Secret. */
  readonly isMounted: (secret: Secret) => boolean;
  readonly nowMs: number;
  /** How long a token may go unused, and how long it stays invalid before it goes. */
  readonly periodMs: number;
}

/**
 * What is to become of a Secret: those that were made for an account by old controllers, as which
 * only the account itself knows them, and that nobody has used for long, are marked, then deleted.
 */
export function nextStep(secret: Secret, around: Surroundings): Step {
  const { periodMs, nowMs } = around;
  const keptMs = nowMs - periodMs;
  if (!isUnused(secret, keptMs) || !isGenerated(secret, around)) return 'keep';
  if (around.isMounted(secret)) return 'keep';
  const invalidSince = secret.metadata.labels?.[INVALID_SINCE] ?? '';
  if (beginOf(invalidSince) === undefined) return 'mark';
  return invalidSince < dayOf(keptMs) ? 'delete' : 'keep';
}

function isUnused({ type, metadata }: Secret, keptMs: number): boolean {
  if (type !== TOKEN_TYPE || metadata.deletionTimestamp !== undefined) return false;
  if ((timeOf(metadata.creationTimestamp) ?? Infinity) >= keptMs) return false;
  const lastUsed = metadata.labels?.[LAST_USED];
  if (lastUsed === undefined) return true;
  // What is no day tells nothing.
  return beginOf(lastUsed) !== undefined && lastUsed < dayOf(keptMs);
}

function isGenerated(secret: Secret, { account }: Surroundings): boolean {
  const { annotations = {}, namespace = '' } = secret.metadata;
  const name = annotations[ACCOUNT_NAME] ?? '';
  const uid = annotations[ACCOUNT_UID] ?? '';
  const of = name === '' ? undefined : account(namespace, name);
  if (of === undefined || (uid !== '' && uid !== uidOf(of))) return false;
  return (of.secrets ?? []).some((reference) => reference.name === nameOf(secret));
}

/** Whether uses have been noted for so long that none was missed. `since`: of the ConfigMap. */
export function isTrackedLongEnough(
  since: string,
  { nowMs, periodMs }: Pick<Surroundings, 'nowMs' | 'periodMs'>,
): boolean {
  const begun = beginOf(since);
  // Of the first day some hours may be missing.
  return begun !== undefined && nowMs >= begun + DAY_MS + periodMs;
}
