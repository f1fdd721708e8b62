/**
 * Nobody gives away what they do not have: roles and bindings are refused to who lacks a right in
 * them, unless a rule says otherwise with the verbs escalate and bind
 * (https://kubernetes.io/docs/reference/access-authn-authz/rbac/, "Privilege escalation
 * prevention and bootstrapping").
 */
import { deepEqual } from '../../../../api/deep.ts';
import type { KubernetesObject } from '../../../../api/meta.ts';
import { groupResource, type ResourceType } from '../../../../api/resource.ts';
import { type StatusError, statusError, unexplained } from '../../../../api/status.ts';
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
} from '../../../../api/types/rbac-v1.ts';
import type { Change, WriteAccess } from '../../declaration.ts';
import type { Access } from '../../access-control.ts';

const GROUP = 'rbac.authorization.k8s.io';
/** Its members may do anything already, even where no rule says so. */
const PRIVILEGED = 'system:masters';

const RESOURCES: Readonly<Partial<Record<string, string>>> = {
  ClusterRole: 'clusterroles',
  Role: 'roles',
};

const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

export async function permitRole(
  type: ResourceType,
  { object, old }: Change<Role | ClusterRole>,
  access: WriteAccess,
): Promise<void> {
  const { user, namespace, control } = access;
  if (isExempt(access, object, old)) return;
  const name = object.metadata.name ?? '';
  const asked = { resource: type.resource, namespace, name: old === undefined ? '' : name };
  if ((await control.authorize(user, question('escalate', asked))).allowed) return;
  const why = await control.escalation(user, namespace, object.rules ?? []);
  if (why !== undefined) throw forbidden(type, name, why);
  if (!aggregates(object) && (old === undefined || !aggregates(old))) return;
  if ((await control.escalation(user, namespace, everything)) === undefined) return;
  throw forbidden(type, name, 'must have cluster-admin privileges to use the aggregationRule');
}

export async function permitBinding(
  type: ResourceType,
  { object, old }: Change<RoleBinding | ClusterRoleBinding>,
  access: WriteAccess,
): Promise<void> {
  const { user, namespace, control } = access;
  if (isExempt(access, object, old)) return;
  const { roleRef } = object;
  // Validation says what is wrong with a binding that names no role of ours.
  if (roleRef === undefined || roleRef.apiGroup !== GROUP) return;
  const resource = RESOURCES[roleRef.kind];
  if (resource === undefined)
    throw unexplained(`unsupported role reference kind: ${JSON.stringify(roleRef.kind ?? '')}`);
  const asked = { resource, namespace, name: roleRef.name };
  if ((await control.authorize(user, question('bind', asked))).allowed) return;
  const rules = await control.roleRules(roleRef, namespace);
  if (rules === undefined) {
    // As in Kubernetes, of the resource that the request is about.
    const missing = groupResource({ group: GROUP, resource: type.resource });
    const text = `${missing} ${JSON.stringify(roleRef.name)} not found`;
    throw statusError('NotFound', text, { name: roleRef.name, group: GROUP, kind: type.resource });
  }
  const why = await control.escalation(user, namespace, rules);
  if (why !== undefined) throw forbidden(type, object.metadata.name ?? '', why);
}

function question(
  verb: string,
  of: { readonly resource: string; readonly namespace: string; readonly name: string },
): Access {
  return { type: 'resource', verb, group: GROUP, subresource: '', ...of };
}

function isExempt(
  { user }: WriteAccess,
  object: KubernetesObject,
  old: KubernetesObject | undefined,
): boolean {
  return user.groups.includes(PRIVILEGED) || (old !== undefined && isOnlyForDeletion(object, old));
}

/** The garbage collector may do its work on what it could not have written. */
function isOnlyForDeletion(object: KubernetesObject, old: KubernetesObject): boolean {
  const others = ({ metadata, ...rest }: KubernetesObject): object => ({
    ...rest,
    metadata: {
      ...metadata,
      ownerReferences: undefined,
      finalizers: undefined,
      managedFields: undefined,
    },
  });
  return deepEqual(others(object), others(old));
}

function aggregates(role: Role | ClusterRole): boolean {
  return 'aggregationRule' in role && (role.aggregationRule?.clusterRoleSelectors ?? []).length > 0;
}

function forbidden({ resource }: ResourceType, name: string, why: string): StatusError {
  const subject = `${groupResource({ group: GROUP, resource })} ${JSON.stringify(name)}`;
  return statusError('Forbidden', `${subject} is forbidden: ${why}`, {
    name,
    group: GROUP,
    kind: resource,
  });
}
