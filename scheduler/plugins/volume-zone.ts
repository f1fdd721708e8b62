/** VolumeZone: volumes that say by labels in which zone or region they are. */
import { stateKey } from '../framework/cycle-state.ts';
import type { EnqueueExtensions, FilterPlugin, PreFilterPlugin } from '../framework/interface.ts';
import { skip, unresolvable } from '../framework/status.ts';
import { mountedClaims, type Storage, storageInterests } from './volumes.ts';

const conflict = unresolvable('node(s) had no available volume zone');

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
  return {
    name: 'VolumeZone',
    interests: [{ on: 'NodeAdd' }, { on: 'NodeLabels' }, ...storageInterests],
    preFilter({ pod, state }) {
      const places: Place[] = [];
      for (const { key } of mountedClaims(pod)) {
        // VolumeBinding has the say on claims without a volume.
        const name = storage.claim(key)?.spec.volumeName;
        if (!name) continue;
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
