/**
 * VolumeRestrictions: disks that cannot be attached twice, and ReadWriteOncePod claims, which
 * one pod in the whole cluster may mount.
 */
import type { Pod, Volume } from '../../api/types/core-v1.ts';
import { stateKey } from '../framework/cycle-state.ts';
import type {
  Cycle,
  EnqueueExtensions,
  FilterPlugin,
  PreFilterExtensions,
  PreFilterPlugin,
} from '../framework/interface.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { skip, unschedulable } from '../framework/status.ts';
import { mountedClaims, notFound, ownClaimMade, type Storage } from './volumes.ts';

const inUse = unschedulable(
  'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode ' +
    'already in-use by another pod',
);
const noDisk = unschedulable('node(s) had no available disk');

interface Exclusive {
  /** Claims of the pod that nobody else may mount. */
  readonly keys: ReadonlySet<string>;
  /** Mounts of them by others. */
  conflicts: number;
}

const exclusiveState = stateKey<Exclusive>('VolumeRestrictions exclusive');

const needsDisk = ({ spec }: Pod): boolean =>
  spec.volumes?.some(
    (volume) =>
      (volume.gcePersistentDisk ?? volume.awsElasticBlockStore ?? volume.iscsi ?? volume.rbd) !==
      undefined,
  ) ?? false;

/** Two that only read may share most disks, but not an EBS volume. */
function conflicts(a: Volume, b: Volume): boolean {
  const gce = [a.gcePersistentDisk, b.gcePersistentDisk] as const;
  if (gce[0] && gce[1] && gce[0].pdName === gce[1].pdName)
    return !(gce[0].readOnly && gce[1].readOnly);
  const ebs = [a.awsElasticBlockStore, b.awsElasticBlockStore] as const;
  if (ebs[0] && ebs[1] && ebs[0].volumeID === ebs[1].volumeID) return true;
  const iscsi = [a.iscsi, b.iscsi] as const;
  if (iscsi[0] && iscsi[1] && iscsi[0].iqn === iscsi[1].iqn)
    return !(iscsi[0].readOnly && iscsi[1].readOnly);
  const [x, y] = [a.rbd, b.rbd];
  if (!x || !y || (x.pool ?? 'rbd') !== (y.pool ?? 'rbd') || x.image !== y.image) return false;
  return x.monitors.some((each) => y.monitors.includes(each)) && !(x.readOnly && y.readOnly);
}

const shareDisk = (a: Pod, b: Pod): boolean =>
  (a.spec.volumes ?? []).some((one) =>
    (b.spec.volumes ?? []).some((other) => conflicts(one, other)),
  );

export function volumeRestrictions(
  storage: Storage,
): PreFilterPlugin & PreFilterExtensions & FilterPlugin & EnqueueExtensions {
  const shared = (keys: ReadonlySet<string>, { claims }: PodInfo): number =>
    claims.reduce((sum, key) => sum + (keys.has(key) ? 1 : 0), 0);
  const adjust = ({ state, pod: own }: Cycle, pod: PodInfo, by: 1 | -1): void => {
    const exclusive = state.read(exclusiveState);
    if (exclusive !== undefined && pod.uid !== own.uid)
      exclusive.conflicts += by * shared(exclusive.keys, pod);
  };
  return {
    name: 'VolumeRestrictions',
    interests: [
      { on: 'NodeAdd' },
      {
        on: 'AssignedPodDelete',
        helps: ({ pod, claims }, event) =>
          event.kind === 'AssignedPodDelete' &&
          (event.pod.claims.some((key) => claims.includes(key)) || shareDisk(pod, event.pod.pod)),
      },
      ownClaimMade,
    ],
    preFilter({ pod, state, cluster }) {
      // Only of a claim that is there can be told who may mount it.
      for (const { key, name, ephemeral } of mountedClaims(pod))
        if (!ephemeral && storage.claim(key) === undefined) return notFound(name);
      const keys = new Set(
        pod.claims.filter((key) =>
          storage.claim(key)?.spec.accessModes?.includes('ReadWriteOncePod'),
        ),
      );
      if (keys.size === 0) return needsDisk(pod.pod) ? undefined : skip;
      let conflicts = 0;
      for (const key of keys) conflicts += cluster.mountsOf(key);
      state.write(exclusiveState, { keys, conflicts });
      return undefined;
    },
    podAdded: (cycle, pod) => adjust(cycle, pod, 1),
    podRemoved: (cycle, pod) => adjust(cycle, pod, -1),
    filter({ pod: { pod }, state }, node) {
      if ((state.read(exclusiveState)?.conflicts ?? 0) > 0) return inUse;
      if (!needsDisk(pod)) return undefined;
      for (const other of node.pods.values()) if (shareDisk(pod, other.pod)) return noDisk;
      return undefined;
    },
  };
}
