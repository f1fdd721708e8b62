import type { Mutable } from '../../../api/meta.ts';
import { statusError } from '../../../api/status.ts';
import type { Node, Pod } from '../../../api/types/core-v1.ts';
import { MIRROR_ANNOTATION } from '../about.ts';
import { referencedByPod } from './pod-references.ts';

/** Why this node may not create this pod; undefined if it may. Fails without such a node. */
export function podFault(
  pod: Mutable<Pod>,
  nodeName: string,
  node: Node | undefined,
): string | undefined {
  const name = JSON.stringify(nodeName);
  const { metadata, spec } = pod;
  if (metadata.annotations?.[MIRROR_ANNOTATION] === undefined)
    return (
      `pod does not have ${JSON.stringify(MIRROR_ANNOTATION)} annotation, ` +
      `node ${name} can only create mirror pods`
    );
  if (spec.nodeName !== nodeName)
    return `node ${name} can only create pods with spec.nodeName set to itself`;
  const fault = ownerFault(pod, nodeName, node);
  if (fault !== undefined) return fault;
  // A node that could name objects in a pod could read them.
  const referenced = referencedByPod(pod);
  return referenced && `node ${name} can not create pods that reference ${referenced}`;
}

function ownerFault(
  { metadata }: Mutable<Pod>,
  nodeName: string,
  node: Node | undefined,
): string | undefined {
  const name = JSON.stringify(nodeName);
  const owners = metadata.ownerReferences ?? [];
  if (owners.length > 1)
    return `node ${name} can only create pods with a single owner reference set to itself`;
  const [owner] = owners;
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== nodeName)
    return `node ${name} can only create pods with an owner reference set to itself`;
  if (owner.controller !== true)
    return `node ${name} can only create pods with a controller owner reference set to itself`;
  if (owner.blockOwnerDeletion === true)
    return `node ${name} must not set blockOwnerDeletion on an owner reference`;
  if (node === undefined)
    throw statusError('NotFound', `node ${name} not found`, { name: nodeName, kind: 'node' });
  if (owner.uid !== node.metadata.uid)
    return `node ${nodeName} UID mismatch: expected ${owner.uid} got ${node.metadata.uid}`;
  return undefined;
}
