/** Claims, classes and slices as informers see them, for DynamicResources. */
import { deepEqual } from '../api/deep.ts';
import { nameOf, namespaceOf, uidOf } from '../api/meta.ts';
import { deviceClasses, resourceClaims, resourceSlices } from '../api/resources.ts';
import type { ResourceClaim } from '../api/types/resource-v1.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { Client } from '../client/interface.ts';
import type { Logger } from '../platform/logger.ts';
import { Changes } from './changes.ts';
import type { ClusterEvent } from './framework/events.ts';
import type { Devices } from './plugins/dynamic-resources/devices.ts';
import { exclusive } from './plugins/dynamic-resources/dynamic-resources.ts';

const NODE_INDEX = 'node';
/** Of slices that are no node's own. */
const NO_NODE = '';

export interface WatchedDevicesOptions {
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly logger: Logger;
  readonly notify: (event: ClusterEvent) => void;
}

export function watchedDevices(options: WatchedDevicesOptions): Devices {
  const { client, informers, logger, notify } = options;
  const changes = new Changes();
  /** How many claims have a device. */
  const allocated = new Map<string, number>();
  const count = ({ status }: ResourceClaim, by: 1 | -1): void => {
    if (status?.allocation === undefined) return;
    for (const id of exclusive(status.allocation)) {
      const left = (allocated.get(id) ?? 0) + by;
      if (left === 0) allocated.delete(id);
      else allocated.set(id, left);
    }
  };
  const claims = informers.of(resourceClaims);
  claims.addHandler({
    added(claim) {
      count(claim, 1);
      notify({ kind: 'ResourceClaim', claim });
      changes.announce();
    },
    updated(old, claim) {
      if (!deepEqual(old.status?.allocation, claim.status?.allocation)) {
        count(old, -1);
        count(claim, 1);
      }
      notify({ kind: 'ResourceClaim', claim, old });
      changes.announce();
    },
    deleted(claim) {
      count(claim, -1);
      changes.announce();
    },
  });
  const classes = informers.of(deviceClasses);
  const slices = informers.of(resourceSlices);
  slices.addIndex(NODE_INDEX, ({ spec }) => [spec.nodeName ?? NO_NODE]);
  for (const [informer, kind] of [
    [classes, 'DeviceClass'],
    [slices, 'ResourceSlice'],
  ] as const)
    informer.addHandler({ added: () => notify({ kind }), updated: () => notify({ kind }) });
  const refOf = (claim: ResourceClaim) => ({ namespace: namespaceOf(claim), name: nameOf(claim) });
  return {
    claim: (key) => claims.lister.get(key),
    deviceClass: (name) => classes.lister.get(name),
    slices: (nodeName) => [
      ...slices.lister.byIndex(NODE_INDEX, nodeName),
      ...slices.lister.byIndex(NODE_INDEX, NO_NODE),
    ],
    isAllocated: (id) => allocated.has(id),
    changed: () => changes.next(),
    latest: (claim) => client.get(resourceClaims, refOf(claim)),
    update: (claim) => client.update(resourceClaims, claim),
    updateStatus: (claim) => client.update(resourceClaims, claim, { subresource: 'status' }),
    release(claim, pod) {
      const reservedFor = [{ $patch: 'delete', uid: uidOf(pod) }];
      const body = { metadata: { uid: uidOf(claim) }, status: { reservedFor } };
      const type = 'application/strategic-merge-patch+json';
      client
        .patch(resourceClaims, refOf(claim), { type, body, subresource: 'status' })
        .catch((err: unknown) => logger.warn({ err, claim: nameOf(claim) }, 'unreserve'));
    },
  };
}
