/** VolumeZone: volumes that say by labels in which zone or region they are. */
import { deepEqual } from '../../api/deep.ts';
import { classOfClaim, waitsForConsumer } from '../../api/scheduling/volumes.ts';
import type { PersistentVolumeClaim } from '../../api/types/core-v1.ts';
import { stateKey } from '../framework/cycle-state.ts';
import type {
  EnqueueExtensions,
  FilterPlugin,
  PreFilterPlugin,
  Verdict,
} from '../framework/interface.ts';
import { skip, unresolvable } from '../framework/status.ts';
import { mountedClaims, notFound, ownClaim, type Storage } from './volumes.ts';

const conflict = unresolvable('node(s) had no available volume zone');
const noVolume = unresolvable('PersistentVolume had no name');

/** The labels of a volume, and those of a node that answer to each: its own name comes first. */
const topologyLabels: readonly (readonly string[])[] = [
  ['topology.kubernetes.io/zone'],
  ['topology.kubernetes.io/region'],
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
];

type Labels = Readonly<Record<string, string>> | undefined;

interface Place {
  readonly names: readonly string[];
  readonly values: readonly string[];
}

const isPlaced = (labels: Labels): boolean =>
  topologyLabels.some(([name]) => labels?.[name!] !== undefined);

const placesState = stateKey<readonly Place[]>('VolumeZone places');

function placesOf(labels: Labels): readonly Place[] {
  return topologyLabels.flatMap((names) => {
    const value = labels?.[names[0]!];
    return value === undefined ? [] : [{ names, values: value.split('__') }];
  });
}

export function volumeZone(storage: Storage): PreFilterPlugin & FilterPlugin & EnqueueExtensions {
  const unbound = (claim: PersistentVolumeClaim): Verdict => {
    const className = classOfClaim(claim) ?? '';
    if (className === '')
      return unresolvable('PersistentVolumeClaim had no pv name and storageClass name');
    const storageClass = storage.storageClass(className);
    if (storageClass === undefined)
      return unresolvable(`storageclass.storage.k8s.io "${className}" not found`);
    return waitsForConsumer(storageClass) ? undefined : noVolume;
  };
  return {
    name: 'VolumeZone',
    interests: [
      { on: 'NodeAdd' },
      { on: 'NodeLabels' },
      ownClaim,
      {
        on: 'StorageClass',
        helps: (_, event) =>
          event.kind === 'StorageClass' &&
          event.old === undefined &&
          waitsForConsumer(event.object),
      },
      {
        on: 'Volume',
        helps: (_, event) =>
          event.kind === 'Volume' &&
          (event.old === undefined ||
            !deepEqual(
              placesOf(event.old.metadata.labels),
              placesOf(event.object.metadata.labels),
            )),
      },
    ],
    preFilter({ pod, state }) {
      const places: Place[] = [];
      for (const { key, name: claimName, ephemeral } of mountedClaims(pod)) {
        // As in Kubernetes, a volume made for the pod is VolumeBinding's alone.
        if (ephemeral) continue;
        const claim = storage.claim(key);
        if (claim === undefined) return notFound(claimName);
        const name = claim.spec.volumeName;
        if (!name) {
          const refused = unbound(claim);
          if (refused !== undefined) return refused;
          continue;
        }
        const volume = storage.volume(name);
        if (volume === undefined) return unresolvable(`persistentvolume "${name}" not found`);
        places.push(...placesOf(volume.metadata.labels));
      }
      if (places.length === 0) return skip;
      state.write(placesState, places);
      return undefined;
    },
    filter({ state }, { node: { metadata } }) {
      const { labels } = metadata;
      // A node that says nothing of zones is in a cluster that has none.
      if (!isPlaced(labels)) return undefined;
      for (const { names, values } of state.read(placesState)!) {
        const here = names.map((name) => labels?.[name]).find((each) => each !== undefined);
        if (here === undefined || !values.includes(here)) return conflict;
      }
      return undefined;
    },
  };
}
