/** Roles, identities and refusals as stock kubectl meets them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterRoles } from '../../api/resources.ts';
import { type Cluster, startCluster } from '../../index.ts';
import { run, type Result, temporaryFolder, tool } from './harness.ts';
import { until } from '../support/until.ts';

const kubectlPath = tool('kubectl');

describe.skipIf(kubectlPath === undefined)('access, with kubectl', () => {
  let cluster: Cluster;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let config: string;

  const kubectl = (...args: string[]): Promise<Result> =>
    run(kubectlPath!, ['--kubeconfig', config, ...args], { env: { HOME: folder.path } });

  async function ok(...args: string[]): Promise<string> {
    const said = await kubectl(...args);
    expect(said, args.join(' ')).toMatchObject({ code: 0 });
    return said.stdout;
  }

  async function refused(...args: string[]): Promise<string> {
    const said = await kubectl(...args);
    expect(said, args.join(' ')).toMatchObject({ code: 1 });
    return said.stderr;
  }

  /** Decisions follow the store with a moment's delay, as kube-apiserver's do. */
  const says = (expected: string, ...args: string[]): Promise<true> =>
    until(
      `${expected}: ${args.join(' ')}`,
      async () => (await kubectl(...args)).stdout.trim() === expected,
    );

  beforeAll(async () => {
    folder = await temporaryFolder();
    cluster = await startCluster({ nodes: 1 });
    config = join(folder.path, 'config');
    await writeFile(config, cluster.kubeconfig);
    for (const role of ['view', 'edit', 'admin'])
      await ok('create', 'rolebinding', role, `--clusterrole=${role}`, `--user=${role}er`);
    await says('yes', 'auth', 'can-i', 'delete', 'roles', '--as=adminer');
  });

  afterAll(async () => {
    await cluster?.stop();
    await folder?.remove();
  });

  it('aggregates admin, edit and view', async () => {
    const rulesOf = async (name: string) =>
      (await cluster.client.get(clusterRoles, { name })).rules?.length ?? 0;
    expect(await rulesOf('view')).toBe(11);
    expect(await rulesOf('edit')).toBeGreaterThan(await rulesOf('view'));
    expect(await rulesOf('admin')).toBeGreaterThan(await rulesOf('edit'));
  });

  it.each([
    ['viewer', 'get pods', 'yes'],
    ['viewer', 'get secrets', 'no'],
    ['viewer', 'create pods', 'no'],
    ['viewer', 'get pods -n kube-system', 'no'],
    ['editer', 'get secrets', 'yes'],
    ['editer', 'create deployments.apps', 'yes'],
    ['editer', 'create rolebindings.rbac.authorization.k8s.io', 'no'],
    ['adminer', 'create rolebindings.rbac.authorization.k8s.io', 'yes'],
    ['adminer', 'get resourcequotas', 'yes'],
    ['adminer', 'create resourcequotas', 'no'],
    ['adminer', 'get nodes', 'no'],
    ['nobody', 'create selfsubjectaccessreviews.authorization.k8s.io', 'yes'],
    ['nobody', 'get /version', 'yes'],
    ['nobody', 'get /metrics', 'no'],
    ['system:kube-scheduler', 'create pods --subresource=binding', 'yes'],
    ['system:kube-scheduler', 'get secrets', 'no'],
    ['system:serviceaccount:kube-system:job-controller', 'create pods', 'yes'],
    ['system:serviceaccount:kube-system:job-controller', 'create secrets', 'no'],
  ])('%s may %s: %s', async (user, question, answer) => {
    const { stdout } = await kubectl('auth', 'can-i', ...question.split(' '), `--as=${user}`);
    expect(stdout.trim()).toBe(answer);
  });

  /** Without kubectl's columns: how wide they are is its own affair. */
  const squeezed = (table: string): string[] =>
    table
      .trim()
      .split('\n')
      .map((line) => line.replace(/\s{2,}/g, '  ').trimEnd());

  it.each([
    ['view', 'viewer'],
    ['edit', 'editer'],
    ['admin', 'adminer'],
    ['authenticated', 'nobody'],
  ])('lists all that the role %s gives', async (role, user) => {
    const listed = await ok('auth', 'can-i', '--list', `--as=${user}`);
    const path = join(import.meta.dirname, 'can-i', `${role}.txt`);
    expect(squeezed(listed)).toEqual(squeezed(await readFile(path, 'utf8')));
  });

  it('lists what an administrator may, and to nodes and strangers that it cannot', async () => {
    const all = squeezed(await ok('auth', 'can-i', '--list'));
    expect(all).toContain('*.*  []  []  [*]');
    expect(all).toContain('  [*]  []  [*]');
    // What the Node authorizer allows depends on the pods of the node: it has no list.
    const node = ['--as=system:node:node1', '--as-group=system:nodes'];
    const listed = await kubectl('auth', 'can-i', '--list', ...node);
    expect(listed.stderr).toContain(
      'the list may be incomplete: node authorizer does not support user rule resolution',
    );
    expect(squeezed(listed.stdout)).toEqual(
      squeezed(await readFile(join(import.meta.dirname, 'can-i', 'authenticated.txt'), 'utf8')),
    );
    for (const [question, answer] of [
      ['get nodes/node1', 'yes'],
      ['update nodes/node1 --subresource=status', 'yes'],
      ['list pods -A', 'no - can only list/watch pods with spec.nodeName field selector'],
      ['create pods', 'yes'],
      ['list secrets', 'no - No Object name found'],
      ['get secrets/other', "no - no relationship found between node 'node1' and this object"],
      ['create deployments.apps', 'no'],
    ] as const) {
      const asked = await kubectl('auth', 'can-i', ...question.split(' '), ...node);
      expect(asked.stdout.trim(), question).toBe(answer);
    }
    const anonymous = await refused('auth', 'can-i', '--list', '--as=system:anonymous');
    expect(anonymous).toContain(
      'selfsubjectrulesreviews.authorization.k8s.io is forbidden: User "system:anonymous" cannot ' +
        'create resource "selfsubjectrulesreviews" in API group "authorization.k8s.io" ' +
        'at the cluster scope',
    );
    expect(await ok('get', '--raw', '/version', '--as=system:anonymous')).toContain('gitVersion');
    expect(await refused('get', '--raw', '/api', '--as=system:anonymous')).toContain(
      'forbidden: User "system:anonymous" cannot get path "/api"',
    );
  });

  it('says who may not do what, and where', async () => {
    expect(await refused('get', 'pods', '--as=jane')).toBe(
      'Error from server (Forbidden): pods is forbidden: User "jane" cannot list resource ' +
        '"pods" in API group "" in the namespace "default"\n',
    );
    expect(await refused('get', 'nodes', '--as=viewer')).toBe(
      'Error from server (Forbidden): nodes is forbidden: User "viewer" cannot list resource ' +
        '"nodes" in API group "" at the cluster scope\n',
    );
    expect(await refused('delete', 'deploy', 'web', '--as=viewer')).toBe(
      'Error from server (Forbidden): deployments.apps "web" is forbidden: User "viewer" cannot ' +
        'delete resource "deployments" in API group "apps" in the namespace "default"\n',
    );
    expect(await refused('get', '--raw', '/metrics', '--as=jane')).toContain(
      'forbidden: User "jane" cannot get path "/metrics"',
    );
    expect(await refused('get', 'secrets', '--as=system:node:n9', '--as-group=system:nodes')).toBe(
      'Error from server (Forbidden): secrets is forbidden: User "system:node:n9" cannot list ' +
        'resource "secrets" in API group "" in the namespace "default": No Object name found\n',
    );
  });

  it('names a role that a binding misses', async () => {
    await ok('create', 'clusterrolebinding', 'lost', '--clusterrole=lost', '--user=jack');
    const missing = 'RBAC: clusterrole.rbac.authorization.k8s.io "lost" not found';
    await says(`no - ${missing}`, 'auth', 'can-i', 'get', 'pods', '--as=jack');
    expect(await refused('get', 'pods', '--as=jack')).toContain(
      `in the namespace "default": ${missing}\n`,
    );
  });

  it('lets nobody give away what they do not have', async () => {
    const escalated = await refused(
      ...['create', 'role', 'nodes', '--verb=get,list', '--resource=nodes', '--as=adminer'],
    );
    expect(escalated).toBe(
      'Error from server (Forbidden): roles.rbac.authorization.k8s.io "nodes" is forbidden: ' +
        'user "adminer" (groups=["system:authenticated"]) is attempting to grant RBAC ' +
        'permissions not currently held:\n' +
        '{APIGroups:[""], Resources:["nodes"], Verbs:["get" "list"]}\n',
    );
    const bound = await refused(
      ...['create', 'rolebinding', 'x', '--clusterrole=cluster-admin', '--user=adminer'],
      '--as=adminer',
    );
    expect(bound).toBe(
      'error: failed to create rolebinding: rolebindings.rbac.authorization.k8s.io "x" is forbidden: ' +
        'user "adminer" (groups=["system:authenticated"]) is attempting to grant RBAC ' +
        'permissions not currently held:\n' +
        '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}\n',
    );
    expect(
      await refused(
        ...['create', 'rolebinding', 'x', '--clusterrole=none', '--user=a', '--as=adminer'],
      ),
    ).toContain('rolebindings.rbac.authorization.k8s.io "none" not found');
    await ok('create', 'rolebinding', 'y', '--clusterrole=view', '--user=ann', '--as=adminer');
    await ok('create', 'role', 'pods', '--verb=get', '--resource=pods', '--as=adminer');
  });

  it('lets impersonate who may', async () => {
    const said = await refused('get', 'pods', '--as=jane', '--as-group=ops', '--as-uid=7');
    expect(said).toContain('User "jane" cannot list');
    await ok('create', 'serviceaccount', 'bot');
    const who = JSON.parse(
      await ok('auth', 'whoami', '-o', 'json', '--as=system:serviceaccount:default:bot'),
    ) as { status: unknown };
    expect(who.status).toEqual({
      userInfo: {
        username: 'system:serviceaccount:default:bot',
        groups: [
          'system:serviceaccounts',
          'system:serviceaccounts:default',
          'system:authenticated',
        ],
      },
    });
  });

  it('reconciles roles with kubectl auth reconcile', async () => {
    const role = (verbs: string[]) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'mine' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs }],
    });
    const file = join(folder.path, 'role.json');
    await writeFile(file, JSON.stringify(role(['get'])));
    await ok('auth', 'reconcile', '-f', file);
    await writeFile(file, JSON.stringify(role(['list'])));
    expect(await ok('auth', 'reconcile', '-f', file)).toContain('mine reconciled');
    const { rules } = await cluster.client.get(clusterRoles, { name: 'mine' });
    expect(rules?.map(({ verbs }) => verbs)).toEqual([['get'], ['list']]);
  });
});
