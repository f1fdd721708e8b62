import type { Seen, SeenCondition } from '../place.ts';
import { type Scenario, template } from '../scenario.ts';

const deployment = (replicas: number, spec = ''): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  ${template('web', { spec }).trim()}
          resources: { requests: { cpu: 100m, memory: 64Mi }, limits: { cpu: 200m } }`;

const budget = (more: string): string => `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  ${more}`;

const healthy = (count: number) => (each: Seen) => each.status?.currentHealthy === count;

const budgetScenario = (name: string, more: string): Scenario => ({
  name,
  async run(at) {
    await at.create(deployment(3));
    await at.until('Deployment', 'web', ({ status }) => status?.availableReplicas === 3);
    await at.create(budget(more));
    await at.until('PodDisruptionBudget', 'web', healthy(3));
  },
});

const loose = `
apiVersion: v1
kind: Pod
metadata: { name: loose, labels: { app: web } }
spec: { containers: [{ name: main, image: "example.org/main:1" }] }`;

const condition = (type: string, reason: string) => (each: Seen) =>
  (each.status?.conditions ?? []).some(
    (of: SeenCondition) => of.type === type && of.reason === reason,
  );

export const policyScenarios: readonly Scenario[] = [
  budgetScenario('disruption budget, at least so many', 'minAvailable: 2'),
  budgetScenario('disruption budget, at most so many', 'maxUnavailable: 1'),
  budgetScenario('disruption budget in percent', 'minAvailable: 50%'),
  {
    name: 'disruption budget without pods',
    async run(at) {
      await at.create(budget('minAvailable: 1'));
      const seen = ({ metadata, status }: Seen): boolean =>
        status?.observedGeneration === metadata.generation;
      await at.until('PodDisruptionBudget', 'web', seen);
    },
  },
  {
    name: 'disruption budget of a pod that nothing controls',
    async run(at) {
      await at.create(loose);
      await at.until('Pod', 'loose', ({ status }) => status?.phase === 'Running');
      await at.create(budget('maxUnavailable: 1'));
      await at.untilEvent('UnmanagedPods');
      await at.until('PodDisruptionBudget', 'web', healthy(1));
    },
  },
  {
    name: 'disruption budget of pods whose job has no scale',
    async run(at) {
      await at.create(`
apiVersion: batch/v1
kind: Job
metadata: { name: web }
spec:
  ${template('web', { spec: 'restartPolicy: Never' }).trim()}`);
      await at.until('Job', 'web', ({ status }) => status?.ready === 1);
      await at.create(budget('maxUnavailable: 1'));
      await at.untilEvent('CalculateExpectedPodCountFailed');
      const failed = condition('DisruptionAllowed', 'SyncFailed');
      await at.until('PodDisruptionBudget', 'web', failed);
    },
  },
  {
    name: 'eviction that a budget allows',
    async run(at) {
      await at.create(deployment(2));
      await at.until('Deployment', 'web', ({ status }) => status?.availableReplicas === 2);
      await at.create(budget('maxUnavailable: 1'));
      await at.until('PodDisruptionBudget', 'web', healthy(2));
      const [pod] = await at.list('Pod');
      await at.evict(pod!.metadata.name);
      await at.untilGone('Pod', pod!.metadata.name);
      await at.until('Deployment', 'web', ({ status }) => status?.availableReplicas === 2);
      await at.until('PodDisruptionBudget', 'web', healthy(2));
    },
  },
  {
    name: 'quota for pods that end',
    async run(at) {
      await at.create(`
apiVersion: v1
kind: ResourceQuota
metadata: { name: ending }
spec: { hard: { pods: "5" }, scopes: [Terminating] }
---
apiVersion: v1
kind: ResourceQuota
metadata: { name: important }
spec:
  hard: { pods: "5" }
  scopeSelector: { matchExpressions: [{ scopeName: PriorityClass, operator: In, values: [system-node-critical] }] }`);
      for (const name of ['ending', 'important'])
        await at.until('ResourceQuota', name, ({ status }) => status?.used?.['pods'] === '0');
      await at.create(loose.replace('spec: {', 'spec: { activeDeadlineSeconds: 1000,'));
      await at.until('ResourceQuota', 'ending', ({ status }) => status?.used?.['pods'] === '1');
    },
  },
  {
    name: 'quota that counts',
    async run(at) {
      await at.create(`
apiVersion: v1
kind: ResourceQuota
metadata: { name: all }
spec:
  hard:
    pods: "10"
    requests.cpu: "2"
    requests.memory: 1Gi
    limits.cpu: "4"
    services: "3"
    services.nodeports: "2"
    configmaps: "10"
    secrets: "5"
    persistentvolumeclaims: "2"
    requests.storage: 5Gi
    count/deployments.apps: "3"
    count/replicasets.apps: "3"`);
      await at.until('ResourceQuota', 'all', ({ status }) => status?.used?.['pods'] === '0');
      await at.create(`${deployment(2)}
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Secret
metadata: { name: one }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: one }
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: ""
  resources: { requests: { storage: 1Gi } }`);
      await at.until('ResourceQuota', 'all', ({ status }) => {
        const used = status?.used ?? {};
        return (
          used['pods'] === '2' && used['requests.storage'] === '1Gi' && used['services'] === '1'
        );
      });
    },
  },
  {
    name: 'quota with scopes',
    async run(at) {
      await at.create(`
apiVersion: v1
kind: ResourceQuota
metadata: { name: best-effort }
spec: { hard: { pods: "5" }, scopes: [BestEffort] }
---
apiVersion: v1
kind: ResourceQuota
metadata: { name: others }
spec: { hard: { pods: "5", cpu: "1" }, scopes: [NotBestEffort] }`);
      await at.until(
        'ResourceQuota',
        'best-effort',
        ({ status }) => status?.used?.['pods'] === '0',
      );
      await at.until('ResourceQuota', 'others', ({ status }) => status?.used?.['pods'] === '0');
      await at.create(`${deployment(1)}\n---${loose}`);
      await at.until(
        'ResourceQuota',
        'best-effort',
        ({ status }) => status?.used?.['pods'] === '1',
      );
      await at.until('ResourceQuota', 'others', ({ status }) => status?.used?.['pods'] === '1');
    },
  },
];
