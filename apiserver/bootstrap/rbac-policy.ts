import type { KubernetesObject } from '../../api/meta.ts';
import { resourcePath, type ResourceType } from '../../api/resource.ts';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from '../../api/resources.ts';
import type {
  ClusterRole,
  ClusterRoleBinding,
  Role,
  RoleBinding,
} from '../../api/types/rbac-v1.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Random } from '../../platform/random.ts';
import {
  bootstrapClusterRoleBindings,
  bootstrapClusterRoles,
  bootstrapRoleBindings,
  bootstrapRoles,
} from '../authz/policy/objects.ts';
import { reconciledBinding, reconciledRole } from '../authz/policy/reconcile.ts';
import type { RbacObjects } from '../authz/rbac/rbac-authorizer.ts';
import type { Storage } from '../storage/storage.ts';
import { createStored } from './create-stored.ts';
import type { SelfClient } from './self-client.ts';

export interface RbacPolicyOptions {
  readonly client: SelfClient;
  readonly serves: (type: ResourceType) => boolean;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
  /** What is there, as of now. */
  readonly objects: RbacObjects;
}

/**
 * Writes the default roles and bindings where they are missing or lack something. What is there
 * is read from memory, and all writes are under way together: they share the store's batches.
 */
export async function ensureRbacPolicy(options: RbacPolicyOptions): Promise<void> {
  const { serves, objects } = options;
  if (![roles, roleBindings, clusterRoles, clusterRoleBindings].every(serves)) return;
  await objects.clusterRoles.synced();
  await Promise.all([
    ...bootstrapClusterRoles().map((role) => ensureRole(options, role)),
    ...bootstrapRoles().map((role) => ensureRole(options, role)),
    ...bootstrapClusterRoleBindings().map((binding) => ensureBinding(options, binding)),
    ...bootstrapRoleBindings().map((binding) => ensureBinding(options, binding)),
  ]);
}

async function ensureRole(options: RbacPolicyOptions, expected: ClusterRole | Role): Promise<void> {
  const { client, objects } = options;
  const { namespace = '', name = '' } = expected.metadata;
  const existing =
    namespace === '' ? objects.clusterRoles.get('', name) : objects.roles.get(namespace, name);
  const type = namespace === '' ? clusterRoles : roles;
  if (existing === undefined) return createStored(options, type, expected);
  const next = reconciledRole<ClusterRole | Role>(existing, expected);
  if (next !== undefined) await update(client, type, next);
}

async function ensureBinding(
  options: RbacPolicyOptions,
  expected: ClusterRoleBinding | RoleBinding,
): Promise<void> {
  const { client, objects } = options;
  const { namespace = '', name = '' } = expected.metadata;
  const existing =
    namespace === ''
      ? objects.clusterRoleBindings.get('', name)
      : objects.roleBindings.get(namespace, name);
  const type = namespace === '' ? clusterRoleBindings : roleBindings;
  if (existing === undefined) return createStored(options, type, expected);
  const next = reconciledBinding(existing, expected);
  if (next === undefined) return;
  if (!next.recreate) return update(client, type, next.binding);
  await client.delete(resourcePath(type, expected.metadata));
  await createStored(options, type, next.binding);
}

/** Lost to another write, it is left for the next start. */
async function update(
  client: SelfClient,
  type: ResourceType,
  object: KubernetesObject,
): Promise<void> {
  await client.update(resourcePath(type, object.metadata), object);
}
