/**
 * Adoption and release: which objects belong to a controller that selects by labels.
 *
 * - Ours and matching: kept. Ours and not matching any more: released.
 * - Nobody's and matching: adopted, unless either side is being deleted.
 * - Another controller's: never touched.
 */
import {
  controllerOf,
  type KubernetesObject,
  nameOf,
  namespaceOf,
  type OwnerReference,
  uidOf,
} from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import { isStatus, statusError } from '../../api/status.ts';
import type { Client } from '../../client/interface.ts';

export interface Claims<T> {
  readonly owned: readonly T[];
  readonly adopt: readonly T[];
  readonly release: readonly T[];
}

/** `candidates`: what is ours by owner reference, and orphans of the same namespace. */
export function planClaims<T extends KubernetesObject>(
  owner: KubernetesObject,
  matches: (candidate: T) => boolean,
  candidates: readonly T[],
): Claims<T> {
  const owned: T[] = [];
  const adopt: T[] = [];
  const release: T[] = [];
  const deleting = owner.metadata.deletionTimestamp !== undefined;
  for (const candidate of candidates) {
    const controller = controllerOf(candidate);
    const fits = matches(candidate);
    if (controller !== undefined) {
      if (controller.uid !== owner.metadata.uid) continue;
      if (fits) owned.push(candidate);
      else if (!deleting) release.push(candidate);
    } else if (fits && !deleting && candidate.metadata.deletionTimestamp === undefined) {
      adopt.push(candidate);
    }
  }
  return { owned, adopt, release };
}

export function controllerReference(owner: KubernetesObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: nameOf(owner),
    uid: uidOf(owner),
    controller: true,
    blockOwnerDeletion: true,
  };
}

export interface ClaimTypes<O extends KubernetesObject, T extends KubernetesObject> {
  readonly client: Client;
  readonly ownerType: ResourceType<O>;
  readonly type: ResourceType<T>;
}

/**
 * Carries the claims out and returns what is owned afterwards. Adoption first asks the server
 * whether the owner still is the one in the cache: one deleted meanwhile must adopt nothing.
 */
export async function executeClaims<O extends KubernetesObject, T extends KubernetesObject>(
  { client, ownerType, type }: ClaimTypes<O, T>,
  owner: O,
  claims: Claims<T>,
): Promise<readonly T[]> {
  for (const object of claims.release) {
    const body = {
      metadata: {
        uid: uidOf(object),
        ownerReferences: [{ $patch: 'delete', uid: uidOf(owner) }],
      },
    };
    await patchMetadata(client, type, { object, body });
  }
  if (claims.adopt.length === 0) return claims.owned;
  await assertCurrent(client, ownerType, owner);
  const adopted: T[] = [];
  const reference = controllerReference(owner);
  for (const object of claims.adopt) {
    const body = { metadata: { uid: uidOf(object), ownerReferences: [reference] } };
    const patched = await patchMetadata(client, type, { object, body });
    if (patched !== undefined) adopted.push(patched);
  }
  return [...claims.owned, ...adopted];
}

async function assertCurrent<O extends KubernetesObject>(
  client: Client,
  type: ResourceType<O>,
  owner: O,
): Promise<void> {
  const ref = { namespace: namespaceOf(owner), name: nameOf(owner) };
  const live = await client.get(type, ref);
  if (live.metadata.uid === owner.metadata.uid && live.metadata.deletionTimestamp === undefined) {
    return;
  }
  const message = `${type.kind} ${ref.namespace}/${ref.name} was deleted: it adopts nothing`;
  throw statusError('Conflict', message);
}

/** Undefined if the object is gone: then there is nothing to claim. */
async function patchMetadata<T extends KubernetesObject>(
  client: Client,
  type: ResourceType<T>,
  { object, body }: { readonly object: T; readonly body: unknown },
): Promise<T | undefined> {
  const ref = { namespace: namespaceOf(object), name: nameOf(object) };
  try {
    return await client.patch(type, ref, { type: 'application/strategic-merge-patch+json', body });
  } catch (error) {
    if (isStatus(error, 'NotFound')) return undefined;
    throw error;
  }
}
