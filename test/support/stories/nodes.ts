/** What a node that was taken over tries: NodeRestriction's rules. */
import { core, namespace, pod, TRY } from './admission.ts';
import { requestOf } from './certificate-requests.ts';
import { given, type Step, type Story } from './story.ts';

type Json = Readonly<Record<string, unknown>>;

export const NODE = 'system:node:h1,system:nodes';
const NODES = '/api/v1/nodes';
const plain = { name: 'c', image: 'i' };
export const asNode = (step: Omit<Step, 'as'>): Step => ({
  shows: ['metadata.name'],
  as: NODE,
  ...step,
});
const on = (name: string, nodeName: string, spec: Json = {}): Json => ({
  ...pod([plain], { nodeName, ...spec }),
  metadata: { name },
});

const owner = (more: Json = {}): Json => ({
  ...{ apiVersion: 'v1', kind: 'Node', name: 'h1', uid: '$uid(h1)', controller: true },
  ...more,
});
const mirror = (owners: readonly Json[], spec: Json = {}): Step =>
  asNode({
    ask: `POST ${core('hosts', 'pods')}${TRY}`,
    body: {
      ...pod([plain], { nodeName: 'h1', ...spec }),
      metadata: {
        name: 'm',
        annotations: { 'kubernetes.io/config.mirror': 'x' },
        ownerReferences: owners,
      },
    },
  });
const volume = (source: Json): Json => ({ volumes: [{ name: 'v', ...source }] });
const environment = (more: Json): Json => ({ containers: [{ ...plain, ...more }] });
const secretKeyRef = { name: 's', key: 'k' };

const mirrors: Story = {
  title: 'nodes: mirror pods',
  steps: [
    namespace('hosts'),
    { ...given(`POST ${NODES}`, { metadata: { name: 'h1' } }), keeps: 'h1' },
    mirror([]),
    mirror([owner(), owner({ name: 'h2' })]),
    mirror([owner({ apiVersion: 'v2' })]),
    mirror([owner({ kind: 'Pod' })]),
    mirror([owner({ name: 'h2' })]),
    mirror([owner({ controller: false })]),
    mirror([owner({ controller: null })]),
    mirror([owner({ blockOwnerDeletion: true })]),
    mirror([owner({ uid: 'other' })]),
    mirror([owner()]),
    ...[
      { imagePullSecrets: [{ name: 's' }] },
      environment({ env: [{ name: 'A', valueFrom: { secretKeyRef } }] }),
      environment({ envFrom: [{ secretRef: { name: 's' } }] }),
      environment({ env: [{ name: 'A', valueFrom: { configMapKeyRef: secretKeyRef } }] }),
      environment({ envFrom: [{ configMapRef: { name: 's' } }] }),
      { resourceClaims: [{ name: 'r', resourceClaimName: 'x' }] },
      volume({ secret: { secretName: 's' } }),
      volume({ configMap: { name: 's' } }),
      volume({ secret: { secretName: '' } }),
      volume({ csi: { driver: 'd.example.com' } }),
      volume({ glusterfs: { endpoints: 'e', path: 'p' } }),
      volume({ persistentVolumeClaim: { claimName: 'c' } }),
      volume({
        ephemeral: {
          volumeClaimTemplate: {
            spec: {
              accessModes: ['ReadWriteOnce'],
              resources: { requests: { storage: '1Gi' } },
            },
          },
        },
      }),
      volume({ azureFile: { secretName: 's', shareName: 'x' } }),
      volume({ iscsi: { targetPortal: 'x', iqn: 'y', lun: 0, secretRef: { name: 's' } } }),
      volume({ hostPath: { path: '/' } }),
      volume({ emptyDir: {} }),
      ...[
        { secret: { name: 's' } },
        { configMap: { name: 's' } },
        { serviceAccountToken: { path: 'p' } },
        { downwardAPI: { items: [{ path: 'p', fieldRef: { fieldPath: 'metadata.name' } }] } },
      ].map((source) => volume({ projected: { sources: [source] } })),
    ].map((spec) => mirror([owner()], spec)),
    // Of a Node that is not there nobody knows the uid.
    { ...mirror([owner({ name: 'h9' })], { nodeName: 'h9' }), as: 'system:node:h9,system:nodes' },
    { ...mirror([]), as: 'system:node:,system:nodes' },
    // One that is in no group of nodes is no node.
    { ...mirror([]), as: 'system:node:h1' },
  ],
};

const token = (spec: Json, account = 'runner'): Step =>
  asNode({
    ask: `POST ${core('hosts', 'serviceaccounts')}/${account}/token`,
    body: { spec },
    shows: ['spec.audiences', 'spec.boundObjectRef.name'],
  });
const boundTo = (name: string, uid = `$uid(${name})`): Json => ({
  boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid },
});
const tokenVolume = (audience?: string): Json => ({
  name: `v${audience ?? ''}`.replaceAll('.', '-'),
  projected: { sources: [{ serviceAccountToken: { path: 'p', ...(audience && { audience }) } }] },
});
const DRIVERS = '/apis/storage.k8s.io/v1/csidrivers';

const tokens: Story = {
  title: 'nodes: tokens for their pods',
  steps: [
    given(`POST ${NODES}`, { metadata: { name: 'h2' } }),
    ...['runner', 'other'].map((name) =>
      given(`POST ${core('hosts', 'serviceaccounts')}`, { metadata: { name } }),
    ),
    given(`POST ${DRIVERS}`, {
      metadata: { name: 'd.example.com' },
      spec: { tokenRequests: [{ audience: 'inline' }] },
    }),
    given(`POST ${DRIVERS}`, {
      metadata: { name: 'e.example.com' },
      spec: { tokenRequests: [{ audience: 'claimed' }, { audience: '' }] },
    }),
    given(`POST ${DRIVERS}`, {
      metadata: { name: 'ebs.csi.aws.com' },
      spec: { tokenRequests: [{ audience: 'translated' }] },
    }),
    given('POST /api/v1/persistentvolumes', {
      metadata: { name: 'v' },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        claimRef: { namespace: 'hosts', name: 'claim' },
        csi: { driver: 'e.example.com', volumeHandle: 'h' },
      },
    }),
    given(`POST ${core('hosts', 'persistentvolumeclaims')}`, {
      metadata: { name: 'claim' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        volumeName: 'v',
        resources: { requests: { storage: '1Gi' } },
      },
    }),
    ...[
      on('plain', 'h1', { serviceAccountName: 'runner' }),
      on('asks', 'h1', {
        serviceAccountName: 'runner',
        volumes: [
          tokenVolume('vault'),
          { name: 'csi', csi: { driver: 'd.example.com' } },
          { name: 'disk', persistentVolumeClaim: { claimName: 'claim' } },
          { name: 'ebs', awsElasticBlockStore: { volumeID: 'x' } },
        ],
      }),
      on('usual', 'h1', { serviceAccountName: 'runner', volumes: [tokenVolume()] }),
      on('lost', 'h1', {
        serviceAccountName: 'runner',
        volumes: [
          { name: 'a', persistentVolumeClaim: { claimName: 'missing' } },
          { name: 'b', csi: { driver: 'missing.example.com' } },
        ],
      }),
      on('far', 'h2', { serviceAccountName: 'runner' }),
    ].map((body) => ({
      ...given(`POST ${core('hosts', 'pods')}`, body),
      keeps: (body['metadata'] as { name: string }).name,
    })),
    { ...asNode({ ask: `GET ${core('hosts', 'pods')}/lost` }), until: 200 },
    token(boundTo('plain')),
    token({ ...boundTo('plain'), audiences: ['vault'] }),
    token({ ...boundTo('asks'), audiences: ['vault'] }),
    token({ ...boundTo('asks'), audiences: ['inline'] }),
    token({ ...boundTo('asks'), audiences: ['claimed'] }),
    token({ ...boundTo('asks'), audiences: ['translated'] }),
    token({ ...boundTo('asks'), audiences: ['else'] }),
    token({ ...boundTo('asks'), audiences: ['vault', 'inline'] }),
    token({ ...boundTo('asks'), audiences: ['vault', 'vault'] }),
    token(boundTo('asks')),
    token(boundTo('usual')),
    token({ ...boundTo('lost'), audiences: ['vault'] }),
    token(boundTo('far')),
    token(boundTo('usual', 'other')),
    token(boundTo('missing', 'other')),
    token({ boundObjectRef: { kind: 'Node', apiVersion: 'v1', name: 'h1', uid: '$uid(h1)' } }),
    token(boundTo('usual'), 'other'),
    token(boundTo('usual'), 'missing'),
    given('POST /apis/rbac.authorization.k8s.io/v1/clusterroles', {
      metadata: { name: 'audiences' },
      rules: [
        {
          apiGroups: [''],
          resources: ['open'],
          verbs: ['request-serviceaccounts-token-audience'],
          resourceNames: ['runner'],
        },
      ],
    }),
    given('POST /apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name: 'audiences' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'audiences' },
      subjects: [{ kind: 'Group', name: 'system:nodes', apiGroup: 'rbac.authorization.k8s.io' }],
    }),
    { ...token({ ...boundTo('plain'), audiences: ['open'] }), until: 201 },
    token({ ...boundTo('plain'), audiences: ['shut'] }),
  ],
};

const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet';
const certificate = (signerName: string, request: string): Step =>
  asNode({
    ask: `POST ${REQUESTS}${TRY}`,
    body: {
      metadata: { name: 'x' },
      spec: { request, signerName, usages: ['client auth', 'digital signature'] },
    },
    shows: ['spec.signerName', 'spec.username', 'spec.groups', 'spec.extra'],
  });

const SLICES = '/apis/resource.k8s.io/v1/resourceslices';
const slice = (name: string, nodeName?: string): Json => ({
  metadata: { name },
  spec: {
    driver: 'd.example.com',
    ...(nodeName === undefined ? { allNodes: true } : { nodeName }),
    pool: { name: 'p', generation: 1, resourceSliceCount: 1 },
  },
});
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const CSINODES = '/apis/storage.k8s.io/v1/csinodes';
const CLAIMS = core('hosts', 'persistentvolumeclaims');

const others: Story = {
  title: 'nodes: certificates, claims, slices, leases, themselves',
  steps: [
    ...[CLIENT, 'kubernetes.io/kubelet-serving', 'example.com/mine'].flatMap((signer) => [
      certificate(signer, requestOf('system:node:h1', 'system:nodes')),
      certificate(signer, requestOf('system:node:h2', 'system:nodes')),
      certificate(signer, requestOf('admin', 'system:nodes')),
      certificate(signer, Buffer.from('nothing').toString('base64')),
    ]),
    { ...certificate(CLIENT, requestOf('system:node:h2', 'system:nodes')), as: 'ann,team' },
    given('POST /api/v1/namespaces', { metadata: { name: 'kube-node-lease' } }),
    given(`POST ${LEASES}`, { metadata: { name: 'h1' } }),
    given(`POST ${LEASES}`, { metadata: { name: 'h2' } }),
    given(`POST ${CSINODES}`, { metadata: { name: 'h1' }, spec: { drivers: [] } }),
    given(`POST ${CSINODES}`, { metadata: { name: 'h2' }, spec: { drivers: [] } }),
    given(`POST ${SLICES}`, slice('near', 'h1')),
    given(`POST ${SLICES}`, slice('far', 'h2')),
    { ...asNode({ ask: `GET ${SLICES}/near` }), until: 200 },
    ...[LEASES, CSINODES].flatMap((at) => [
      asNode({ ask: `GET ${at}` }),
      ...['h1', 'h2', 'h3'].flatMap((name) => [
        asNode({ ask: `GET ${at}/${name}` }),
        asNode({ ask: `PATCH ${at}/${name}${TRY}`, body: { metadata: { labels: { a: 'b' } } } }),
        asNode({ ask: `DELETE ${at}/${name}${TRY}` }),
      ]),
      asNode({ ask: `DELETE ${at}` }),
      asNode({ ask: `POST ${at}${TRY}`, body: { metadata: { generateName: 'h' }, spec: {} } }),
    ]),
    ...['near', 'far', 'missing'].flatMap((name) => [
      asNode({ ask: `GET ${SLICES}/${name}` }),
      asNode({ ask: `PATCH ${SLICES}/${name}${TRY}`, body: { metadata: { labels: { a: 'b' } } } }),
      asNode({ ask: `DELETE ${SLICES}/${name}${TRY}` }),
    ]),
    asNode({ ask: `POST ${SLICES}${TRY}`, body: slice('x', 'h2') }),
    asNode({ ask: `POST ${SLICES}${TRY}`, body: slice('x') }),
    asNode({ ask: `POST ${SLICES}${TRY}`, body: slice('x', 'h1') }),
    asNode({ ask: `GET ${SLICES}?fieldSelector=spec.nodeName=h2` }),
    asNode({ ask: `GET ${SLICES}?fieldSelector=spec.nodeName!=h1` }),
    asNode({ ask: `GET ${SLICES}?fieldSelector=spec.nodeName=h1`, shows: ['kind'] }),
    asNode({ ask: `DELETE ${SLICES}?fieldSelector=spec.nodeName=h2` }),
    asNode({ ask: `GET ${CLAIMS}/claim` }),
    asNode({ ask: `GET ${CLAIMS}` }),
    asNode({ ask: `PATCH ${CLAIMS}/claim${TRY}`, body: { metadata: { labels: { a: 'b' } } } }),
    ...[
      { status: { capacity: { storage: '2Gi' } } },
      { status: { conditions: [{ type: 'Resizing', status: 'True' }] } },
      { status: { allocatedResources: { storage: '2Gi' } } },
    ].map((body) => asNode({ ask: `PATCH ${CLAIMS}/claim/status${TRY}`, body })),
    ...[{ status: { phase: 'Lost' } }, { metadata: { labels: { a: 'b' } } }].map((body) =>
      asNode({ ask: `PATCH ${CLAIMS}/claim/status${TRY}`, body }),
    ),
    ...['ephemeralcontainers', 'resize', 'exec', 'log', 'binding', 'proxy', 'portforward'].map(
      (part) => asNode({ ask: `GET ${core('hosts', 'pods')}/asks/${part}` }),
    ),
    asNode({ ask: `DELETE ${core('hosts', 'pods')}/missing${TRY}` }),
    asNode({ ask: `DELETE ${core('hosts', 'pods')}` }),
    asNode({
      ask: `POST ${core('hosts', 'pods')}/missing/eviction${TRY}`,
      body: { metadata: { name: 'missing' } },
    }),
    asNode({
      ask: `PATCH ${core('hosts', 'pods')}/asks/status${TRY}`,
      body: { status: { resourceClaimStatuses: [{ name: 'x', resourceClaimName: 'y' }] } },
    }),
    asNode({
      ask: `PATCH ${NODES}/h1${TRY}`,
      body: {
        metadata: {
          labels: { 'kubernetes.io/x': 'y' },
          ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'b' }],
        },
      },
    }),
    asNode({
      ask: `PATCH ${NODES}/h1/status${TRY}`,
      body: { metadata: { labels: { 'node-restriction.kubernetes.io/a': 'b' } } },
    }),
    asNode({
      ask: `PATCH ${NODES}/h1/status${TRY}`,
      body: { metadata: { labels: { 'x.node-restriction.kubernetes.io/a': 'b' } } },
    }),
    asNode({ ask: `GET ${NODES}/h1/proxy/` }),
    asNode({ ask: `GET ${NODES}/h2/status` }),
    asNode({ ask: `GET ${NODES}?fieldSelector=metadata.name=h1`, shows: ['kind'] }),
    asNode({ ask: `GET ${NODES}?fieldSelector=metadata.name=h2` }),
    asNode({
      ask: `POST ${NODES}${TRY}`,
      body: { metadata: { name: 'h2', labels: { 'kubernetes.io/x': 'y' } } },
    }),
    asNode({ ask: `POST ${NODES}${TRY}`, body: { metadata: { generateName: 'h' } } }),
  ],
};

export const nodeStories: readonly Story[] = [mirrors, tokens, others];
