/**
 * The roles and bindings that every cluster has, as Kubernetes 1.34 writes them: names, rules,
 * labels and subjects are theirs (https://kubernetes.io/docs/reference/access-authn-authz/rbac/,
 * "Default roles and role bindings").
 *
 * Two more are ours. Our controllers work under one identity in place of one service account
 * each, so that identity has all their roles; and one process may be many hollow nodes, which no
 * node's identity covers.
 */
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  Subject,
} from '../../../api/types/rbac-v1.ts';
import { clusterRoles } from './cluster-roles.ts';
import { controllerRoles } from './controller-roles.ts';
import { kubePublicRoles, kubeSystemRoles } from './namespace-roles.ts';
import { type RoleTable, ruleOf } from './notation.ts';

const GROUP = 'rbac.authorization.k8s.io';
const apiVersion = `${GROUP}/v1`;
const CONTROLLER = 'system:controller:';
const AGGREGATE = `${GROUP}/aggregate-to-`;

/** Set to "false" on an object, it is left as its owner made it. */
export const AUTOUPDATE = 'rbac.authorization.kubernetes.io/autoupdate';

/** Of a process that is several hollow nodes. */
const HOLLOW_NODES_GROUP = 'wherry:hollow-nodes';

function metadata(name: string, labels: Readonly<Record<string, string>> = {}) {
  return {
    name,
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
    annotations: { [AUTOUPDATE]: 'true' },
  };
}

const aggregatedTo = (role: string) => ({ [AGGREGATE + role]: 'true' });

function clusterRole(
  name: string,
  lines: readonly string[],
  labels?: Readonly<Record<string, string>>,
): ClusterRole {
  const rules = lines.map(ruleOf);
  return { apiVersion, kind: 'ClusterRole', metadata: metadata(name, labels), rules };
}

/** Its rules are those of the roles with the label, put together by a controller. */
function aggregated(role: string, labels?: Readonly<Record<string, string>>): ClusterRole {
  return {
    apiVersion,
    kind: 'ClusterRole',
    metadata: metadata(role, labels),
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregatedTo(role) }] },
  };
}

const labelled: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'system:aggregate-to-admin': aggregatedTo('admin'),
  'system:aggregate-to-edit': aggregatedTo('edit'),
  'system:aggregate-to-view': aggregatedTo('view'),
};

/** What controllers of ours need that Kubernetes has no role for. */
const ourOwn = [
  // hollow-provisioner: the default class, and the volumes it makes up and attaches.
  'create get | storage.k8s.io | storageclasses',
  'create get update | core | persistentvolumes',
  'get update patch | core | persistentvolumeclaims persistentvolumeclaims/status',
  'update patch | core | persistentvolumes/status',
  'patch | storage.k8s.io | volumeattachments/status',
];

/** Every rule once. */
function controllersRole(): ClusterRole {
  const lines = new Set([...Object.values(controllerRoles).flat(), ...ourOwn]);
  return clusterRole('wherry:controllers', [...lines]);
}

export function bootstrapClusterRoles(): ClusterRole[] {
  return [
    aggregated('admin'),
    aggregated('edit', aggregatedTo('admin')),
    aggregated('view', aggregatedTo('edit')),
    ...Object.entries(clusterRoles).map(([name, lines]) =>
      clusterRole(name, lines, labelled[name]),
    ),
    ...Object.entries(controllerRoles).map(([name, lines]) =>
      clusterRole(CONTROLLER + name, lines),
    ),
    controllersRole(),
  ];
}

const user = (name: string): Subject => ({ apiGroup: GROUP, kind: 'User', name });
const group = (name: string): Subject => ({ apiGroup: GROUP, kind: 'Group', name });
const account = (name: string): Subject => ({
  kind: 'ServiceAccount',
  name,
  namespace: 'kube-system',
});

/** Role → who has it in the whole cluster, where the binding has the role's name. */
const clusterSubjects: Readonly<Record<string, readonly Subject[]>> = {
  'cluster-admin': [group('system:masters')],
  'system:basic-user': [group('system:authenticated')],
  'system:discovery': [group('system:authenticated')],
  'system:kube-controller-manager': [user('system:kube-controller-manager')],
  'system:kube-dns': [account('kube-dns')],
  'system:kube-scheduler': [user('system:kube-scheduler')],
  'system:monitoring': [group('system:monitoring')],
  // Nodes have the node authorizer, which looks closer.
  'system:node': [],
  'system:node-proxier': [user('system:kube-proxy')],
  'system:public-info-viewer': [group('system:authenticated'), group('system:unauthenticated')],
  'system:service-account-issuer-discovery': [group('system:serviceaccounts')],
  'system:volume-scheduler': [user('system:kube-scheduler')],
  'wherry:controllers': [user('system:kube-controller-manager')],
};

function clusterRoleBinding(
  name: string,
  role: string,
  subjects: readonly Subject[],
): ClusterRoleBinding {
  return {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: metadata(name),
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: role },
    ...(subjects.length === 0 ? {} : { subjects }),
  };
}

export function bootstrapClusterRoleBindings(): ClusterRoleBinding[] {
  return [
    ...Object.entries(clusterSubjects).map(([role, subjects]) =>
      clusterRoleBinding(role, role, subjects),
    ),
    clusterRoleBinding(HOLLOW_NODES_GROUP, 'system:node', [group(HOLLOW_NODES_GROUP)]),
    ...Object.keys(controllerRoles).map((name) =>
      clusterRoleBinding(CONTROLLER + name, CONTROLLER + name, [account(name)]),
    ),
  ];
}

export function bootstrapRoles(): Role[] {
  const rolesOf = (namespace: string, table: RoleTable): Role[] =>
    Object.entries(table).map(([name, lines]) => {
      const rules: PolicyRule[] = lines.map(ruleOf);
      return { apiVersion, kind: 'Role', metadata: { ...metadata(name), namespace }, rules };
    });
  return [...rolesOf('kube-public', kubePublicRoles), ...rolesOf('kube-system', kubeSystemRoles)];
}

const MANAGER = 'kube-controller-manager';
const SCHEDULER = 'kube-scheduler';
const AUTHENTICATION_READER = 'extension-apiserver-authentication-reader';

/** Namespace, binding, role and who has it. */
const namespaceSubjects: readonly (readonly [string, string, string, readonly Subject[]])[] = [
  [
    'kube-public',
    `${CONTROLLER}bootstrap-signer`,
    `${CONTROLLER}bootstrap-signer`,
    [account('bootstrap-signer')],
  ],
  [
    'kube-system',
    `system::${AUTHENTICATION_READER}`,
    AUTHENTICATION_READER,
    [user(`system:${MANAGER}`), user(`system:${SCHEDULER}`)],
  ],
  [
    'kube-system',
    `system::leader-locking-${MANAGER}`,
    `system::leader-locking-${MANAGER}`,
    [user(`system:${MANAGER}`), account(MANAGER), account('leader-election-controller')],
  ],
  [
    'kube-system',
    `system::leader-locking-${SCHEDULER}`,
    `system::leader-locking-${SCHEDULER}`,
    [user(`system:${SCHEDULER}`), account(SCHEDULER)],
  ],
  ...['bootstrap-signer', 'cloud-provider', 'token-cleaner'].map(
    (name) => ['kube-system', CONTROLLER + name, CONTROLLER + name, [account(name)]] as const,
  ),
];

export function bootstrapRoleBindings(): RoleBinding[] {
  return namespaceSubjects.map(([namespace, name, role, subjects]) => ({
    apiVersion,
    kind: 'RoleBinding',
    metadata: { ...metadata(name), namespace },
    roleRef: { apiGroup: GROUP, kind: 'Role', name: role },
    subjects,
  }));
}
