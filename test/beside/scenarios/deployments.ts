import type { Place, Seen, SeenCondition } from '../place.ts';
import { newImage, type Scenario, template } from '../scenario.ts';

export const deployment = (more: string, pods = template('web')): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  ${more}
  ${pods.trim()}`;

export const oneByOne = 'strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }';

export const complete =
  (replicas: number) =>
  ({ metadata, status }: Seen): boolean =>
    status?.observedGeneration === metadata.generation &&
    (status?.replicas ?? 0) === replicas &&
    (status?.updatedReplicas ?? 0) === replicas &&
    (status?.availableReplicas ?? 0) === replicas;

export const done = (at: Place, replicas: number): Promise<Seen> =>
  at.until('Deployment', 'web', complete(replicas));

export const deploymentScenarios: readonly Scenario[] = [
  {
    name: 'deployment that is made',
    async run(at) {
      await at.create(deployment('replicas: 3'));
      await done(at, 3);
    },
  },
  {
    name: 'deployment that is rolled one by one, and back',
    async run(at) {
      await at.create(deployment(`replicas: 2\n  ${oneByOne}`));
      const first = await done(at, 2);
      await at.merge('Deployment', 'web', newImage);
      await at.until('Deployment', 'web', ({ metadata }) => revisionOf(metadata) === '2');
      await done(at, 2);
      await at.merge('Deployment', 'web', { spec: { template: first.spec.template } });
      await at.until('Deployment', 'web', ({ metadata }) => revisionOf(metadata) === '3');
      await done(at, 2);
    },
  },
  {
    name: 'deployment that is paused, scaled and resumed',
    async run(at) {
      await at.create(deployment(`replicas: 1\n  ${oneByOne}`));
      await done(at, 1);
      await at.merge('Deployment', 'web', { spec: { paused: true } });
      const paused = ({ status }: Seen): boolean =>
        (status?.conditions ?? []).some(({ reason }) => reason === 'DeploymentPaused');
      await at.until('Deployment', 'web', paused);
      await at.merge('Deployment', 'web', newImage);
      await at.merge('Deployment', 'web', { spec: { replicas: 2 } });
      await at.until('Deployment', 'web', ({ status }) => status?.readyReplicas === 2);
      await at.merge('Deployment', 'web', { spec: { paused: false } });
      await done(at, 2);
    },
  },
  {
    name: 'deployment that is scaled to nothing',
    async run(at) {
      await at.create(deployment('replicas: 3'));
      await done(at, 3);
      await at.merge('Deployment', 'web', { spec: { replicas: 0 } });
      await done(at, 0);
    },
  },
  {
    name: 'deployment that is recreated',
    async run(at) {
      await at.create(deployment('replicas: 2\n  strategy: { type: Recreate }'));
      await done(at, 2);
      await at.merge('Deployment', 'web', newImage);
      await at.until('Deployment', 'web', ({ metadata }) => revisionOf(metadata) === '2');
      await done(at, 2);
    },
  },
  {
    name: 'deployment past its progress deadline',
    async run(at) {
      const never = template('web', { annotations: { 'wherry.io/start-seconds': '1000' } });
      await at.create(deployment('replicas: 1\n  progressDeadlineSeconds: 2', never));
      const late = ({ status }: Seen): boolean =>
        (status?.conditions ?? []).some(
          ({ reason }: SeenCondition) => reason === 'ProgressDeadlineExceeded',
        );
      await at.until('Deployment', 'web', late);
    },
  },
  {
    name: 'deployment whose history is limited',
    async run(at) {
      await at.create(deployment(`replicas: 1\n  revisionHistoryLimit: 1\n  ${oneByOne}`));
      await done(at, 1);
      for (const version of ['2', '3', '4']) {
        const containers = [{ name: 'main', image: `example.org/main:${version}` }];
        await at.merge('Deployment', 'web', { spec: { template: { spec: { containers } } } });
        await at.until('Deployment', 'web', ({ metadata }) => revisionOf(metadata) === version);
        await done(at, 1);
      }
      await at.untilAll('ReplicaSet', (sets) => sets.length === 2);
    },
  },
  {
    name: 'deployment whose pods the quota refuses',
    async run(at) {
      await at.create(`
apiVersion: v1
kind: ResourceQuota
metadata: { name: none }
spec: { hard: { pods: "0" } }`);
      await at.until('ResourceQuota', 'none', ({ status }) => status?.used?.pods === '0');
      await at.create(deployment('replicas: 1'));
      await at.untilEvent('FailedCreate');
      const failed = ({ status }: Seen): boolean =>
        (status?.conditions ?? []).some(({ type }: SeenCondition) => type === 'ReplicaFailure');
      await at.until('Deployment', 'web', failed);
    },
  },
  {
    name: 'deployment that is deleted, its sets left behind',
    async run(at) {
      await at.create(deployment('replicas: 2'));
      await done(at, 2);
      await at.delete('Deployment', 'web', { propagationPolicy: 'Orphan' });
      await at.untilGone('Deployment', 'web');
    },
  },
  {
    name: 'deployment that is deleted in the foreground',
    async run(at) {
      await at.create(deployment('replicas: 2'));
      await done(at, 2);
      await at.delete('Deployment', 'web', { propagationPolicy: 'Foreground' });
      await at.untilGone('Deployment', 'web');
      await at.untilAll('Pod', (pods) => pods.length === 0);
    },
  },
  {
    name: 'deployment whose pods have to be ready for a while',
    async run(at) {
      await at.create(deployment('replicas: 2\n  minReadySeconds: 3'));
      await at.until('Deployment', 'web', ({ status }) => status?.readyReplicas === 2);
      await done(at, 2);
    },
  },
  {
    name: 'deployment that takes over a replica set',
    async run(at) {
      await at.create(deployment('replicas: 1'));
      await done(at, 1);
      await at.delete('Deployment', 'web', { propagationPolicy: 'Orphan' });
      await at.untilGone('Deployment', 'web');
      await at.create(deployment('replicas: 2'));
      await done(at, 2);
    },
  },
  {
    name: 'deployment with the annotations of kubectl',
    async run(at) {
      await at.create(deployment(`replicas: 1\n  ${oneByOne}`));
      await done(at, 1);
      const cause = { 'kubernetes.io/change-cause': 'a new image', 'example.org/note': 'kept' };
      await at.merge('Deployment', 'web', { metadata: { annotations: cause }, ...newImage });
      await at.until('Deployment', 'web', ({ metadata }) => revisionOf(metadata) === '2');
      await done(at, 1);
    },
  },
];

export const revisionOf = (metadata: Seen['metadata']): string | undefined =>
  metadata.annotations?.['deployment.kubernetes.io/revision'];
