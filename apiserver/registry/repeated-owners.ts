import { deepEqual } from '../../api/deep.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';

const HINT =
  '.metadata.ownerReferences contains duplicate entries; API server dedups owner references in ' +
  '1.20+, and may reject such requests as early as 1.24; please fix your requests; ' +
  'duplicate UID(s) observed: ';

/** An owner that is named twice in the same words is named once, and the client told so. */
export function dropRepeatedOwners(
  { metadata }: Mutable<KubernetesObject>,
  request: { warn(text: string): void } | undefined,
): void {
  const owners = metadata.ownerReferences;
  if (owners === undefined || owners.length < 2) return;
  const repeated = owners.filter(
    (owner, i) => owners.findIndex((other) => deepEqual(other, owner)) < i,
  );
  if (repeated.length === 0) return;
  metadata.ownerReferences = owners.filter((owner) => !repeated.includes(owner));
  request?.warn(HINT + repeated.map(({ uid }) => uid).join(', '));
}
