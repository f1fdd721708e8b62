/** NodeVolumeLimits: how many volumes of a CSI driver a node takes, as its CSINode says. */
import { classOfClaim } from '../../api/scheduling/volumes.ts';
import type { CSINode } from '../../api/types/storage-v1.ts';
import type {
  EnqueueExtensions,
  EventInterest,
  FilterPlugin,
  PreFilterPlugin,
} from '../framework/interface.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { skip, unresolvable, unschedulable } from '../framework/status.ts';
import { mountedClaims, ownClaim, type Storage } from './volumes.ts';

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

/** Of some driver; one without a limit has no end. */
function allowsMore({
  object,
  old,
}: {
  readonly object: CSINode;
  readonly old?: CSINode;
}): boolean {
  if (old === undefined) return true;
  const limits = limitsOf(object);
  return [...limitsOf(old)].some(([driver, limit]) => (limits.get(driver) ?? Infinity) > limit);
}

const sharesClaim: NonNullable<EventInterest['helps']> = ({ claims }, event) =>
  event.kind === 'AssignedPodAdd' && event.pod.claims.some((key) => claims.includes(key));

export function nodeVolumeLimits(
  storage: Storage,
): PreFilterPlugin & FilterPlugin & EnqueueExtensions {
  /** A claim without a volume will get one from its class's provisioner, the driver's name. */
  const attachedBy = (pod: PodInfo): readonly Attached[] =>
    mountedClaims(pod).flatMap(({ key }): Attached[] => {
      const claim = storage.claim(key);
      if (claim === undefined) return [];
      const volume = storage.volume(claim.spec.volumeName ?? '');
      if (volume === undefined) {
        const driver = storage.storageClass(classOfClaim(claim) ?? '')?.provisioner;
        return driver === undefined ? [] : [{ driver, id: `${driver}-${key}` }];
      }
      const { csi } = volume.spec;
      if (csi === undefined) return [];
      return [{ driver: csi.driver, id: `${csi.driver}/${csi.volumeHandle}` }];
    });
  /** By driver, volumes that the node still has although none of these pods' is among them. */
  const leftOver = (node: string, ofPods: ReadonlyMap<string, string>): Map<string, number> => {
    const counts = new Map<string, number>();
    const ids = new Set<string>();
    for (const { spec } of storage.attachments(node)) {
      const csi = storage.volume(spec.source.persistentVolumeName ?? '')?.spec.csi;
      const id = `${spec.attacher}/${csi?.volumeHandle}`;
      if (csi === undefined || ofPods.has(id) || ids.has(id)) continue;
      ids.add(id);
      counts.set(spec.attacher, (counts.get(spec.attacher) ?? 0) + 1);
    }
    return counts;
  };
  return {
    name: 'NodeVolumeLimits',
    // A new node has no limits until its CSINode comes.
    interests: [
      { on: 'NodeAdd' },
      { on: 'CSINode', helps: (_, event) => event.kind === 'CSINode' && allowsMore(event) },
      {
        on: 'AssignedPodDelete',
        helps: (_, event) => event.kind === 'AssignedPodDelete' && event.pod.claims.length > 0,
      },
      { on: 'VolumeAttachmentDelete' },
      // A volume that another pod has brought to the node counts no more.
      { on: 'AssignedPodAdd', helps: sharesClaim },
      ownClaim,
    ],
    preFilter: ({ pod }) => (mountedClaims(pod).length === 0 ? skip : undefined),
    filter({ pod }, node) {
      const missing = pod.claims.find((key) => storage.claim(key) === undefined);
      if (missing !== undefined) {
        const name = missing.slice(missing.indexOf('/') + 1);
        return unresolvable(`looking up PVC ${missing}: persistentvolumeclaim "${name}" not found`);
      }
      const csiNode = storage.csiNode(node.name);
      const limits = csiNode === undefined ? undefined : limitsOf(csiNode);
      if (limits === undefined || limits.size === 0) return undefined;
      const wanted = attachedBy(pod).filter(({ driver }) => limits.has(driver));
      if (wanted.length === 0) return undefined;
      const attached = new Map<string, string>();
      for (const other of node.pods.values())
        for (const { id, driver } of attachedBy(other)) attached.set(id, driver);
      const before = new Set(attached.keys());
      // As in Kubernetes, a volume that is wanted and left over counts twice.
      const counts = leftOver(node.name, attached);
      for (const { id, driver } of wanted) attached.set(id, driver);
      for (const driver of attached.values()) counts.set(driver, (counts.get(driver) ?? 0) + 1);
      const over = wanted.some(
        ({ id, driver }) => !before.has(id) && counts.get(driver)! > limits.get(driver)!,
      );
      return over ? full : undefined;
    },
  };
}
