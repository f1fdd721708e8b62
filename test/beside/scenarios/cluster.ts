import type { Place, SeenCondition } from '../place.ts';
import { type Scenario, template } from '../scenario.ts';

const configMap = (name: string, owners: string): string => `
apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
  ownerReferences: ${owners}`;

async function ownedBy(at: Place, name: string, more = ''): Promise<string> {
  const { metadata } = await at.get('ConfigMap', name);
  return `[{ apiVersion: v1, kind: ConfigMap, name: ${name}, uid: ${metadata.uid}${more} }]`;
}

/** A service account, and a Secret that gets a token of it. */
async function makeRobot(at: Place): Promise<void> {
  await at.create(`
apiVersion: v1
kind: ServiceAccount
metadata: { name: robot }
---
apiVersion: v1
kind: Secret
metadata:
  name: robot-token
  annotations: { kubernetes.io/service-account.name: robot }
type: kubernetes.io/service-account-token`);
  await at.until('Secret', 'robot-token', ({ data }) => data?.token !== undefined);
}

/** Of system:node:beside, of the group system:nodes. */
const nodeRequest = `-----BEGIN CERTIFICATE REQUEST-----
MIHuMIGWAgEAMDQxFTATBgNVBAoMDHN5c3RlbTpub2RlczEbMBkGA1UEAwwSc3lz
dGVtOm5vZGU6YmVzaWRlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEjUXB/n7+
Bcx9I8gZBCaadx/dgXx3npZ9SIMYs5wHgSLgJYuFNiGbJjUJ+0YyWDlz+9wZlrRp
ZIectB4QfUyvc6AAMAoGCCqGSM49BAMCA0cAMEQCICfgOvpLoukDnNY0ZfE3Qwxi
GedzN5VpjVwGU0rJDurCAiAZEEdcrEBx92Tjfe9voy8GCyJtpKp3dLU5vqTogbxB
nA==
-----END CERTIFICATE REQUEST-----
`;

export const clusterScenarios: readonly Scenario[] = [
  { name: 'namespace as it is made', async run() {} },
  {
    name: 'namespace that is deleted',
    also: ['Namespace/NAMESPACE'],
    async run(at) {
      await at.create(configMap('plain', '[]'));
      await at.create(`
apiVersion: v1
kind: ConfigMap
metadata: { name: kept, finalizers: [example.org/keep] }`);
      await at.delete('Namespace', at.namespace);
      await at.until('Namespace', at.namespace, ({ status }) =>
        (status?.conditions ?? []).some(
          (each: SeenCondition) =>
            each.type === 'NamespaceContentRemaining' && each.status === 'True',
        ),
      );
    },
  },
  {
    name: 'owners that go in the background, in the foreground, alone',
    async run(at) {
      for (const name of ['background', 'foreground', 'orphaning', 'shared'])
        await at.create(configMap(name, '[]'));
      for (const name of ['background', 'foreground', 'orphaning'])
        await at.create(
          configMap(`of-${name}`, await ownedBy(at, name, ', blockOwnerDeletion: true')),
        );
      const both = `${(await ownedBy(at, 'background')).slice(0, -1)}, ${(await ownedBy(at, 'shared')).slice(1)}`;
      await at.create(configMap('of-two', both));
      await at.delete('ConfigMap', 'background', { propagationPolicy: 'Background' });
      await at.delete('ConfigMap', 'foreground', { propagationPolicy: 'Foreground' });
      await at.delete('ConfigMap', 'orphaning', { propagationPolicy: 'Orphan' });
      for (const name of ['of-background', 'of-foreground', 'foreground', 'orphaning'])
        await at.untilGone('ConfigMap', name);
      await at.until(
        'ConfigMap',
        'of-two',
        ({ metadata }) => metadata.ownerReferences?.length === 1,
      );
    },
  },
  {
    name: 'owner that never was',
    async run(at) {
      const uid = '6f4b9a52-3f0e-4b0a-9a55-0c1d5b9d1f11';
      const none = `[{ apiVersion: v1, kind: ConfigMap, name: nobody, uid: ${uid} }]`;
      await at.create(configMap('astray', none));
      await at.untilGone('ConfigMap', 'astray');
    },
  },
  {
    name: 'owner in no namespace of theirs',
    async run(at) {
      const { metadata } = await at.get('ServiceAccount', 'default');
      const wrong = `[{ apiVersion: v1, kind: Node, name: default, uid: ${metadata.uid} }]`;
      await at.create(configMap('mistaken', wrong));
      await new Promise((resolve) => setTimeout(resolve, 3000));
    },
  },
  {
    name: 'service account whose token is asked for',
    async run(at) {
      await makeRobot(at);
      const secret = await at.get('Secret', 'robot-token');
      const payload = Buffer.from(secret.data!['token']!, 'base64').toString().split('.')[1]!;
      const { sub, iss, ...claims } = JSON.parse(
        Buffer.from(payload, 'base64url').toString(),
      ) as Record<string, unknown>;
      const names = Object.keys(claims).sort();
      await at.create(configMap('claims', '[]'));
      await at.merge('ConfigMap', 'claims', { data: { sub, iss, names: names.join() } });
      await at.merge('Secret', 'robot-token', { data: { token: null } });
      await at.until('Secret', 'robot-token', ({ data }) => data?.token !== undefined);
      await at.delete('ServiceAccount', 'default');
      await at.until('ServiceAccount', 'default');
      await at.delete('ConfigMap', 'kube-root-ca.crt');
      await at.until('ConfigMap', 'kube-root-ca.crt');
    },
  },
  {
    name: 'token of a service account that goes',
    async run(at) {
      await makeRobot(at);
      await at.delete('ServiceAccount', 'robot');
      await at.untilGone('Secret', 'robot-token');
    },
  },
  {
    name: 'cluster role that gathers others',
    also: ['ClusterRole/NAMESPACE', 'ClusterRole/NAMESPACE-part'],
    async run(at) {
      await at.create(`
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: NAMESPACE-part, labels: { gathered: NAMESPACE } }
rules: [{ apiGroups: [""], resources: [pods], verbs: [get] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: NAMESPACE }
aggregationRule: { clusterRoleSelectors: [{ matchLabels: { gathered: NAMESPACE } }] }
rules: []`);
      await at.until('ClusterRole', at.namespace, ({ rules }) => rules?.length === 1);
    },
  },
  {
    name: 'certificate of a node, approved and signed',
    also: ['CertificateSigningRequest/NAMESPACE'],
    async run(at) {
      await at.create(`
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: { name: NAMESPACE }
spec:
  signerName: kubernetes.io/kube-apiserver-client-kubelet
  usages: [digital signature, client auth]
  request: ${Buffer.from(nodeRequest).toString('base64')}`);
      await at.until(
        'CertificateSigningRequest',
        at.namespace,
        ({ status }) => status?.certificate !== undefined,
      );
    },
  },
  {
    name: 'admission policy whose expressions are looked at',
    also: ['ValidatingAdmissionPolicy/NAMESPACE'],
    async run(at) {
      await at.create(`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: NAMESPACE }
spec:
  matchConstraints:
    resourceRules:
      - { apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments] }
  validations:
    - { expression: object.spec.replicas > 1 && object.spec.replica < 5 }`);
      await at.until(
        'ValidatingAdmissionPolicy',
        at.namespace,
        ({ status }) => status?.typeChecking !== undefined,
      );
    },
  },
  {
    name: 'claim of devices, made from a template',
    async run(at) {
      await at.create(`
apiVersion: resource.k8s.io/v1
kind: ResourceClaimTemplate
metadata: { name: device }
spec:
  metadata: { labels: { made: for-pod } }
  spec: { devices: { requests: [{ name: one, exactly: { deviceClassName: missing } }] } }
---
apiVersion: v1
kind: Pod
metadata: { name: user }
spec:
  resourceClaims: [{ name: device, resourceClaimTemplateName: device }]
  containers: [{ name: main, image: "example.org/main:1" }]`);
      await at.untilAll('ResourceClaim', (claims) => claims.length === 1);
    },
  },
  {
    name: 'node that falls silent',
    also: ['Node/NAMESPACE'],
    async run(at) {
      const heard = new Date(Date.now() - 600_000).toISOString().replace(/\.\d+/, '');
      await at.create(`
apiVersion: v1
kind: Node
metadata: { name: NAMESPACE, labels: { kubernetes.io/hostname: NAMESPACE, only: NAMESPACE } }
spec: { taints: [{ key: example.org/apart, effect: NoSchedule }] }
status:
  allocatable: { cpu: "4", memory: 8Gi, pods: "110" }
  capacity: { cpu: "4", memory: 8Gi, pods: "110" }
  conditions:
    - { type: Ready, status: "True", reason: KubeletReady, message: ready,
        lastHeartbeatTime: "${heard}", lastTransitionTime: "${heard}" }`);
      await at.create(`
apiVersion: v1
kind: Pod
metadata: { name: stranded }
spec:
  nodeName: ${at.namespace}
  tolerations:
    - { key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 3 }
  containers: [{ name: main, image: "example.org/main:1" }]`);
      await at.until('Node', at.namespace, ({ spec }) => (spec.taints ?? []).length === 3);
      await at.until('Pod', 'stranded', ({ metadata }) => metadata.deletionTimestamp !== undefined);
    },
  },
  {
    name: 'pods of a node that is gone',
    async run(at) {
      await at.create(`
apiVersion: v1
kind: Pod
metadata: { name: lost }
spec:
  nodeName: nowhere
  containers: [{ name: main, image: "example.org/main:1" }]`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    },
  },
  {
    name: 'taint that evicts',
    also: ['Node/NAMESPACE'],
    async run(at) {
      await at.create(`
apiVersion: v1
kind: Node
metadata: { name: NAMESPACE }
spec: { taints: [{ key: example.org/away, effect: NoExecute, value: "yes" }] }
status:
  conditions: [{ type: Ready, status: "True" }]
---
apiVersion: v1
kind: Pod
metadata: { name: unwanted }
spec:
  nodeName: NAMESPACE
  containers: [{ name: main, image: "example.org/main:1" }]
---
apiVersion: v1
kind: Pod
metadata: { name: patient }
spec:
  nodeName: NAMESPACE
  tolerations: [{ key: example.org/away, operator: Exists }]
  containers: [{ name: main, image: "example.org/main:1" }]`);
      await at.until('Pod', 'unwanted', ({ metadata }) => metadata.deletionTimestamp !== undefined);
      await at.untilEvent('TaintManagerEviction');
    },
  },
  {
    name: 'pod of a replica set, evicted',
    async run(at) {
      await at.create(`
apiVersion: apps/v1
kind: ReplicaSet
metadata: { name: web }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  ${template('web').trim()}`);
      await at.until('ReplicaSet', 'web', ({ status }) => status?.readyReplicas === 1);
      const [pod] = await at.list('Pod');
      const { name } = pod!.metadata;
      await at.evict(name);
      await at.untilGone('Pod', name);
      await at.until('ReplicaSet', 'web', ({ status }) => status?.readyReplicas === 1);
    },
  },
  {
    name: 'node that is cordoned, and one short of memory',
    also: ['Node/NAMESPACE'],
    async run(at) {
      const now = new Date().toISOString().replace(/\.\d+/, '');
      const times = `lastHeartbeatTime: "${now}", lastTransitionTime: "${now}"`;
      await at.create(`
apiVersion: v1
kind: Node
metadata: { name: NAMESPACE }
spec: { unschedulable: true }
status:
  conditions:
    - { type: Ready, status: "True", reason: KubeletReady, message: ready, ${times} }
    - { type: MemoryPressure, status: "True", reason: Short, message: short, ${times} }`);
      await at.until('Node', at.namespace, ({ spec }) => (spec.taints ?? []).length === 2);
    },
  },
  {
    name: 'node that is not ready',
    also: ['Node/NAMESPACE'],
    async run(at) {
      const now = new Date().toISOString().replace(/\.\d+/, '');
      const times = `lastHeartbeatTime: "${now}", lastTransitionTime: "${now}"`;
      await at.create(`
apiVersion: v1
kind: Node
metadata: { name: NAMESPACE }
status:
  conditions:
    - { type: Ready, status: "False", reason: KubeletNotReady, message: not yet, ${times} }`);
      await at.until('Node', at.namespace, ({ spec }) => (spec.taints ?? []).length === 2);
    },
  },
  {
    name: 'request of a certificate that is denied',
    also: ['CertificateSigningRequest/NAMESPACE'],
    async run(at) {
      await at.create(`
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: { name: NAMESPACE }
spec:
  signerName: kubernetes.io/kube-apiserver-client-kubelet
  usages: [digital signature, server auth]
  request: ${Buffer.from(nodeRequest).toString('base64')}`);
      await new Promise((resolve) => setTimeout(resolve, 2000));
    },
  },
  {
    name: 'circle of owners that are deleted',
    async run(at) {
      await at.create(configMap('one', '[]'));
      await at.create(configMap('two', await ownedBy(at, 'one', ', blockOwnerDeletion: true')));
      const { metadata } = await at.get('ConfigMap', 'two');
      const ownerReferences = [
        { apiVersion: 'v1', kind: 'ConfigMap', name: 'two', uid: metadata.uid },
      ];
      await at.merge('ConfigMap', 'one', { metadata: { ownerReferences } });
      await at.delete('ConfigMap', 'one', { propagationPolicy: 'Foreground' });
      await at.untilGone('ConfigMap', 'one');
      await at.untilGone('ConfigMap', 'two');
    },
  },
];
