import { type KubernetesObject, nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import { isStatus } from '../../api/status.ts';
import type { Client } from '../../client/interface.ts';

/** Deletes this very object, not a successor of its name. It may be gone already. */
export async function remove<T extends KubernetesObject>(
  client: Client,
  type: ResourceType<T>,
  object: T,
): Promise<void> {
  const ref = { namespace: namespaceOf(object), name: nameOf(object) };
  try {
    await client.delete(type, ref, { preconditions: { uid: uidOf(object) } });
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error;
  }
}
