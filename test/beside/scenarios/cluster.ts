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
      await at.merge('ConfigMap', 'kube-root-ca.crt', {
        metadata: { annotations: null },
        data: { extra: 'text' },
      });
      await at.until('ConfigMap', 'kube-root-ca.crt', ({ data }) => data?.extra === undefined);
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
    name: 'admission policy with parameters, variables and messages',
    also: ['ValidatingAdmissionPolicy/NAMESPACE'],
    async run(at) {
      await at.create(`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: NAMESPACE }
spec:
  paramKind: { apiVersion: v1, kind: ConfigMap }
  matchConstraints:
    resourceRules:
      - { apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [replicasets, deployments, deployments/scale] }
      - { apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods] }
      - { apiGroups: ["*"], apiVersions: [v1], operations: [CREATE], resources: [services] }
  variables:
    - { name: few, expression: object.spec.replicas < 5 }
    - { name: wrong, expression: object.spec.nothing }
  validations:
    - { expression: variables.few && params.data.max != "", messageExpression: '"few" + object.kin' }
    - { expression: params.nothing == 1 }
    - { expression: variables.wrong || authorizer.group("").resource("pods").check("get").allowed() }
    - { expression: request.userInfo.username != "" && namespaceObject.metadata.name != "" }`);
      await at.until(
        'ValidatingAdmissionPolicy',
        at.namespace,
        ({ status }) => status?.typeChecking !== undefined,
      );
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
  {
    name: 'owner in a namespace, of what is in none',
    also: ['ClusterRole/NAMESPACE'],
    async run(at) {
      await at.create(configMap('owner', '[]'));
      await at.create(`
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: NAMESPACE
  ownerReferences: ${await ownedBy(at, 'owner')}
rules: []`);
      await new Promise((resolve) => setTimeout(resolve, 2000));
      await at.delete('ConfigMap', 'owner');
      await new Promise((resolve) => setTimeout(resolve, 2000));
    },
  },
];
