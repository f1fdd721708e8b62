import type { KubernetesObject } from '../api/meta.ts';
import type { ResourceType } from '../api/resource.ts';
import {
  clusterRoleBindings,
  clusterRoles,
  persistentVolumes,
  pods,
  roleBindings,
  roles,
  volumeAttachments,
} from '../api/resources.ts';
import type { NodeObjects } from './authz/node/node-graph.ts';
import type { ObjectSource } from './authz/object-source.ts';
import type { RbacObjects } from './authz/rbac/rbac-authorizer.ts';
import type { ResourceStorage } from './storage/resource-storage.ts';
import type { Storage } from './storage/storage.ts';

/** What the watch cache holds of a resource; nothing for one that is not served. */
export function objectSource<T extends KubernetesObject>(
  storage: Storage,
  { resource }: ResourceType<T>,
): ObjectSource<T> {
  const stored = storage.resource(resource);
  return stored === undefined ? none : sourceOf(stored);
}

const none: ObjectSource<never> = {
  get: () => undefined,
  list: () => [],
  follow: () => {},
  synced: () => undefined,
};

function sourceOf<T extends KubernetesObject>(stored: ResourceStorage): ObjectSource<T> {
  const list = function* (namespace: string): Generator<T> {
    for (const object of stored.served(namespace)) yield object.value as T;
  };
  return {
    get: (namespace, name) => stored.servedOne(namespace, name)?.value as T | undefined,
    list,
    follow: (follower) =>
      stored.follow({
        reset: () => follower.reset(list('')),
        changed: (previous, current) =>
          follower.changed(previous?.value as T | undefined, current?.value as T | undefined),
      }),
    synced: () => stored.synced(),
  };
}

export function rbacObjects(storage: Storage): RbacObjects {
  return {
    roles: objectSource(storage, roles),
    roleBindings: objectSource(storage, roleBindings),
    clusterRoles: objectSource(storage, clusterRoles),
    clusterRoleBindings: objectSource(storage, clusterRoleBindings),
  };
}

const resourceSlices: ResourceType = {
  group: 'resource.k8s.io',
  version: 'v1',
  resource: 'resourceslices',
  kind: 'ResourceSlice',
  namespaced: false,
};

export function nodeObjects(storage: Storage): NodeObjects {
  return {
    pods: objectSource(storage, pods),
    persistentVolumes: objectSource(storage, persistentVolumes),
    volumeAttachments: objectSource(storage, volumeAttachments),
    resourceSlices: objectSource(storage, resourceSlices),
  };
}
