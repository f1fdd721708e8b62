import type { KubernetesObject } from '../../api/meta.ts';

/** Told of what an {@link ObjectSource} holds, in order. */
export interface ObjectFollower<T extends KubernetesObject> {
  /** What is held now is this and nothing else. */
  reset(objects: Iterable<T>): void;
  /** Undefined: it did not exist, or does not any longer. */
  changed(previous: T | undefined, current: T | undefined): void;
}

/** The objects of one resource as this server knows them. */
export interface ObjectSource<T extends KubernetesObject> {
  /** `namespace` is "" for a cluster-scoped object. */
  get(namespace: string, name: string): T | undefined;
  list(namespace: string): Iterable<T>;
  /** For as long as the server runs. Begins with a reset. */
  follow(follower: ObjectFollower<T>): void;
  /** Undefined if this is all there is, own writes included; else when it will be. */
  synced(): Promise<void> | undefined;
}
