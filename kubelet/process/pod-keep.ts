import type { Pod } from '../../api/types/core-v1.ts';
import { PodObjects } from './pod-objects.ts';
import { podFolder, type ProcessHost } from './process-host.ts';
import { PodVolumes } from './volumes/pod-volumes.ts';

/** What the containers of a pod share. */
export interface PodKeep {
  readonly objects: PodObjects;
  readonly volumes: PodVolumes;
}

export function keepPod(host: ProcessHost, pod: Pod): PodKeep {
  const objects = new PodObjects(host.client, pod);
  const folder = `${podFolder(host.root, pod.metadata.uid ?? '')}/volumes`;
  return { objects, volumes: new PodVolumes({ ...host, pod, objects, folder }) };
}
