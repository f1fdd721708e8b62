/** Decisions of RBAC among a thousand roles, in this process: CPU time, no requests. */
import type { KubernetesObject } from '../../api/meta.ts';
import type { Attributes } from '../../apiserver/authz/authorizer.ts';
import type { ObjectFollower, ObjectSource } from '../../apiserver/authz/object-source.ts';
import { RbacAuthorizer } from '../../apiserver/authz/rbac/rbac-authorizer.ts';
import { rows, runs, say } from '../suite.ts';

const ROLES = 1_000;
const DECISIONS = 100_000;

function source<T extends KubernetesObject>(objects: readonly T[]): ObjectSource<T> {
  const byKey = new Map(
    objects.map((one) => [`${one.metadata.namespace ?? ''}/${one.metadata.name ?? ''}`, one]),
  );
  return {
    get: (namespace, name) => byKey.get(`${namespace}/${name}`),
    list: () => objects,
    follow: (follower: ObjectFollower<T>) => follower.reset(objects),
    synced: () => undefined,
  };
}

/** Half of the roles hold in a namespace, half everywhere; a group of all users has twenty. */
function authorizer(): RbacAuthorizer {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const apiGroup = 'rbac.authorization.k8s.io';
  const metadata = (i: number) => ({ name: `role-${i}`, namespace: `team-${i % 100}` });
  const rules = (i: number) => [
    { apiGroups: ['', 'apps'], resources: [`kind${i}`, 'configmaps'], verbs: ['get', 'list'] },
    { apiGroups: [`g${i}.example.com`], resources: ['*'], verbs: ['*'] },
  ];
  const subjects = (i: number) => [
    i % 50 === 0
      ? { kind: 'Group', apiGroup, name: 'everybody' }
      : { kind: 'User', apiGroup, name: `user-${i % 200}` },
  ];
  const numbers = Array.from({ length: ROLES / 2 }, (_, i) => i);
  const roleRef = (kind: string, i: number) => ({ apiGroup, kind, name: `role-${i}` });
  const bare = (i: number) => ({ name: `role-${i}` });
  return new RbacAuthorizer({
    roles: source(
      numbers.map((i) => ({ apiVersion, kind: 'Role', metadata: metadata(i), rules: rules(i) })),
    ),
    roleBindings: source(
      numbers.map((i) => ({
        ...{ apiVersion, kind: 'RoleBinding', metadata: metadata(i), subjects: subjects(i) },
        roleRef: roleRef('Role', i),
      })),
    ),
    clusterRoles: source(
      numbers.map((i) => ({
        ...{ apiVersion, kind: 'ClusterRole', metadata: bare(i), rules: rules(i + ROLES) },
      })),
    ),
    clusterRoleBindings: source(
      numbers.map((i) => ({
        ...{ apiVersion, kind: 'ClusterRoleBinding', metadata: bare(i), subjects: subjects(i) },
        roleRef: roleRef('ClusterRole', i),
      })),
    ),
  });
}

export function benchAuthorization(): void {
  const rbac = authorizer();
  const asked = (verb: string, i: number): Attributes => ({
    ...{ type: 'resource', verb, group: '', resource: 'configmaps', subresource: '' },
    ...{ namespace: `team-${i % 100}`, name: 'one' },
  });
  for (const [answer, verb] of [
    ['allows', 'get'],
    ['refuses', 'delete'],
  ] as const) {
    say(`authorization that ${answer}, ${ROLES} roles`);
    const rates: number[] = [];
    for (let run = -1; run < runs; run++) {
      const before = process.cpuUsage();
      for (let i = 0; i < DECISIONS; i++) {
        const user = { name: `user-${1 + (i % 199)}`, groups: ['everybody'] };
        void rbac.authorize(user, asked(verb, i));
      }
      const { user, system } = process.cpuUsage(before);
      if (run >= 0) rates.push(DECISIONS / ((user + system) / 1e6));
    }
    const work = `authorization that ${answer}, RBAC with ${ROLES.toLocaleString('en')} roles`;
    rows.push({ work: `${work}, per second of CPU`, unit: 'per s', ours: rates });
  }
}
