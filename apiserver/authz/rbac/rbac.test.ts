import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../api/meta.ts';
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  Subject,
} from '../../../api/types/rbac-v1.ts';
import type { Attributes } from '../authorizer.ts';
import type { ObjectFollower, ObjectSource } from '../object-source.ts';
import { breakDown, missingRules } from './covers.ts';
import { missingText } from './describe.ts';
import { RbacAuthorizer } from './rbac-authorizer.ts';
import { ruleAllows } from './rule.ts';

class Objects<T extends KubernetesObject> implements ObjectSource<T> {
  readonly #objects = new Map<string, T>();
  readonly #followers: ObjectFollower<T>[] = [];

  get = (namespace: string, name: string): T | undefined =>
    this.#objects.get(`${namespace}/${name}`);
  list = (): Iterable<T> => this.#objects.values();
  synced = (): undefined => undefined;
  follow(follower: ObjectFollower<T>): void {
    this.#followers.push(follower);
    follower.reset(this.list());
  }
  set(object: T): void {
    this.#change(object.metadata, object);
  }
  delete(metadata: { namespace?: string; name: string }): void {
    this.#change(metadata, undefined);
  }
  #change({ namespace = '', name }: KubernetesObject['metadata'], object: T | undefined): void {
    const key = `${namespace}/${name}`;
    const previous = this.#objects.get(key);
    if (object === undefined) this.#objects.delete(key);
    else this.#objects.set(key, object);
    for (const follower of this.#followers) follower.changed(previous, object);
  }
}

const apiVersion = 'rbac.authorization.k8s.io/v1';
const apiGroup = 'rbac.authorization.k8s.io';

function setUp() {
  const objects = {
    roles: new Objects<Role>(),
    roleBindings: new Objects<RoleBinding>(),
    clusterRoles: new Objects<ClusterRole>(),
    clusterRoleBindings: new Objects<ClusterRoleBinding>(),
  };
  return { ...objects, rbac: new RbacAuthorizer(objects) };
}

const clusterRole = (name: string, ...rules: PolicyRule[]): ClusterRole => ({
  apiVersion,
  kind: 'ClusterRole',
  metadata: { name },
  rules,
});

const clusterBinding = (
  name: string,
  role: string,
  ...subjects: Subject[]
): ClusterRoleBinding => ({
  apiVersion,
  kind: 'ClusterRoleBinding',
  metadata: { name },
  roleRef: { apiGroup, kind: 'ClusterRole', name: role },
  subjects,
});

const binding = (at: string, role: string, ...subjects: Subject[]): RoleBinding => {
  const [namespace = '', name = ''] = at.split('/');
  const [kind = '', roleName = ''] = role.split(':');
  return {
    apiVersion,
    kind: 'RoleBinding',
    metadata: { namespace, name },
    roleRef: { apiGroup, kind, name: roleName },
    subjects,
  };
};

const user = (name: string): Subject => ({ kind: 'User', apiGroup, name });
const group = (name: string): Subject => ({ kind: 'Group', apiGroup, name });
const account = (name: string, namespace?: string): Subject => ({
  kind: 'ServiceAccount',
  name,
  ...(namespace === undefined ? {} : { namespace }),
});

/** "get pods in default", "get /healthz". */
function asked(text: string): Attributes {
  const [verb = '', what = '', , namespace = ''] = text.split(' ');
  if (what.startsWith('/')) return { type: 'path', verb, path: what };
  const [full = '', name = ''] = what.split(':');
  const [dotted = '', subresource = ''] = full.split('/');
  const [resource = '', ...rest] = dotted.split('.');
  return { type: 'resource', verb, group: rest.join('.'), resource, subresource, namespace, name };
}

/** Verbs, groups, resources, names. */
const rule = (...lists: [string, string, string, string?]): PolicyRule => {
  const [verbs, groups, resources, names] = lists;
  return {
    verbs: verbs.split(' '),
    apiGroups: groups.split(' ').map((one) => (one === 'core' ? '' : one)),
    resources: resources.split(' '),
    ...(names === undefined ? {} : { resourceNames: names.split(' ') }),
  };
};

describe('a rule', () => {
  it.each([
    [rule('get list', 'core', 'pods'), 'get pods in a', true],
    [rule('get list', 'core', 'pods'), 'delete pods in a', false],
    [rule('get', 'core', 'pods'), 'get pods/log in a', false],
    [rule('get', 'core', 'pods/log'), 'get pods/log in a', true],
    [rule('get', 'core', 'pods/log'), 'get pods in a', false],
    [rule('get', 'core', '*'), 'get pods/log in a', true],
    [rule('get', '*', '*/scale'), 'get deployments.apps/scale in a', true],
    [rule('get', '*', '*/scale'), 'get deployments.apps in a', false],
    [rule('get', 'apps', 'deployments'), 'get deployments.extensions in a', false],
    [rule('get', 'core', 'secrets', 'one two'), 'get secrets:two in a', true],
    [rule('get', 'core', 'secrets', 'one two'), 'get secrets:three in a', false],
    [rule('list', 'core', 'secrets', 'one'), 'list secrets in a', false],
    [rule('*', '*', '*'), 'impersonate users:jane', true],
    [rule('*', '*', '*'), 'get /healthz', false],
    [{ verbs: ['get'], nonResourceURLs: ['/api/*'] }, 'get /api/v1', true],
    [{ verbs: ['get'], nonResourceURLs: ['/api/*'] }, 'get /api', false],
    [{ verbs: ['get'], nonResourceURLs: ['/api'] }, 'post /api', false],
    [{ verbs: ['*'], nonResourceURLs: ['*'] }, 'put /anything', true],
  ])('%j: %s %s', (given, question, allowed) => {
    expect(ruleAllows(given, asked(question))).toBe(allowed);
  });
});

describe('the RBAC authorizer', () => {
  it('allows what a binding of the user, a group or the service account gives, and says by what', () => {
    const { rbac, ...objects } = setUp();
    objects.clusterRoles.set(clusterRole('reader', rule('get', 'core', 'pods')));
    objects.clusterRoleBindings.set(clusterBinding('to-jane', 'reader', user('jane')));
    objects.clusterRoleBindings.set(clusterBinding('to-devs', 'reader', group('devs')));
    objects.roleBindings.set(binding('a/to-bot', 'ClusterRole:reader', account('bot')));
    const decide = (name: string, groups: string[], question: string) =>
      rbac.authorize({ name, groups }, asked(question));
    expect(decide('jane', [], 'get pods in a')).toMatchObject({
      allowed: true,
      reason:
        'RBAC: allowed by ClusterRoleBinding "to-jane" of ClusterRole "reader" to User "jane"',
    });
    expect(decide('joe', ['devs'], 'get pods')).toMatchObject({ allowed: true });
    expect(decide('joe', ['ops'], 'get pods')).toEqual({ allowed: false });
    expect(decide('system:serviceaccount:a:bot', [], 'get pods in a')).toMatchObject({
      reason:
        'RBAC: allowed by RoleBinding "to-bot/a" of ClusterRole "reader" ' +
        'to ServiceAccount "bot/a"',
    });
    expect(decide('system:serviceaccount:a:bot', [], 'get pods in b')).toEqual({ allowed: false });
  });

  it('names the roles that bindings miss', () => {
    const { rbac, ...objects } = setUp();
    objects.clusterRoleBindings.set(clusterBinding('x', 'gone', user('jane')));
    const jane = { name: 'jane', groups: [] };
    const missing = 'clusterrole.rbac.authorization.k8s.io "gone" not found';
    expect(rbac.authorize(jane, asked('get pods in a'))).toEqual({
      allowed: false,
      reason: `RBAC: ${missing}`,
    });
    objects.roleBindings.set(binding('a/y', 'Role:lost', user('jane')));
    expect(rbac.authorize(jane, asked('get pods in a'))).toEqual({
      allowed: false,
      reason: `RBAC: [${missing}, role.rbac.authorization.k8s.io "lost" not found]`,
    });
  });

  it('forgets a subject with its binding, and keeps the others', () => {
    const { rbac, ...objects } = setUp();
    objects.clusterRoles.set(clusterRole('reader', rule('get', 'core', 'pods')));
    const may = (name: string) =>
      (rbac.authorize({ name, groups: [] }, asked('get pods')) as { allowed: boolean }).allowed;
    objects.clusterRoleBindings.set(clusterBinding('b', 'reader', user('jane'), user('joe')));
    objects.clusterRoleBindings.set(clusterBinding('c', 'reader', user('joe')));
    objects.clusterRoleBindings.set(clusterBinding('b', 'reader', user('ann')));
    expect([may('jane'), may('joe'), may('ann')]).toEqual([false, true, true]);
    objects.clusterRoleBindings.delete({ name: 'c' });
    expect([may('jane'), may('joe'), may('ann')]).toEqual([false, false, true]);
  });

  it('lists the rules of a user in a namespace', async () => {
    const { rbac, ...objects } = setUp();
    const pods = rule('get', 'core', 'pods');
    const nodes = rule('get', 'core', 'nodes');
    objects.clusterRoles.set(clusterRole('reader', pods));
    objects.clusterRoles.set(clusterRole('nodes', nodes));
    objects.clusterRoleBindings.set(clusterBinding('b', 'nodes', user('jane'), group('devs')));
    objects.roleBindings.set(binding('a/b', 'ClusterRole:reader', group('devs')));
    const jane = { name: 'jane', groups: ['devs'] };
    expect((await rbac.rulesFor(jane, 'a')).rules).toEqual([nodes, pods]);
    expect((await rbac.rulesFor(jane, 'b')).rules).toEqual([nodes]);
  });

  it('decides as a search through all bindings would', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const subject = fc.oneof(
      name.map(user),
      name.map(group),
      name.map((n) => account(n, 'a')),
    );
    const change = fc.record({
      name,
      role: name,
      subjects: fc.array(subject, { maxLength: 3 }),
      deletes: fc.boolean(),
    });
    const asker = fc.record({
      name: fc.oneof(name, fc.constant('system:serviceaccount:a:b')),
      groups: fc.uniqueArray(name),
    });
    fc.assert(
      fc.property(fc.array(change), asker, name, (changes, who, resource) => {
        const { rbac, ...objects } = setUp();
        for (const own of ['a', 'b', 'c'])
          objects.clusterRoles.set(clusterRole(own, rule('get', 'core', own)));
        const bindings = new Map<string, ClusterRoleBinding>();
        for (const one of changes) {
          const next = clusterBinding(one.name, one.role, ...one.subjects);
          if (one.deletes) {
            bindings.delete(one.name);
            objects.clusterRoleBindings.delete({ name: one.name });
          } else {
            bindings.set(one.name, next);
            objects.clusterRoleBindings.set(next);
          }
        }
        const means = (of: Subject): boolean =>
          of.kind === 'Group'
            ? who.groups.some((one) => one === of.name)
            : who.name === (of.kind === 'User' ? of.name : `system:serviceaccount:a:${of.name}`);
        const expected = [...bindings.values()].some(
          ({ roleRef, subjects }) => roleRef.name === resource && subjects!.some(means),
        );
        const decision = rbac.authorize(who, asked(`get ${resource}`)) as { allowed: boolean };
        expect(decision.allowed).toBe(expected);
      }),
    );
  });
});

describe('what a grant would exceed', () => {
  const all = rule('*', '*', '*');
  it.each<[string, PolicyRule[], PolicyRule[], number]>([
    ['nothing is held', [], [rule('get list', 'core', 'pods')], 2],
    ['everything is held', [all], [rule('get list', 'core', 'pods secrets', 'x')], 0],
    ['paths are no resources', [all], [{ verbs: ['get'], nonResourceURLs: ['/x'] }], 1],
    [
      'a name is less than all',
      [rule('get', 'core', 'pods', 'x')],
      [rule('get', 'core', 'pods')],
      1,
    ],
    ['all names cover one', [rule('get', 'core', 'pods')], [rule('get', 'core', 'pods', 'x y')], 0],
    [
      'two rules together',
      [rule('get', 'core', 'a'), rule('get', 'core', 'b')],
      [rule('get', 'core', 'a b')],
      0,
    ],
    [
      'any subresource',
      [rule('get', '*', '*/scale')],
      [rule('get', 'apps', 'deployments/scale')],
      0,
    ],
    [
      'a prefix of paths',
      [{ verbs: ['get'], nonResourceURLs: ['/a/*'] }],
      [{ verbs: ['get'], nonResourceURLs: ['/a/b', '/a'] }],
      1,
    ],
  ])('%s', (...[, held, wanted, missing]) => {
    expect(missingRules(held, wanted)).toHaveLength(missing);
  });

  it('is what it says: with the missing rules nothing is missing', () => {
    const list = fc.array(fc.constantFrom('a', 'b', '*', 'a/s', '*/s'), {
      minLength: 1,
      maxLength: 3,
    });
    const one = fc.record({ verbs: list, apiGroups: list, resources: list });
    fc.assert(
      fc.property(fc.array(one), fc.array(one), (held, wanted) => {
        const missing = missingRules(held, wanted);
        expect(missingRules([...held, ...missing], wanted)).toEqual([]);
        expect(missing.length).toBeLessThanOrEqual(wanted.flatMap(breakDown).length);
      }),
    );
  });

  it('is told with the verbs of a thing together', () => {
    const missing = missingRules(
      [],
      [
        rule('get list', 'core', 'pods'),
        rule('get', 'core', 'secrets', 'x'),
        { verbs: ['get'], nonResourceURLs: ['/x'] },
      ],
    );
    expect(missingText(missing)).toBe(
      '{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}\n' +
        '{APIGroups:[""], Resources:["secrets"], ResourceNames:["x"], Verbs:["get"]}\n' +
        '{NonResourceURLs:["/x"], Verbs:["get"]}',
    );
  });
});
