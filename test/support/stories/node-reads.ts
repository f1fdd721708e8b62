/** What a node may read: the Node authorizer's graph, and how it changes. */
import { core, namespace, pod, TRY } from './admission.ts';
import { asNode, NODE } from './nodes.ts';
import { given, type Step, type Story } from './story.ts';

type Json = Readonly<Record<string, unknown>>;

const plain = { name: 'c', image: 'i' };
const reads = (...paths: readonly string[]): Step[] =>
  paths.map((path) => asNode({ ask: `GET ${path}`, shows: ['kind'] }));
const secrets = (namespace: string, ...names: readonly string[]): string[] =>
  names.map((name) => `${core(namespace, 'secrets')}/${name}`);
const secretsOf = (namespace: string, ...names: readonly string[]): Step[] =>
  names.map((name) => given(`POST ${core(namespace, 'secrets')}`, { metadata: { name } }));
const reference = (name: string): Json => ({ name, namespace: 'vault' });

export const nodeReads: Story = {
  title: 'nodes: what their pods let them read, as pods come and go',
  steps: [
    namespace('graph'),
    namespace('vault'),
    ...secretsOf('graph', 'pulled', 'mounted', 'iscsi', 'ephemeral', 'unheard', 'bare', 'late'),
    ...secretsOf('vault', 'publish', 'node', 'stage', 'expand', 'grow', 'azure', 'mounted'),
    given('POST /api/v1/persistentvolumes', {
      metadata: { name: 'graph' },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        claimRef: { namespace: 'graph', name: 'claim' },
        csi: {
          ...{ driver: 'd.example.com', volumeHandle: 'h' },
          controllerPublishSecretRef: reference('publish'),
          nodePublishSecretRef: reference('node'),
          nodeStageSecretRef: reference('stage'),
          controllerExpandSecretRef: reference('expand'),
          nodeExpandSecretRef: reference('grow'),
        },
      },
    }),
    given('POST /api/v1/persistentvolumes', {
      metadata: { name: 'azure' },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        claimRef: { namespace: 'graph', name: 'web-scratch' },
        azureFile: { secretName: 'azure', secretNamespace: 'vault', shareName: 's' },
      },
    }),
    given(`POST ${core('graph', 'pods')}`, {
      metadata: { name: 'web' },
      spec: {
        ...{ nodeName: 'h1', serviceAccountName: 'web', imagePullSecrets: [{ name: 'pulled' }] },
        containers: [plain],
        resourceClaims: [
          { name: 'named', resourceClaimName: 'devices' },
          { name: 'made', resourceClaimTemplateName: 't' },
        ],
        volumes: [
          { name: 'a', secret: { secretName: 'mounted' } },
          {
            name: 'b',
            iscsi: {
              targetPortal: 'x',
              iqn: 'iqn.2020-01.a:b',
              lun: 0,
              secretRef: { name: 'iscsi' },
            },
          },
          { name: 'c', persistentVolumeClaim: { claimName: 'claim' } },
          {
            name: 'scratch',
            ephemeral: {
              volumeClaimTemplate: {
                spec: {
                  accessModes: ['ReadWriteOnce'],
                  resources: { requests: { storage: '1Gi' } },
                },
              },
            },
          },
        ],
      },
    }),
    given(`POST ${core('graph', 'pods')}`, {
      ...pod([{ ...plain, envFrom: [{ secretRef: { name: 'late' } }] }]),
      metadata: { name: 'unbound' },
    }),
    given('POST /apis/storage.k8s.io/v1/volumeattachments', {
      metadata: { name: 'near' },
      spec: { attacher: 'd', nodeName: 'h1', source: { persistentVolumeName: 'graph' } },
    }),
    given('POST /apis/storage.k8s.io/v1/volumeattachments', {
      metadata: { name: 'far' },
      spec: { attacher: 'd', nodeName: 'h2', source: { persistentVolumeName: 'graph' } },
    }),
    { ...given(`GET ${core('graph', 'pods')}/web`), as: NODE, until: 200 },
    { ...given('GET /apis/storage.k8s.io/v1/volumeattachments/near'), as: NODE, until: 200 },
    { ...given('GET /api/v1/persistentvolumes/azure'), as: NODE, until: 200 },
    ...reads(
      ...secrets('graph', 'pulled', 'mounted', 'iscsi', 'ephemeral', 'bare', 'late', 'nothing'),
      ...secrets('vault', 'publish', 'node', 'stage', 'expand', 'grow', 'azure', 'mounted'),
      `${core('graph', 'secrets')}?fieldSelector=metadata.name=mounted`,
      `${core('graph', 'secrets')}?fieldSelector=metadata.name=bare`,
      `${core('graph', 'secrets')}?fieldSelector=metadata.name=mounted,type=Opaque`,
      `${core('graph', 'secrets')}?fieldSelector=metadata.name!=mounted`,
      '/api/v1/secrets?fieldSelector=metadata.name=mounted',
      '/api/v1/persistentvolumes/graph',
      '/api/v1/persistentvolumes/v',
      '/api/v1/persistentvolumes',
      `${core('graph', 'persistentvolumeclaims')}/claim`,
      `${core('graph', 'persistentvolumeclaims')}/web-scratch`,
      `${core('graph', 'persistentvolumeclaims')}/other`,
      `${core('graph', 'serviceaccounts')}/web`,
      `${core('graph', 'serviceaccounts')}/default`,
      `${core('graph', 'serviceaccounts')}`,
      '/apis/storage.k8s.io/v1/volumeattachments/near',
      '/apis/storage.k8s.io/v1/volumeattachments/far',
      '/apis/storage.k8s.io/v1/volumeattachments',
      '/apis/resource.k8s.io/v1/namespaces/graph/resourceclaims/devices',
      '/apis/resource.k8s.io/v1/namespaces/graph/resourceclaims/made',
      '/apis/resource.k8s.io/v1/namespaces/graph/resourceclaims',
    ),
    asNode({
      ask: `PATCH ${core('graph', 'secrets')}/mounted${TRY}`,
      body: { metadata: { labels: { a: 'b' } } },
    }),
    asNode({ ask: `DELETE ${core('graph', 'secrets')}/mounted${TRY}` }),
    // An ephemeral container may need more.
    given(`PATCH ${core('graph', 'pods')}/web/ephemeralcontainers`, {
      spec: {
        ephemeralContainers: [
          { name: 'e', image: 'i', envFrom: [{ secretRef: { name: 'ephemeral' } }] },
        ],
      },
    }),
    { ...reads(...secrets('graph', 'ephemeral'))[0]!, until: 200 },
    // What a controller made of a template is told in the status; what nobody asked for is not.
    given(`PATCH ${core('graph', 'pods')}/web/status`, {
      status: {
        resourceClaimStatuses: [
          { name: 'made', resourceClaimName: 'made' },
          { name: 'named', resourceClaimName: 'others' },
        ],
      },
    }),
    {
      ...reads('/apis/resource.k8s.io/v1/namespaces/graph/resourceclaims/made')[0]!,
      until: 404,
    },
    ...reads('/apis/resource.k8s.io/v1/namespaces/graph/resourceclaims/others'),
    // Bound, a pod opens what it names.
    given(`POST ${core('graph', 'pods')}/unbound/binding`, {
      metadata: { name: 'unbound' },
      target: { kind: 'Node', name: 'h1' },
    }),
    { ...reads(...secrets('graph', 'late'))[0]!, until: 200 },
    { ...reads(...secrets('graph', 'late'))[0]!, as: 'system:node:h2,system:nodes' },
    // Gone, it opens nothing.
    given(`DELETE ${core('graph', 'pods')}/unbound?gracePeriodSeconds=0`),
    { ...reads(...secrets('graph', 'late'))[0]!, until: 403 },
    given(`DELETE ${core('graph', 'pods')}/web?gracePeriodSeconds=0`),
    { ...reads(...secrets('graph', 'mounted'))[0]!, until: 403 },
    ...reads(
      ...secrets('graph', 'pulled', 'ephemeral'),
      ...secrets('vault', 'node', 'azure'),
      '/api/v1/persistentvolumes/graph',
      `${core('graph', 'persistentvolumeclaims')}/claim`,
      `${core('graph', 'serviceaccounts')}/web`,
    ),
    given('DELETE /apis/storage.k8s.io/v1/volumeattachments/near'),
    { ...reads('/apis/storage.k8s.io/v1/volumeattachments/near')[0]!, until: 403 },
  ],
};
