import { deepEqual } from '../../api/deep.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';

const HINT =
  '; API server dedups owner references in ' +
  '1.20+, and may reject such requests as early as 1.24; please fix your requests; ' +
  'duplicate UID(s) observed: ';
const FOUND = '.metadata.ownerReferences contains duplicate entries';

/**
 * An owner that is named twice in the same words is named once, and the client told so. Kubernetes
 * says `admitted` of all that it finds in the outcome of a patch.
 */
export function dropRepeatedOwners(
  { metadata }: Mutable<KubernetesObject>,
  request: { warn(text: string): void } | undefined,
  when: 'sent' | 'admitted',
): void {
  const owners = metadata.ownerReferences;
  if (owners === undefined || owners.length < 2) return;
  const repeated = owners.filter(
    (owner, i) => owners.findIndex((other) => deepEqual(other, owner)) < i,
  );
  if (repeated.length === 0) return;
  metadata.ownerReferences = owners.filter((owner) => !repeated.includes(owner));
  const found = when === 'sent' ? FOUND : `${FOUND} after mutating admission happens`;
  request?.warn(`${found}${HINT}${repeated.map(({ uid }) => uid).join(', ')}`);
}
