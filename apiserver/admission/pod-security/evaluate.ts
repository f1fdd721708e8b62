import type { PodSpec } from '../../../api/types/core-v1.ts';
import type { ObjectMeta } from '../../../api/types/meta-v1.ts';
import { baselineChecks } from './baseline.ts';
import type { Check, CheckPod, Violation } from './check.ts';
import type { LevelVersion } from './policy.ts';
import { restrictedChecks } from './restricted.ts';

/** Policies of later versions are those of this one: what 1.34 knows. */
export const NEWEST_MINOR = 34;

const evaluated = new Map<string, readonly CheckPod[]>();

/** The checks of a level, those of the baseline first. */
function checksOf({ level, minor }: LevelVersion): readonly CheckPod[] {
  if (level === 'privileged') return [];
  const version = Math.min(minor, NEWEST_MINOR);
  const key = `${level}:${version}`;
  let checks = evaluated.get(key);
  if (checks === undefined) evaluated.set(key, (checks = select(level, version)));
  return checks;
}

function select(level: 'baseline' | 'restricted', minor: number): readonly CheckPod[] {
  const at = (check: Check): CheckPod | undefined =>
    check.versions.findLast((version) => version.minor <= minor)?.check;
  const stricter = level === 'restricted' ? restrictedChecks : [];
  const replaced = new Set(
    stricter.filter((check) => at(check) !== undefined).map(({ replaces }) => replaces),
  );
  return [...baselineChecks.filter((check) => !replaced.has(check)), ...stricter]
    .map(at)
    .filter((check) => check !== undefined);
}

/** Empty if the pod keeps to the policy. */
export function violations(
  policy: LevelVersion,
  pod: { readonly metadata: ObjectMeta; readonly spec: PodSpec },
): readonly Violation[] {
  return checksOf(policy)
    .map((check) => check(pod.metadata, pod.spec))
    .filter((violation) => violation !== undefined);
}

/** "host namespaces, privileged": for many pods at once. */
export function reasonsText(found: readonly Violation[]): string {
  return found.map(({ reason }) => reason).join(', ');
}

/** "host namespaces (hostPID=true), privileged (container "a" …)". */
export function detailsText(found: readonly Violation[]): string {
  return found.map(({ reason, detail }) => `${reason} (${detail})`).join(', ');
}
