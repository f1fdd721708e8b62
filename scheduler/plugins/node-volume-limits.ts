/** NodeVolumeLimits: how many volumes of a CSI driver a node takes, as its CSINode says. */
import { classOfClaim } from '../../api/scheduling/volumes.ts';
import type { CSINode } from '../../api/types/storage-v1.ts';
import type { EnqueueExtensions, FilterPlugin, PreFilterPlugin } from '../framework/interface.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { skip, unschedulable } from '../framework/status.ts';
import { mountedClaims, type Storage, storageInterests } from './volumes.ts';

const full = unschedulable('node(s) exceed max volume count');

interface Attached {
  readonly driver: string;
  /** The same for every pod that mounts the volume. */
  readonly id: string;
}

const limitsOf = (node: CSINode): ReadonlyMap<string, number> =>
  new Map(
    (node.spec.drivers ?? []).flatMap(({ name, allocatable }) =>
      allocatable?.count === undefined ? [] : [[name, allocatable.count] as const],
    ),
  );

export function nodeVolumeLimits(
  storage: Storage,
): PreFilterPlugin & FilterPlugin & EnqueueExtensions {
  /** A claim without a volume will get one from its class's provisioner, the driver's name. */
  const attachedBy = (pod: PodInfo): readonly Attached[] =>
    mountedClaims(pod).flatMap(({ key }): Attached[] => {
      const claim = storage.claim(key);
      if (claim === undefined) return [];
      if (!claim.spec.volumeName) {
        const driver = storage.storageClass(classOfClaim(claim) ?? '')?.provisioner;
        return driver === undefined ? [] : [{ driver, id: `${driver}-${key}` }];
      }
      const csi = storage.volume(claim.spec.volumeName)?.spec.csi;
      if (csi === undefined) return [];
      return [{ driver: csi.driver, id: `${csi.driver}/${csi.volumeHandle}` }];
    });
  return {
    name: 'NodeVolumeLimits',
    // A new node has no limits until its CSINode comes.
    interests: [
      { on: 'NodeAdd' },
      { on: 'CSINode' },
      { on: 'AssignedPodDelete' },
      // A volume that another pod has brought to the node counts no more.
      {
        on: 'AssignedPodAdd',
        helps: ({ claims }, event) =>
          event.kind === 'AssignedPodAdd' && event.pod.claims.some((key) => claims.includes(key)),
      },
      ...storageInterests,
    ],
    preFilter: ({ pod }) => (mountedClaims(pod).length === 0 ? skip : undefined),
    filter({ pod }, node) {
      const csiNode = storage.csiNode(node.name);
      const limits = csiNode === undefined ? undefined : limitsOf(csiNode);
      if (limits === undefined || limits.size === 0) return undefined;
      const wanted = attachedBy(pod).filter(({ driver }) => limits.has(driver));
      if (wanted.length === 0) return undefined;
      const attached = new Map<string, string>();
      for (const other of node.pods.values())
        for (const { id, driver } of attachedBy(other)) attached.set(id, driver);
      const before = new Set(attached.keys());
      for (const { id, driver } of wanted) attached.set(id, driver);
      const counts = new Map<string, number>();
      for (const driver of attached.values()) counts.set(driver, (counts.get(driver) ?? 0) + 1);
      const over = wanted.some(
        ({ id, driver }) => !before.has(id) && counts.get(driver)! > limits.get(driver)!,
      );
      return over ? full : undefined;
    },
  };
}
