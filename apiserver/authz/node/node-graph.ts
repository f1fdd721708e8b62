import type { KubernetesObject } from '../../../api/meta.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../../api/types/core-v1.ts';
import type { VolumeAttachment } from '../../../api/types/storage-v1.ts';
import type { ObjectSource } from '../object-source.ts';
import { PodsByNode } from './pods-by-node.ts';
import { podReferences, type ReferencedResource, volumeSecrets } from './references.ts';

export interface NodeObjects {
  readonly pods: ObjectSource<Pod>;
  readonly persistentVolumes: ObjectSource<PersistentVolume>;
  readonly persistentVolumeClaims: ObjectSource<PersistentVolumeClaim>;
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
  #pods: PodsByNode | undefined;

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
      const references = podReferences(pod);
      const there = pod.metadata.namespace ?? '';
      if (there === namespace)
        if (references.some((one) => one.resource === resource && one.name === name)) return true;
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

  *#volumesOf(pod: Pod): Generator<PersistentVolume> {
    const { persistentVolumes, persistentVolumeClaims } = this.#objects;
    const namespace = pod.metadata.namespace ?? '';
    for (const { resource, name } of podReferences(pod)) {
      if (resource !== 'persistentvolumeclaims') continue;
      const claim = persistentVolumeClaims.get(namespace, name);
      const volume = persistentVolumes.get('', claim?.spec.volumeName ?? '');
      const bound = volume?.spec.claimRef;
      if (bound?.name === name && bound.namespace === namespace) yield volume!;
    }
  }

  #podsOf(node: string): Iterable<Pod> {
    this.#pods ??= new PodsByNode(this.#objects.pods);
    return this.#pods.of(node);
  }
}
