/** What becomes of a claim on devices when its pods come and go. Pure. */
import { nameOf, namespaceOf, uidOf, type Draft } from '../../api/meta.ts';
import { CLAIM_FINALIZER, POD_CLAIM_NAME } from '../../api/scheduling/resource-claims.ts';
import type { Pod, PodResourceClaim } from '../../api/types/core-v1.ts';
import type {
  ResourceClaim,
  ResourceClaimConsumerReference,
  ResourceClaimTemplate,
} from '../../api/types/resource-v1.ts';
import { controllerReference } from '../runtime/claim.ts';

/** Leaves room for a hyphen and five characters in a name of 63. */
const MAX_BASE = 57;

/** What the name of a generated claim begins with: both names are cut alike. */
export function claimPrefix(pod: Pod, entry: PodResourceClaim): string {
  const whole = `${nameOf(pod)}-${entry.name}-`;
  if (whole.length <= MAX_BASE) return whole;
  const cut = (name: string): string =>
    name.slice(0, Math.floor((name.length * MAX_BASE) / whole.length));
  return `${cut(nameOf(pod))}-${cut(entry.name)}`;
}

/** The claim that a pod's entry asks for, made from its template. */
export function claimFor(
  pod: Pod,
  entry: PodResourceClaim,
  made: {
    readonly name: string;
    readonly generateName: string;
    readonly template: ResourceClaimTemplate;
  },
): Draft<ResourceClaim> {
  const { metadata, spec } = made.template.spec;
  return {
    metadata: {
      namespace: namespaceOf(pod),
      name: made.name,
      generateName: made.generateName,
      annotations: { ...metadata?.annotations, [POD_CLAIM_NAME]: entry.name },
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
      ownerReferences: [controllerReference(pod)],
    },
    spec,
  };
}

/** It runs no container, and never will. */
export function isDone({ metadata, spec, status }: Pod): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return true;
  return metadata.deletionTimestamp !== undefined && !spec.nodeName;
}

export type ClaimStep =
  /** Whoever is gone uses it no more; the last to go gives its devices back. */
  | {
      readonly kind: 'release';
      readonly users: readonly ResourceClaimConsumerReference[];
      readonly deallocate: boolean;
    }
  /** Nobody needs its devices. */
  | { readonly kind: 'let go' }
  /** It was made for a pod that is done. */
  | { readonly kind: 'delete' };

/** What has to be done, in this order. `users`: those of the claim's that may still run. */
export function planClaim(
  claim: ResourceClaim,
  users: readonly ResourceClaimConsumerReference[],
  owner: Pod | undefined,
): readonly ClaimStep[] {
  const steps: ClaimStep[] = [];
  const held = claim.metadata.finalizers?.includes(CLAIM_FINALIZER) ?? false;
  const unused = users.length === 0;
  if (users.length < (claim.status?.reservedFor?.length ?? 0))
    steps.push({ kind: 'release', users, deallocate: unused && held });
  else if (held && unused && claim.metadata.deletionTimestamp !== undefined)
    steps.push({ kind: 'let go' });
  const made = claim.metadata.ownerReferences?.find(
    ({ apiVersion, kind, controller }) => controller && apiVersion === 'v1' && kind === 'Pod',
  );
  if (unused && made !== undefined && owner !== undefined)
    if (uidOf(owner) !== made.uid || isDone(owner)) steps.push({ kind: 'delete' });
  return steps;
}
