import type { Mutable } from '../../../api/meta.ts';
import type { Container, Node, Pod, PodSpec } from '../../../api/types/core-v1.ts';
import { MIRROR_ANNOTATION } from '../about.ts';

/** Why this node may not create this pod; undefined if it may. */
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
  return ownerFault(pod, nodeName, node) ?? referenceFault(spec, name);
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
  if (node !== undefined && owner.uid !== node.metadata.uid)
    return `node ${nodeName} UID mismatch: expected ${owner.uid} got ${node.metadata.uid}`;
  return undefined;
}

/** A node that could name objects in a pod could read them. */
function referenceFault(spec: PodSpec, name: string): string | undefined {
  const refuse = (what: string): string =>
    `node ${name} can not create pods that reference ${what}`;
  if (spec.serviceAccountName) return refuse('a service account');
  const containers: readonly Pick<Container, 'env' | 'envFrom'>[] = [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ];
  const volumes = spec.volumes ?? [];
  const sources = volumes.flatMap(({ projected }) => projected?.sources ?? []);
  const env = containers.flatMap((container) => container.env ?? []);
  const envFrom = containers.flatMap((container) => container.envFrom ?? []);
  if (
    (spec.imagePullSecrets?.length ?? 0) > 0 ||
    volumes.some((volume) => volume.secret !== undefined) ||
    sources.some((source) => source.secret !== undefined) ||
    env.some(({ valueFrom }) => valueFrom?.secretKeyRef !== undefined) ||
    envFrom.some(({ secretRef }) => secretRef !== undefined)
  )
    return refuse('secrets');
  if (
    volumes.some((volume) => volume.configMap !== undefined) ||
    sources.some((source) => source.configMap !== undefined) ||
    env.some(({ valueFrom }) => valueFrom?.configMapKeyRef !== undefined) ||
    envFrom.some(({ configMapRef }) => configMapRef !== undefined)
  )
    return refuse('configmaps');
  if (sources.some((source) => source.clusterTrustBundle !== undefined))
    return refuse('clustertrustbundles');
  if (volumes.some((volume) => volume.persistentVolumeClaim !== undefined))
    return refuse('persistentvolumeclaims');
  return undefined;
}
