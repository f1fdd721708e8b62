import { isObject } from '../../api/deep.ts';
import { UsageError } from '../usage-error.ts';
import type { ImageChange, Kustomization } from './kustomization.ts';
import { idOf, namesOf, type Resource } from './resource.ts';

/** Every `image` of a container, wherever containers stand in the object. */
export function setImages(value: unknown, change: ImageChange): void {
  if (Array.isArray(value)) for (const item of value as unknown[]) setImages(item, change);
  if (!isObject(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    const holdsContainers = key === 'containers' || key === 'initContainers';
    if (holdsContainers && Array.isArray(inner)) {
      for (const container of inner as { image?: string }[]) setImage(container, change);
    } else setImages(inner, change);
  }
}

function setImage(container: { image?: string }, change: ImageChange): void {
  const [, name, tag = '', digest = ''] =
    /^(.*?)(:[^:/@]+)?(@.+)?$/.exec(container.image ?? '') ?? [];
  if (name !== change.name) return;
  const { newName, newTag, tagSuffix, digest: newDigest } = change;
  if (newTag !== undefined && tagSuffix !== undefined) {
    throw new UsageError(`newTag and tagSuffix of image ${name} are both given`);
  }
  let version = tag + digest;
  if (newDigest !== undefined) version = `${newTag ? `:${newTag}` : ''}@${newDigest}`;
  else if (newTag !== undefined) version = `:${newTag}`;
  else if (tagSuffix !== undefined) version = `${tag}${tagSuffix}${digest}`;
  container.image = `${newName ?? name}${version}`;
}

const scaled = ['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'];

export function setReplicas(all: readonly Resource[], replicas: Kustomization['replicas']): void {
  for (const { name, count } of replicas) {
    const found = all.filter(
      (resource) =>
        scaled.includes(resource.object.kind) && namesOf(resource).some((one) => one.name === name),
    );
    if (found.length === 0) {
      throw new UsageError(
        `resource with name ${name} does not match a config with the following GVK ` +
          `[Deployment.[noVer].[noGrp] StatefulSet.[noVer].[noGrp] ` +
          `ReplicaSet.[noVer].[noGrp] ReplicationController.[noVer].[noGrp]]`,
      );
    }
    for (const { object } of found) object.spec = { ...object.spec, replicas: count };
  }
}

export const duplicateId = (resource: Resource): UsageError =>
  new UsageError(`may not add resource with an already registered id: ${idOf(resource.object)}`);
