import type { KubernetesObject } from '../../../api/meta.ts';
import type { PersistentVolume, Pod } from '../../../api/types/core-v1.ts';
import type { VolumeAttachment } from '../../../api/types/storage-v1.ts';
import { podReferences, type ReferencedResource } from '../../../api/pod-references.ts';
import type { ObjectSource } from '../object-source.ts';
import { GroupedObjects } from './grouped-objects.ts';
import { volumeSecrets } from './volume-secrets.ts';

/** A pod of a node's own making may name whatever it likes: it opens nothing. */
const MIRROR = 'kubernetes.io/config.mirror';

export interface NodeObjects {
  readonly pods: ObjectSource<Pod>;
  readonly persistentVolumes: ObjectSource<PersistentVolume>;
  readonly volumeAttachments: ObjectSource<VolumeAttachment>;
  readonly resourceSlices: ObjectSource<KubernetesObject>;
}

interface At {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Whether a node has to do with an object: it runs a pod that refers to it. Kubernetes keeps a
 * graph of all references; here the few pods of the node that asks are walked, so that a change of
 * a pod costs nothing but its place in an index.
 */
export class NodeGraph {
  readonly #objects: NodeObjects;
  /** Begun when a node first asks: many clusters never need them. */
  #pods: GroupedObjects<Pod> | undefined;
  #volumes: GroupedObjects<PersistentVolume> | undefined;

  constructor(objects: NodeObjects) {
    this.#objects = objects;
  }

  synced(): Promise<void> | undefined {
    return this.#objects.pods.synced();
  }

  runs(node: string, { namespace, name }: At): boolean {
    return this.#objects.pods.get(namespace, name)?.spec.nodeName === node;
  }

  attaches(node: string, name: string): boolean {
    return this.#objects.volumeAttachments.get('', name)?.spec.nodeName === node;
  }

  publishes(node: string, name: string): boolean {
    const slice = this.#objects.resourceSlices.get('', name) as
      { readonly spec?: { readonly nodeName?: string } } | undefined;
    return slice?.spec?.nodeName === node;
  }

  /** True if a pod of the node refers to the object, or a volume that such a pod is given does. */
  refers(node: string, resource: ReferencedResource, { namespace, name }: At): boolean {
    for (const pod of this.#podsOf(node)) {
      if ((pod.metadata.namespace ?? '') === namespace)
        if (podReferences(pod).some((one) => one.resource === resource && one.name === name))
          return true;
      if (resource !== 'secrets') continue;
      for (const volume of this.#volumesOf(pod))
        if (volumeSecrets(volume).some((one) => one.namespace === namespace && one.name === name))
          return true;
    }
    return false;
  }

  /** True if a pod of the node claims the volume. */
  mounts(node: string, name: string): boolean {
    for (const pod of this.#podsOf(node))
      for (const volume of this.#volumesOf(pod)) if (volume.metadata.name === name) return true;
    return false;
  }

  /** Volumes that are for a claim of the pod, whatever the claim says of them yet. */
  *#volumesOf(pod: Pod): Generator<PersistentVolume> {
    this.#volumes ??= new GroupedObjects(this.#objects.persistentVolumes, claimOf);
    const namespace = pod.metadata.namespace ?? '';
    for (const { resource, name } of podReferences(pod))
      if (resource === 'persistentvolumeclaims') yield* this.#volumes.of(`${namespace}/${name}`);
  }

  *#podsOf(node: string): Generator<Pod> {
    this.#pods ??= new GroupedObjects(this.#objects.pods, ({ spec }) => spec.nodeName || undefined);
    for (const pod of this.#pods.of(node))
      if (pod.metadata.annotations?.[MIRROR] === undefined) yield pod;
  }
}

function claimOf({ spec: { claimRef } }: PersistentVolume): string | undefined {
  return claimRef && `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}`;
}
