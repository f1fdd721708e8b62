/** Who may do what: nodes, roles that are given away, and the reviews that tell. */
import { core, namespace, pod, TRY } from './admission.ts';
import { given, type Step, type Story } from './story.ts';

type Json = Readonly<Record<string, unknown>>;

const NODE = 'system:node:n1,system:nodes';
const NODES = '/api/v1/nodes';
const plain = { name: 'c', image: 'i' };

const asNode = (step: Omit<Step, 'as'>): Step => ({ shows: ['metadata.name'], as: NODE, ...step });
const onNode = (nodeName: string, more: Json = {}): Json => pod([plain], { nodeName, ...more });
const mirror = { 'kubernetes.io/config.mirror': 'x' };

const nodeSteps: Step[] = [
  namespace('nodes'),
  given(`POST ${NODES}`, { metadata: { name: 'n1' } }),
  given(`POST ${NODES}`, { metadata: { name: 'n2' } }),
  given(`POST ${core('nodes', 'pods')}`, { ...onNode('n1'), metadata: { name: 'mine' } }),
  given(`POST ${core('nodes', 'pods')}`, { ...onNode('n2'), metadata: { name: 'theirs' } }),
  given(`POST ${core('nodes', 'secrets')}`, { metadata: { name: 'secret' } }),
  given(`POST ${core('nodes', 'serviceaccounts')}`, { metadata: { name: 'default' } }),
  // The graph of what a node needs is made from watches.
  { ...asNode({ ask: `GET ${core('nodes', 'pods')}/mine` }), until: 200 },
  ...[
    { metadata: { labels: { 'node-restriction.kubernetes.io/a': 'b' } } },
    { metadata: { labels: { 'kubernetes.io/other': 'b' } } },
    { metadata: { labels: { 'k8s.io/a': 'b', 'x.kubernetes.io/y': 'z' } } },
    {
      metadata: {
        labels: { 'kubelet.kubernetes.io/a': 'b', 'kubernetes.io/hostname': 'n1', a: 'b' },
      },
    },
    { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'b' }] } },
    { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } },
    { spec: { unschedulable: true } },
    { spec: { configSource: { configMap: { name: 'a', namespace: 'b', kubeletConfigKey: 'c' } } } },
  ].map((body) => asNode({ ask: `PATCH ${NODES}/n1${TRY}`, body })),
  asNode({ ask: `PATCH ${NODES}/n2${TRY}`, body: { metadata: { labels: { a: 'b' } } } }),
  asNode({ ask: `PATCH ${NODES}/n2/status${TRY}`, body: { status: { capacity: { cpu: '1' } } } }),
  asNode({ ask: `PATCH ${NODES}/n1/status${TRY}`, body: { status: { capacity: { cpu: '1' } } } }),
  asNode({ ask: `POST ${NODES}${TRY}`, body: { metadata: { name: 'n3' } } }),
  asNode({
    ask: `POST ${NODES}${TRY}`,
    body: { metadata: { name: 'n1', labels: { 'kubernetes.io/x': 'y' } } },
  }),
  asNode({ ask: `DELETE ${NODES}/n2${TRY}` }),
  asNode({ ask: `DELETE ${NODES}/n1${TRY}` }),
  asNode({ ask: `GET ${core('nodes', 'secrets')}/secret` }),
  asNode({ ask: `GET ${core('nodes', 'secrets')}` }),
  asNode({ ask: `GET ${core('nodes', 'pods')}` }),
  asNode({ ask: `GET ${core('nodes', 'pods')}?fieldSelector=spec.nodeName=n1`, shows: ['kind'] }),
  asNode({ ask: `GET ${core('nodes', 'pods')}/theirs` }),
  asNode({ ask: `POST ${core('nodes', 'pods')}${TRY}`, body: onNode('n1') }),
  asNode({
    ask: `POST ${core('nodes', 'pods')}${TRY}`,
    body: { ...onNode('n2'), metadata: { name: 'm', annotations: mirror } },
  }),
  asNode({
    ask: `POST ${core('nodes', 'pods')}${TRY}`,
    body: { ...onNode('n1'), metadata: { name: 'm', annotations: mirror } },
  }),
  asNode({
    ask: `POST ${core('nodes', 'pods')}${TRY}`,
    body: {
      ...onNode('n1', { serviceAccountName: 'a' }),
      metadata: { name: 'm', annotations: mirror },
    },
  }),
  asNode({
    ask: `POST ${core('nodes', 'pods')}${TRY}`,
    body: {
      ...onNode('n1', { volumes: [{ name: 'v', secret: { secretName: 's' } }] }),
      metadata: { name: 'm', annotations: mirror },
    },
  }),
  asNode({
    ask: `PATCH ${core('nodes', 'pods')}/mine/status${TRY}`,
    body: { status: { message: 'm' } },
  }),
  asNode({
    ask: `PATCH ${core('nodes', 'pods')}/theirs/status${TRY}`,
    body: { status: { message: 'm' } },
  }),
  asNode({
    ask: `PATCH ${core('nodes', 'pods')}/mine/status${TRY}`,
    body: { metadata: { labels: { a: 'b' } } },
  }),
  asNode({
    ask: `PATCH ${core('nodes', 'pods')}/mine${TRY}`,
    body: { metadata: { labels: { a: 'b' } } },
  }),
  asNode({ ask: `DELETE ${core('nodes', 'pods')}/theirs${TRY}` }),
  asNode({
    ask: `POST ${core('nodes', 'pods')}/theirs/eviction${TRY}`,
    body: { metadata: { name: 'theirs' } },
  }),
  asNode({ ask: `POST ${core('nodes', 'pods')}/mine/eviction${TRY}`, body: {} }),
  asNode({
    ask: `POST ${core('nodes', 'pods')}/mine/eviction${TRY}`,
    body: { metadata: { name: 'mine' } },
  }),
  ...[
    {},
    { boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: 'secret', uid: 'u' } },
    { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'mine' } },
    { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'theirs', uid: 'u' } },
    { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'mine', uid: 'u' } },
    {
      audiences: ['other'],
      boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'mine', uid: 'u' },
    },
  ].map((spec) =>
    asNode({
      ask: `POST ${core('nodes', 'serviceaccounts')}/default/token`,
      body: { spec },
      shows: ['spec'],
    }),
  ),
  asNode({
    ask: `POST /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases${TRY}`,
    body: { metadata: { name: 'n2' } },
  }),
  asNode({
    ask: `POST /apis/coordination.k8s.io/v1/namespaces/nodes/leases${TRY}`,
    body: { metadata: { name: 'n1' } },
  }),
  asNode({
    ask: `POST /apis/storage.k8s.io/v1/csinodes${TRY}`,
    body: { metadata: { name: 'n2' }, spec: { drivers: [] } },
  }),
  asNode({
    ask: `POST /apis/resource.k8s.io/v1/resourceslices${TRY}`,
    body: {
      metadata: { name: 's' },
      spec: {
        driver: 'd.example.com',
        nodeName: 'n2',
        pool: { name: 'p', generation: 1, resourceSliceCount: 1 },
      },
    },
  }),
  asNode({ ask: `GET /apis/resource.k8s.io/v1/resourceslices` }),
  asNode({ ask: `GET /apis/apps/v1/deployments` }),
  asNode({ ask: `GET /metrics` }),
];

const ROLES = '/apis/rbac.authorization.k8s.io/v1';
const inScope = `${ROLES}/namespaces/escalation`;
const role = (name: string, rules: readonly Json[]): Json => ({ metadata: { name }, rules });
const rule = (apiGroup: string, resource: string, ...verbs: string[]): Json => ({
  apiGroups: [apiGroup],
  resources: [resource],
  verbs,
});
const binding = (kind: string, name: string): Json => ({
  metadata: { name: 'b' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
  subjects: [{ kind: 'User', name: 'bob', apiGroup: 'rbac.authorization.k8s.io' }],
});
const asAnn = (step: Omit<Step, 'as'>): Step => ({
  shows: ['rules', 'roleRef'],
  as: 'ann',
  ...step,
});

const escalationSteps: Step[] = [
  namespace('escalation'),
  given(
    `POST ${inScope}/roles`,
    role('manager', [
      rule('rbac.authorization.k8s.io', '*', 'get', 'create', 'update', 'patch', 'delete'),
      rule('', 'pods', 'get', 'list'),
    ]),
  ),
  given(`POST ${inScope}/roles`, role('secrets', [rule('', 'secrets', 'get')])),
  given(`POST ${inScope}/rolebindings`, {
    ...binding('Role', 'manager'),
    metadata: { name: 'manager' },
    subjects: [{ kind: 'User', name: 'ann', apiGroup: 'rbac.authorization.k8s.io' }],
  }),
  { ...asAnn({ ask: `GET ${inScope}/roles/manager` }), until: 200 },
  ...[
    [rule('', 'pods', 'get')],
    [rule('', 'pods', 'get', 'delete')],
    [rule('', 'secrets', 'get')],
    [rule('*', '*', '*')],
    [rule('apps', 'deployments', 'get', 'list'), rule('', 'pods', 'get'), rule('', 'nodes', 'get')],
    [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['a', 'b'], verbs: ['get'] }],
    [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }],
    [{ verbs: ['get'] }],
    [{ apiGroups: [''], resources: ['pods'] }],
    [{ apiGroups: [''], resources: ['pods'], nonResourceURLs: ['/x'], verbs: ['get'] }],
  ].map((rules) => asAnn({ ask: `POST ${inScope}/roles${TRY}`, body: role('new', rules) })),
  asAnn({
    ask: `PATCH ${inScope}/roles/secrets${TRY}`,
    body: { rules: [rule('', 'secrets', 'get', 'list')] },
  }),
  asAnn({
    ask: `PATCH ${inScope}/roles/secrets${TRY}`,
    body: { metadata: { labels: { a: 'b' } } },
  }),
  asAnn({ ask: `POST ${inScope}/rolebindings${TRY}`, body: binding('Role', 'manager') }),
  asAnn({ ask: `POST ${inScope}/rolebindings${TRY}`, body: binding('Role', 'secrets') }),
  asAnn({ ask: `POST ${inScope}/rolebindings${TRY}`, body: binding('Role', 'unheard') }),
  asAnn({ ask: `POST ${inScope}/rolebindings${TRY}`, body: binding('ClusterRole', 'unheard') }),
  asAnn({
    ask: `POST ${inScope}/rolebindings${TRY}`,
    body: binding('ClusterRole', 'system:basic-user'),
  }),
  asAnn({ ask: `POST ${inScope}/rolebindings${TRY}`, body: binding('Other', 'view') }),
  asAnn({
    ask: `POST ${inScope}/rolebindings${TRY}`,
    body: {
      ...binding('Role', 'manager'),
      subjects: [{ kind: 'User' }, { kind: 'Other', name: 'x' }],
    },
  }),
  asAnn({
    ask: `PATCH ${inScope}/rolebindings/manager${TRY}`,
    body: { roleRef: { name: 'secrets' } },
  }),
  asAnn({ ask: `POST ${ROLES}/clusterroles${TRY}`, body: role('new', [rule('', 'pods', 'get')]) }),
  asAnn({ ask: `GET ${core('escalation', 'secrets')}` }),
  asAnn({ ask: `GET ${core('escalation', 'pods')}/x` }),
  asAnn({ ask: `GET ${core('escalation', 'pods')}/x/log` }),
  asAnn({ ask: `DELETE ${core('escalation', 'pods')}` }),
  asAnn({ ask: 'GET /apis/story.example.com/v1/nothing' }),
  asAnn({ ask: 'GET /logs' }),
  { ...asAnn({ ask: 'GET /api/v1/nodes' }), as: 'system:anonymous' },
  { ...asAnn({ ask: 'GET /api/v1/nodes' }), as: 'system:serviceaccount:escalation:x' },
];

const AUTHORIZATION = '/apis/authorization.k8s.io/v1';
const AUTHENTICATION = '/apis/authentication.k8s.io/v1';
const review = (kind: string, spec: unknown, as?: string): Step => ({
  ask: `POST ${AUTHORIZATION}/${kind}`,
  body: { spec },
  ...(as !== undefined && { as }),
});
const pods = { namespace: 'escalation', verb: 'get', resource: 'pods' };

const reviewSteps: Step[] = [
  ...[
    { user: 'ann', resourceAttributes: pods },
    { user: 'bob', resourceAttributes: pods },
    { user: 'x', groups: ['system:masters'], resourceAttributes: pods },
    {
      user: 'ann',
      groups: ['g'],
      uid: 'u',
      extra: { a: ['b'] },
      resourceAttributes: { ...pods, verb: 'list', version: 'v1', name: 'n' },
    },
    { user: 'ann' },
    { resourceAttributes: pods },
    { user: 'ann', resourceAttributes: pods, nonResourceAttributes: { path: '/x', verb: 'get' } },
    { user: 'ann', nonResourceAttributes: { path: '/logs', verb: 'get' } },
    {
      user: 'ann',
      resourceAttributes: {
        ...pods,
        fieldSelector: {
          rawSelector: 'a=b',
          requirements: [{ key: 'a', operator: 'In', values: ['b'] }],
        },
      },
    },
    { user: 'ann', resourceAttributes: { ...pods, fieldSelector: {} } },
    {
      user: 'ann',
      resourceAttributes: {
        ...pods,
        labelSelector: { requirements: [{ key: 'a', operator: 'Like' }] },
      },
    },
    { user: 'ann', resourceAttributes: { ...pods, labelSelector: { rawSelector: 'a in (' } } },
    {
      user: 'system:node:n1',
      groups: ['system:nodes'],
      resourceAttributes: { verb: 'get', resource: 'secrets', namespace: 'nodes', name: 'secret' },
    },
    {
      user: 'system:node:n1',
      groups: ['system:nodes'],
      resourceAttributes: { verb: 'update', resource: 'nodes', name: 'n1', subresource: 'status' },
    },
  ].map((spec) => review('subjectaccessreviews', spec)),
  ...[
    { user: 'ann', resourceAttributes: pods },
    { user: 'ann', resourceAttributes: { ...pods, namespace: 'other' } },
    { user: 'ann', resourceAttributes: { ...pods, namespace: '' } },
    { user: 'ann', nonResourceAttributes: { path: '/x', verb: 'get' } },
  ].map((spec) => review('namespaces/escalation/localsubjectaccessreviews', spec)),
  ...[
    { resourceAttributes: pods },
    { nonResourceAttributes: { path: '/logs', verb: 'get' } },
    {},
    { resourceAttributes: pods, nonResourceAttributes: { path: '/x' } },
  ].map((spec) => review('selfsubjectaccessreviews', spec, 'ann')),
  // The order of rules is that of a map.
  {
    ...review('selfsubjectrulesreviews', { namespace: 'escalation' }, 'ann'),
    shows: ['spec', 'status.incomplete'],
  },
  review('selfsubjectrulesreviews', { namespace: '' }, 'ann'),
  review('selfsubjectrulesreviews', {}, 'ann'),
  review('subjectaccessreviews', { user: 'bob', resourceAttributes: pods }, 'ann'),
  {
    ...review('subjectaccessreviews', { user: 'x', resourceAttributes: pods }),
    body: { metadata: { name: 'x' }, spec: { user: 'x', resourceAttributes: pods } },
  },
  { ask: `POST ${AUTHENTICATION}/tokenreviews`, body: { spec: { token: 'unheard' } } },
  { ask: `POST ${AUTHENTICATION}/tokenreviews`, body: { spec: {} } },
  {
    ask: `POST ${AUTHENTICATION}/tokenreviews`,
    body: { spec: { token: 'a.b.c', audiences: ['x'] } },
  },
  {
    ask: `POST ${AUTHENTICATION}/tokenreviews`,
    body: { metadata: { namespace: 'x' }, spec: { token: 'x' } },
  },
  { ask: `POST ${AUTHENTICATION}/tokenreviews`, as: 'ann', body: { spec: { token: 'x' } } },
  { ask: `POST ${AUTHENTICATION}/selfsubjectreviews`, as: 'ann,team', body: {} },
  {
    ask: `POST ${AUTHENTICATION}/selfsubjectreviews`,
    as: 'ann',
    body: { metadata: { name: 'x' } },
  },
  { ask: `GET ${AUTHENTICATION}/tokenreviews` },
  { ask: `GET ${AUTHORIZATION}/subjectaccessreviews/x` },
];

export const accessStories: readonly Story[] = [
  { title: 'access: what nodes may', steps: nodeSteps },
  { title: 'access: escalation', steps: escalationSteps },
  // After those: they tell of their nodes, roles and bindings.
  { title: 'access: reviews', steps: reviewSteps },
];
