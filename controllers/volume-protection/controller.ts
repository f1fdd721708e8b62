/**
 * Protection of storage in use: a claim stays until no pod with a node mounts it, a volume until
 * it is bound to no claim.
 */
import { type KubernetesObject, namespaceOf } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import {
  persistentVolumeClaims as claimType,
  persistentVolumes as volumeType,
  pods as podType,
} from '../../api/resources.ts';
import { claimNamesOf } from '../../api/scheduling/volumes.ts';
import { isStatus } from '../../api/status.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { Client } from '../../client/interface.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { Controller, ControllerContext } from '../runtime/controller.ts';
import { CLAIM_INDEX, indexByClaim } from '../runtime/pods-by-claim.ts';
import { enqueueSelf } from '../runtime/sources.ts';
import { isShutDown, planProtection, uses, withFinalizers } from './protect.ts';

const CLAIM_FINALIZER = 'kubernetes.io/pvc-protection';
const VOLUME_FINALIZER = 'kubernetes.io/pv-protection';

export function claimProtectionController(context: ControllerContext): Controller {
  const { client, clock } = context;
  const queue = new WorkQueue({ clock });
  const claims = context.informers.of(claimType);
  const pods = context.informers.of(podType);
  indexByClaim(pods);
  enqueueSelf(claims, queue);
  const enqueueClaims = (pod: Pod): void => {
    for (const name of claimNamesOf(pod)) {
      const key = `${namespaceOf(pod)}/${name}`;
      if (claims.lister.get(key)?.metadata.deletionTimestamp !== undefined) queue.add(key);
    }
  };
  // One that a node is done with may be kept for long.
  pods.addHandler({
    updated: (_old, pod) => {
      if (isShutDown(pod)) enqueueClaims(pod);
    },
    deleted: enqueueClaims,
  });
  return {
    name: 'persistentvolumeclaim-protection-controller',
    queue,
    informers: [claims, pods],
    async reconcile(key) {
      const claim = claims.lister.get(key);
      if (claim === undefined) return undefined;
      const seen = pods.lister.byIndex(CLAIM_INDEX, key).some((pod) => uses(pod, claim));
      const protection = planProtection(claim, CLAIM_FINALIZER, seen);
      if (protection === 'leave') return undefined;
      if (protection === 'remove') {
        // A pod that the cache does not show yet may mount it already.
        const { items } = await client.list(podType, { namespace: namespaceOf(claim) });
        if (items.some((pod) => uses(pod, claim))) return { requeueAfterMs: 1000 };
      }
      await write(client, claimType, withFinalizers(claim, CLAIM_FINALIZER, protection));
      return undefined;
    },
  };
}

export function volumeProtectionController(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock });
  const volumes = context.informers.of(volumeType);
  enqueueSelf(volumes, queue);
  return {
    name: 'persistentvolume-protection-controller',
    queue,
    informers: [volumes],
    async reconcile(key) {
      const volume = volumes.lister.get(key);
      if (volume === undefined) return undefined;
      const inUse = volume.status?.phase === 'Bound';
      const protection = planProtection(volume, VOLUME_FINALIZER, inUse);
      if (protection === 'leave') return undefined;
      const changed = withFinalizers(volume, VOLUME_FINALIZER, protection);
      await write(context.client, volumeType, changed);
      return undefined;
    },
  };
}

async function write<T extends KubernetesObject>(
  client: Client,
  type: ResourceType<T>,
  object: T,
): Promise<void> {
  try {
    await client.update(type, object);
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error;
  }
}
