import type { KubernetesObject } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import { formatTime } from '../../api/time.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Random, uuid } from '../../platform/random.ts';
import { objectSuffix } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';

export interface StoredBy {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Straight to the store: what is written is ours, whole and known to be valid, and there is so
 * much of it that the way through admission would take a good part of a cluster's first start.
 * Another server that was faster wrote the same.
 */
export async function createStored(
  { storage, clock, random }: StoredBy,
  type: ResourceType & { readonly storagePrefix?: string },
  object: KubernetesObject,
): Promise<void> {
  const { namespace = '', name = '' } = object.metadata;
  const metadata = {
    ...object.metadata,
    uid: uuid(random, 'object uid'),
    creationTimestamp: formatTime(clock.now()),
  };
  const { writer } = storage.resource(type.storagePrefix ?? type.resource)!;
  await writer.createUnread(objectSuffix(namespace, name), { ...object, metadata });
}
