/** What controllers say and try when a quota refuses their objects, and what quotas count. */
import type { Place, Seen, SeenCondition } from '../place.ts';
import { type Scenario, template } from '../scenario.ts';
import { customKind } from './custom-kind.ts';
import { deployment, done } from './deployments.ts';
import { ready, set } from './sets.ts';

const quota = (name: string, spec: string): string => `
apiVersion: v1
kind: ResourceQuota
metadata: { name: ${name} }
spec: ${spec}`;

const counts =
  (resource: string, amount: string) =>
  ({ status }: Seen): boolean =>
    status?.used?.[resource] === amount;

/** Made, and known to who refuses. */
async function withQuota(at: Place, hard: Readonly<Record<string, string>>): Promise<void> {
  await at.create(quota('some', `{ hard: ${JSON.stringify(hard)} }`));
  await at.until('ResourceQuota', 'some', ({ status }) =>
    Object.keys(hard).every((name) => status?.used?.[name] !== undefined),
  );
}

const condition =
  (type: string, reason?: string) =>
  ({ status }: Seen): boolean =>
    (status?.conditions ?? []).some(
      (each: SeenCondition) =>
        each.type === type && (reason === undefined || each.reason === reason),
    );

const lacks =
  (type: string) =>
  (each: Seen): boolean =>
    !condition(type)(each);

const asking = (requests: string): string =>
  `${template('web').trim()}\n          resources: { requests: ${requests} }`;

const loose = (name: string, spec: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec: { ${spec} containers: [{ name: main, image: "example.org/main:1" }] }`;

const job = `
apiVersion: batch/v1
kind: Job
metadata: { name: work }
spec:
  ${template('work', { spec: 'restartPolicy: Never' }).trim()}`;

const parcels = customKind('quotas.example.org', 'Parcel');

/** A kind just defined is counted half a minute later, in quotas that are looked at after that. */
async function askUntilCounted(at: Place, resource: string): Promise<void> {
  const hard = (amount: string): object => ({ spec: { hard: { [resource]: amount } } });
  for (let tries = 0; ; tries++) {
    const { status } = await at.get('ResourceQuota', 'some');
    if (status?.used?.[resource] !== undefined) break;
    await at.merge('ResourceQuota', 'some', hard(String(3 + (tries % 2))));
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
  await at.merge('ResourceQuota', 'some', hard('2'));
}

export const quotaScenarios: readonly Scenario[] = [
  {
    name: 'replica set whose pods the quota refuses',
    async run(at) {
      await withQuota(at, { pods: '0' });
      await at.create(set('ReplicaSet', 'replicas: 2'));
      await at.untilEvent('FailedCreate');
      await at.until('ReplicaSet', 'web', condition('ReplicaFailure', 'FailedCreate'));
    },
  },
  {
    name: 'job whose pods the quota refuses',
    async run(at) {
      await withQuota(at, { pods: '0' });
      await at.create(job);
      await at.untilEvent('FailedCreate');
    },
  },
  {
    name: 'stateful set whose pods the quota refuses',
    async run(at) {
      await withQuota(at, { pods: '0' });
      await at.create(set('StatefulSet', 'serviceName: web\n  replicas: 2'));
      await at.untilEvent('FailedCreate');
    },
  },
  {
    name: 'deployment that gets its pods when the quota is raised',
    async run(at) {
      await withQuota(at, { pods: '1' });
      await at.create(deployment('replicas: 3'));
      await at.until('Deployment', 'web', condition('ReplicaFailure', 'FailedCreate'));
      await at.until('Deployment', 'web', ({ status }) => status?.readyReplicas === 1);
      await at.merge('ResourceQuota', 'some', { spec: { hard: { pods: '5' } } });
      await done(at, 3);
      await at.until('Deployment', 'web', lacks('ReplicaFailure'));
      await at.until('ResourceQuota', 'some', counts('pods', '3'));
    },
  },
  {
    name: 'deployment whose replica set the quota refuses',
    async run(at) {
      await withQuota(at, { 'count/replicasets.apps': '0' });
      await at.create(deployment('replicas: 1'));
      await at.untilEvent('ReplicaSetCreateError');
      await at.until('Deployment', 'web', condition('Progressing', 'ReplicaSetCreateError'));
    },
  },
  {
    name: 'deployment whose new version the quota refuses, scaled down meanwhile',
    async run(at) {
      await withQuota(at, { pods: '2' });
      const surge = 'strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }';
      await at.create(deployment(`replicas: 2\n  ${surge}`));
      await done(at, 2);
      const containers = [{ name: 'main', image: 'example.org/main:2' }];
      await at.merge('Deployment', 'web', { spec: { template: { spec: { containers } } } });
      await at.until('Deployment', 'web', condition('ReplicaFailure', 'FailedCreate'));
      await at.merge('Deployment', 'web', { spec: { replicas: 1 } });
      await done(at, 1);
      await at.until('Deployment', 'web', lacks('ReplicaFailure'));
    },
  },
  {
    name: 'deployment paused while the quota refuses its pods, which is then lifted',
    async run(at) {
      await withQuota(at, { pods: '0' });
      await at.create(deployment('replicas: 1'));
      await at.until('Deployment', 'web', condition('ReplicaFailure', 'FailedCreate'));
      await at.merge('Deployment', 'web', { spec: { paused: true } });
      await at.until('Deployment', 'web', condition('Progressing', 'DeploymentPaused'));
      await at.delete('ResourceQuota', 'some');
      await at.until('Deployment', 'web', ({ status }) => status?.readyReplicas === 1);
      await at.untilAll('ReplicaSet', (sets) => sets.every(lacks('ReplicaFailure')));
    },
  },
  {
    name: 'quota of requests, and pods that make none',
    async run(at) {
      await withQuota(at, { 'requests.cpu': '1', 'requests.memory': '256Mi' });
      await at.create(set('ReplicaSet', 'replicas: 1'));
      await at.until('ReplicaSet', 'web', condition('ReplicaFailure', 'FailedCreate'));
    },
  },
  {
    name: 'quota of requests that is used up',
    async run(at) {
      await withQuota(at, { 'requests.cpu': '500m', memory: '256Mi', 'limits.cpu': '1' });
      const limits = 'limits: { cpu: 300m }';
      const pods = asking(`{ cpu: 200m, memory: 64Mi }, ${limits}`);
      await at.create(set('ReplicaSet', 'replicas: 3', pods));
      await at.until('ReplicaSet', 'web', condition('ReplicaFailure', 'FailedCreate'));
      await at.until('ReplicaSet', 'web', ({ status }) => status?.readyReplicas === 2);
      await at.until('ResourceQuota', 'some', counts('requests.cpu', '400m'));
    },
  },
  {
    name: 'quotas of best effort, of what ends, of what is important',
    async run(at) {
      const important =
        '{ scopeName: PriorityClass, operator: In, values: [system-node-critical] }';
      const classed = '{ scopeName: PriorityClass, operator: Exists }';
      await at.create(quota('best-effort', '{ hard: { pods: "1" }, scopes: [BestEffort] }'));
      await at.create(quota('lasting', '{ hard: { pods: "9" }, scopes: [NotTerminating] }'));
      await at.create(
        quota(
          'important',
          `{ hard: { pods: "3" }, scopeSelector: { matchExpressions: [${important}] } }`,
        ),
      );
      await at.create(
        quota(
          'classed',
          `{ hard: { pods: "4" }, scopeSelector: { matchExpressions: [${classed}] } }`,
        ),
      );
      for (const name of ['best-effort', 'lasting', 'important', 'classed'])
        await at.until('ResourceQuota', name, counts('pods', '0'));
      await at.create(loose('vital', 'priorityClassName: system-node-critical,'));
      await at.until('ResourceQuota', 'important', counts('pods', '1'));
      await at.until('ResourceQuota', 'classed', counts('pods', '1'));
      await at.create(set('ReplicaSet', 'replicas: 1'));
      await at.until('ReplicaSet', 'web', condition('ReplicaFailure', 'FailedCreate'));
      await at.until('ResourceQuota', 'lasting', counts('pods', '1'));
    },
  },
  {
    name: 'quota that is lowered below what is used, then freed',
    async run(at) {
      await withQuota(at, { pods: '3', configmaps: '5' });
      await at.create(set('ReplicaSet', 'replicas: 2'));
      await at.until('ReplicaSet', 'web', ready(2));
      await at.until('ResourceQuota', 'some', counts('pods', '2'));
      await at.merge('ResourceQuota', 'some', { spec: { hard: { pods: '1', secrets: '4' } } });
      await at.until('ResourceQuota', 'some', counts('secrets', '0'));
      await at.merge('ReplicaSet', 'web', { spec: { replicas: 1 } });
      await at.until('ReplicaSet', 'web', ready(1));
      await at.until('ResourceQuota', 'some', counts('pods', '1'));
    },
  },
  {
    name: 'quota that counts custom resources',
    async run(at) {
      await at.create(parcels.definition);
      await parcels.make(at, 'one');
      await at.create(quota('some', '{ hard: { count/parcels.quotas.example.org: "2" } }'));
      await askUntilCounted(at, 'count/parcels.quotas.example.org');
      await parcels.make(at, 'two');
      await at.until('ResourceQuota', 'some', counts('count/parcels.quotas.example.org', '2'));
      const { namespace } = at;
      await at.world.client.delete(parcels.type, { namespace, name: 'one' });
      await at.until('ResourceQuota', 'some', counts('count/parcels.quotas.example.org', '1'));
    },
  },
];
