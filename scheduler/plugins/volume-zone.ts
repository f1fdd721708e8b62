/** VolumeZone: volumes that say by labels in which zone or region they are. */
import { isFullyBound } from '../../api/scheduling/volumes.ts';
import { stateKey } from '../framework/cycle-state.ts';
import type { EnqueueExtensions, FilterPlugin, PreFilterPlugin } from '../framework/interface.ts';
import { skip, unresolvable } from '../framework/status.ts';
import { mountedClaims, type Storage, storageInterests } from './volumes.ts';

const conflict = unresolvable('node(s) had no available volume zone');

/** GA label and its beta name: a node may carry either. */
const topologyLabels: readonly (readonly [string, string])[] = [
  ['topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone'],
  ['topology.kubernetes.io/region', 'failure-domain.beta.kubernetes.io/region'],
];

interface Place {
  readonly names: readonly string[];
  readonly values: readonly string[];
}

const placesState = stateKey<readonly Place[]>('VolumeZone places');

function placesOf(labels: Readonly<Record<string, string>> | undefined): readonly Place[] {
  return topologyLabels.flatMap((names) =>
    names.flatMap((name) => {
      const value = labels?.[name];
      return value === undefined ? [] : [{ names, values: value.split('__') }];
    }),
  );
}

export function volumeZone(storage: Storage): PreFilterPlugin & FilterPlugin & EnqueueExtensions {
  return {
    name: 'VolumeZone',
    interests: [{ on: 'NodeAdd' }, { on: 'NodeLabels' }, ...storageInterests],
    preFilter({ pod, state }) {
      const places = mountedClaims(pod).flatMap(({ key }) => {
        const claim = storage.claim(key);
        // VolumeBinding has the say on claims that are not bound.
        if (claim === undefined || !isFullyBound(claim)) return [];
        return placesOf(storage.volume(claim.spec.volumeName!)?.metadata.labels);
      });
      if (places.length === 0) return skip;
      state.write(placesState, places);
      return undefined;
    },
    filter({ state }, { node: { metadata } }) {
      for (const { names, values } of state.read(placesState)!) {
        const here = names
          .map((name) => metadata.labels?.[name])
          .find((each) => each !== undefined);
        // A node that says nothing of zones is in none.
        if (here === undefined || !values.includes(here)) return conflict;
      }
      return undefined;
    },
  };
}
