/** Who somebody pretends to be, and what is given away: impersonation, bind and escalate. */
import { TRY } from './admission.ts';
import { given, type Step, type Story } from './story.ts';

type Json = Readonly<Record<string, unknown>>;

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const WHOAMI = 'POST /apis/authentication.k8s.io/v1/selfsubjectreviews';
export const rule = (
  [group, resource]: readonly [string, string],
  verbs: readonly string[],
  ...names: readonly string[]
): Json => ({
  ...{ apiGroups: [group], resources: [resource], verbs },
  ...(names.length > 0 && { resourceNames: names }),
});

/** A user with a ClusterRole of its name. */
export const allowed = (user: string, ...rules: readonly Json[]): Step[] => [
  given(`POST ${RBAC}/clusterroles`, { metadata: { name: user }, rules }),
  given(`POST ${RBAC}/clusterrolebindings`, {
    metadata: { name: user },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: user },
    subjects: [{ kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' }],
  }),
];

const acting = (headers: Readonly<Record<string, string>>): Step => ({
  ...{ ask: WHOAMI, body: {}, headers, shows: ['status.userInfo'] },
});

const impersonation: Story = {
  title: 'identities: who is impersonated',
  steps: [
    { ...acting({ 'impersonate-user': 'ann' }), until: 201 },
    { ...acting({ 'impersonate-user': 'system:serviceaccount:default:bot' }), until: 201 },
    ...[
      { 'impersonate-user': 'ann' },
      { 'impersonate-user': 'ann', 'impersonate-group': 'team' },
      { 'impersonate-user': 'ann', 'impersonate-group': 'system:authenticated' },
      { 'impersonate-user': 'ann', 'impersonate-group': 'system:unauthenticated' },
      { 'impersonate-user': 'ann', 'impersonate-group': 'system:masters' },
      { 'impersonate-user': 'ann', 'impersonate-uid': '7' },
      { 'impersonate-user': 'ann', 'impersonate-uid': '' },
      { 'impersonate-user': 'ann', 'impersonate-extra-scopes': 'view' },
      { 'impersonate-user': 'ann', 'impersonate-extra-example.com%2fProject': 'p' },
      { 'impersonate-user': 'ann', 'impersonate-extra-bad%zz': 'p' },
      { 'impersonate-user': 'ann', 'impersonate-extra-': 'p' },
      { 'impersonate-user': 'system:anonymous' },
      { 'impersonate-user': 'system:anonymous', 'impersonate-group': 'team' },
      { 'impersonate-user': 'system:serviceaccount:default:bot' },
      { 'impersonate-user': 'system:serviceaccount:default:bot', 'impersonate-group': 'team' },
      { 'impersonate-user': 'system:serviceaccount:default' },
      { 'impersonate-user': 'system:serviceaccount:A_B:bot' },
      { 'impersonate-user': 'system:serviceaccount:default:B_B' },
      { 'impersonate-user': 'system:serviceaccount::' },
      { 'impersonate-user': 'system:serviceaccount:a:b:c' },
      { 'impersonate-group': 'team' },
      { 'impersonate-uid': '7' },
      { 'impersonate-extra-scopes': 'view' },
      { 'impersonate-user': '', 'impersonate-group': 'team' },
      { 'impersonate-user': 'system:node:n1', 'impersonate-group': 'system:nodes' },
      { 'impersonate-user': 'a\tb' },
    ].map((headers) => acting(headers as Readonly<Record<string, string>>)),
  ],
};

/** Those that impersonate are asked for by access reviews: only administrators send these headers. */
const review = (user: string, resourceAttributes: Json, more: Json = {}): Step => ({
  ask: 'POST /apis/authorization.k8s.io/v1/subjectaccessreviews',
  body: { spec: { user, resourceAttributes, ...more } },
  shows: ['status'],
});

const inScope = `${RBAC}/namespaces/default`;
const roleBinding = (roleRef: Json, subjects: readonly Json[] = []): Json => ({
  metadata: { name: 'b' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', ...roleRef },
  subjects,
});
const as = (user: string, step: Step): Step => ({ as: user, shows: ['roleRef', 'rules'], ...step });
const every = [rule(['*', '*'], ['*'])];
const selectsAll = { clusterRoleSelectors: [{ matchLabels: { any: 'x' } }] };
const rbac = 'rbac.authorization.k8s.io';
const writes = ['create', 'update', 'patch', 'get', 'delete'];

const escalation: Story = {
  title: 'identities: bind, escalate and aggregate',
  steps: [
    ...allowed(
      'binder',
      rule([rbac, 'rolebindings'], writes),
      rule([rbac, 'clusterrolebindings'], writes),
      rule([rbac, 'clusterroles'], ['bind'], 'view'),
    ),
    ...allowed(
      'climber',
      rule([rbac, 'roles'], [...writes, 'escalate'], 'open'),
      rule([rbac, 'roles'], ['create']),
      rule([rbac, 'clusterroles'], writes),
    ),
    ...allowed(
      'freeclimber',
      rule([rbac, 'roles'], [...writes, 'escalate']),
      rule([rbac, 'clusterroles'], [...writes, 'escalate']),
    ),
    ...allowed(
      'partial',
      rule([rbac, 'roles'], writes),
      rule(['', 'pods'], ['get', 'list'], 'a'),
      rule(['apps', '*'], ['get']),
      rule(['', '*/status'], ['get']),
    ),
    given(`POST ${RBAC}/clusterroles`, {
      metadata: { name: 'whole' },
      aggregationRule: selectsAll,
      rules: [],
    }),
    given(`POST ${inScope}/roles`, { metadata: { name: 'open' }, rules: [] }),
    given(`POST ${inScope}/rolebindings`, {
      ...roleBinding({ kind: 'ClusterRole', name: 'view' }),
      metadata: { name: 'viewers' },
    }),
    { ...as('partial', { ask: `GET ${inScope}/roles/open` }), until: 200 },
    { ...as('freeclimber', { ask: `GET ${inScope}/roles/open` }), until: 200 },
    ...['view', 'edit', 'cluster-admin', 'nothing'].flatMap((name) => [
      as('binder', {
        ask: `POST ${inScope}/rolebindings${TRY}`,
        body: roleBinding({ kind: 'ClusterRole', name }),
      }),
      as('binder', {
        ask: `POST ${RBAC}/clusterrolebindings${TRY}`,
        body: roleBinding({ kind: 'ClusterRole', name }),
      }),
    ]),
    as('binder', {
      ask: `POST ${inScope}/rolebindings${TRY}`,
      body: roleBinding({ kind: 'Role', name: 'open' }),
    }),
    as('binder', {
      ask: `PATCH ${inScope}/rolebindings/viewers${TRY}`,
      body: { subjects: [{ kind: 'Group', name: 'g', apiGroup: rbac }] },
    }),
    as('binder', {
      ask: `PATCH ${inScope}/rolebindings/viewers${TRY}`,
      body: { roleRef: { name: 'admin' } },
    }),
    as('climber', { ask: `PATCH ${inScope}/roles/open${TRY}`, body: { rules: every } }),
    as('climber', {
      ask: `POST ${inScope}/roles${TRY}`,
      body: { metadata: { name: 'new' }, rules: every },
    }),
    as('climber', {
      ask: `POST ${inScope}/roles${TRY}`,
      body: { metadata: { name: 'new' }, rules: [] },
    }),
    as('climber', {
      ask: `POST ${RBAC}/clusterroles${TRY}`,
      body: { metadata: { name: 'new' }, aggregationRule: selectsAll },
    }),
    as('climber', {
      ask: `PATCH ${RBAC}/clusterroles/whole${TRY}`,
      body: { metadata: { labels: { a: 'b' } } },
    }),
    as('climber', {
      ask: `PATCH ${RBAC}/clusterroles/whole${TRY}`,
      body: { aggregationRule: null },
    }),
    as('climber', { ask: `PATCH ${RBAC}/clusterroles/whole${TRY}`, body: { rules: every } }),
    as('climber', {
      ask: `PATCH ${RBAC}/clusterroles/view${TRY}`,
      body: { metadata: { labels: { 'rbac.authorization.k8s.io/aggregate-to-admin': 'true' } } },
    }),
    as('climber', {
      ask: `PATCH ${RBAC}/clusterroles/view${TRY}`,
      body: { aggregationRule: { clusterRoleSelectors: [{}] } },
    }),
    as('climber', {
      ask: `PUT ${RBAC}/clusterroles/new${TRY}`,
      body: { metadata: { name: 'new' }, rules: every },
    }),
    as('freeclimber', {
      ask: `POST ${inScope}/roles${TRY}`,
      body: { metadata: { name: 'new' }, rules: every },
    }),
    as('freeclimber', {
      ask: `POST ${RBAC}/clusterroles${TRY}`,
      body: { metadata: { name: 'new' }, rules: every },
    }),
    as('freeclimber', {
      ask: `POST ${RBAC}/clusterroles${TRY}`,
      body: { metadata: { name: 'new' }, aggregationRule: selectsAll },
    }),
    ...[
      [rule(['', 'pods'], ['get'], 'a')],
      [rule(['', 'pods'], ['get'])],
      [rule(['', 'pods'], ['get', 'list', 'watch'], 'a', 'b')],
      [rule(['apps', 'deployments'], ['get'])],
      [rule(['apps', '*'], ['get'])],
      [rule(['apps', '*/scale'], ['get'])],
      [rule(['*', 'deployments'], ['get'])],
      [rule(['', 'pods/status'], ['get'])],
      [rule(['', '*/status'], ['get'])],
      [rule(['', '*'], ['get'])],
      [{ apiGroups: ['', 'apps'], resources: ['pods', 'deployments'], verbs: ['get'] }],
      [{ nonResourceURLs: ['*'], verbs: ['*'] }],
      [rule([rbac, 'roles'], ['escalate'])],
      [rule(['', 'users'], ['impersonate'])],
    ].map((rules) =>
      as('partial', {
        ask: `POST ${inScope}/roles${TRY}`,
        body: { metadata: { name: 'new' }, rules },
      }),
    ),
    ...allowed(
      'mime',
      rule(['', 'users'], ['impersonate'], 'bob'),
      rule(['', 'groups'], ['impersonate'], 'team'),
      rule(['authentication.k8s.io', 'userextras/scopes'], ['impersonate'], 'view'),
      rule(['', 'serviceaccounts'], ['impersonate']),
    ),
    {
      ...review('mime', { verb: 'impersonate', resource: 'users', name: 'bob' }),
      until: ({ status }) => (status as Json)['allowed'] === true,
    },
    ...[
      { resource: 'users', name: 'ann' },
      { resource: 'users', name: '' },
      { resource: 'users', name: '*' },
      { resource: 'groups', name: 'team' },
      { resource: 'groups', name: 'system:masters' },
      {
        group: 'authentication.k8s.io',
        resource: 'userextras',
        subresource: 'scopes',
        name: 'view',
      },
      {
        group: 'authentication.k8s.io',
        resource: 'userextras',
        subresource: 'scopes',
        name: 'edit',
      },
      {
        group: 'authentication.k8s.io',
        resource: 'userextras',
        subresource: 'other',
        name: 'view',
      },
      { resource: 'userextras', subresource: 'scopes', name: 'view' },
      { group: 'authentication.k8s.io', resource: 'uids', name: '7' },
      { resource: 'serviceaccounts', namespace: 'kube-system', name: 'any' },
      { group: '*', resource: '*', verb: '*' },
      { group: '', resource: 'users', verb: '*', name: 'bob' },
      { resource: 'USERS', name: 'bob' },
    ].map((attributes) => review('mime', { verb: 'impersonate', ...attributes })),
    review('', { verb: 'get', resource: 'pods' }),
    review('', { verb: 'get', resource: 'pods' }, { groups: ['system:masters'] }),
    review('mime', {}),
    review('mime', { verb: 'get' }),
    review('mime', { verb: 'get', resource: 'pods', namespace: '../kube-system' }),
    review('mime', { verb: 'get', resource: 'pods', name: '\u0000' }),
    review('mime', { verb: 'get', resource: 'p'.repeat(5000) }),
    review('mime', { verb: 'get', resource: 'pods' }, { extra: { 'A B': ['c'] } }),
    review('mime', { verb: 'get', resource: 'pods' }, { nonResourceAttributes: {} }),
    {
      ask: 'POST /apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: { spec: { user: 'x', nonResourceAttributes: { path: '/../api', verb: 'get' } } },
    },
    {
      ask: 'POST /apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: {
        spec: {
          user: 'x',
          groups: ['system:unauthenticated'],
          nonResourceAttributes: { path: '/healthz', verb: 'get' },
        },
      },
    },
    { ask: 'POST /apis/authorization.k8s.io/v1/subjectaccessreviews', body: {} },
    { ask: 'POST /apis/authorization.k8s.io/v1/subjectaccessreviews', body: { spec: null } },
    { ask: 'POST /apis/authorization.k8s.io/v1/subjectaccessreviews', body: { spec: { user: 7 } } },
    {
      ask: 'POST /apis/authorization.k8s.io/v1/subjectaccessreviews?dryRun=All',
      body: { spec: { user: 'x', resourceAttributes: { verb: 'get', resource: 'pods' } } },
    },
  ],
};

export const identityStories: readonly Story[] = [impersonation, escalation];
