import type { KubernetesObject } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import { isStatus } from '../../api/status.ts';
import type { Client } from '../../client/interface.ts';

/**
 * The cache's version makes the write conditional: a stale count never replaces a newer one. An
 * object that is gone needs no status.
 */
export async function writeStatus<T extends KubernetesObject>(
  client: Client,
  type: ResourceType<T>,
  object: T,
): Promise<void> {
  try {
    await client.update(type, object, { subresource: 'status' });
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error;
  }
}
