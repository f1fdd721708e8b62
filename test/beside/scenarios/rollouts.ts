import type { Place, Seen, SeenCondition } from '../place.ts';
import { newImage, type Scenario, template } from '../scenario.ts';
import { deployment, done, oneByOne, revisionOf } from './deployments.ts';

const byReason =
  (reason: string) =>
  ({ metadata, status }: Seen): boolean =>
    status?.observedGeneration === metadata.generation &&
    (status?.conditions ?? []).some((each: SeenCondition) => each.reason === reason);

const neverReady = {
  spec: { template: { metadata: { annotations: { 'wherry.io/start-seconds': '1000' } } } },
};

const counts =
  (replicas: number, updatedReplicas: number) =>
  ({ metadata, status }: Seen): boolean =>
    status?.observedGeneration === metadata.generation &&
    status?.replicas === replicas &&
    status?.updatedReplicas === updatedReplicas;

/** Eight old and five new ones, of which none gets ready. */
async function halfRolled(at: Place): Promise<void> {
  const strategy = 'strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } }';
  await at.create(deployment(`replicas: 10\n  ${strategy}`));
  await done(at, 10);
  await at.merge('Deployment', 'web', neverReady);
  await at.until('Deployment', 'web', counts(13, 5));
}

const scale = (at: Place, replicas: number): Promise<void> =>
  at.merge('Deployment', 'web', { spec: { replicas } });

export const rolloutScenarios: readonly Scenario[] = [
  {
    name: 'deployment that is scaled up while it is rolled',
    async run(at) {
      await halfRolled(at);
      await scale(at, 15);
      await at.until('Deployment', 'web', ({ status }) => status?.replicas === 18);
    },
  },
  {
    name: 'deployment that is scaled down while it is rolled',
    async run(at) {
      await halfRolled(at);
      await scale(at, 5);
      await at.until('Deployment', 'web', ({ status }) => status?.replicas === 8);
    },
  },
  {
    name: 'deployment that is paused half-way, then scaled',
    async run(at) {
      await halfRolled(at);
      await at.merge('Deployment', 'web', { spec: { paused: true } });
      await at.until('Deployment', 'web', byReason('DeploymentPaused'));
      await scale(at, 20);
      await at.until('Deployment', 'web', ({ status }) => status?.replicas === 23);
    },
  },
  {
    name: 'deployment that is paused from the beginning, then resumed',
    async run(at) {
      await at.create(deployment('replicas: 2\n  paused: true'));
      await at.until('Deployment', 'web', byReason('DeploymentPaused'));
      await at.merge('Deployment', 'web', newImage);
      await at.until('Deployment', 'web', byReason('DeploymentPaused'));
      await at.merge('Deployment', 'web', { spec: { paused: false } });
      await done(at, 2);
    },
  },
  {
    name: 'deployment past its deadline, rolled back',
    async run(at) {
      await at.create(deployment(`replicas: 2\n  progressDeadlineSeconds: 3\n  ${oneByOne}`));
      const first = await done(at, 2);
      await at.merge('Deployment', 'web', neverReady);
      await at.until('Deployment', 'web', byReason('ProgressDeadlineExceeded'));
      await at.merge('Deployment', 'web', {
        spec: {
          template: {
            ...first.spec.template,
            metadata: { annotations: null, labels: { app: 'web' } },
          },
        },
      });
      await at.until('Deployment', 'web', ({ metadata }) => revisionOf(metadata) === '3');
      await done(at, 2);
    },
  },
  {
    name: 'deployment past its deadline, given more time',
    async run(at) {
      await at.create(deployment(`replicas: 1\n  progressDeadlineSeconds: 2\n  ${oneByOne}`));
      await done(at, 1);
      await at.merge('Deployment', 'web', neverReady);
      await at.until('Deployment', 'web', byReason('ProgressDeadlineExceeded'));
      await at.merge('Deployment', 'web', {
        spec: { progressDeadlineSeconds: 1000, paused: true },
      });
      await at.until(
        'Deployment',
        'web',
        ({ metadata, status }) => status?.observedGeneration === metadata.generation,
      );
    },
  },
  {
    name: 'deployment whose name for a set is taken',
    async run(at) {
      await at.create(deployment('replicas: 1'));
      await done(at, 1);
      const [made] = await at.list('ReplicaSet');
      await at.delete('Deployment', 'web', { propagationPolicy: 'Foreground' });
      await at.untilGone('Deployment', 'web');
      await at.create(`
apiVersion: apps/v1
kind: ReplicaSet
metadata: { name: ${made!.metadata.name} }
spec:
  replicas: 0
  selector: { matchLabels: { app: other } }
  ${template('other').trim()}`);
      await at.create(deployment('replicas: 1'));
      await done(at, 1);
    },
  },
  {
    name: 'deployment rolled back to the one before the last',
    async run(at) {
      await at.create(deployment(`replicas: 1\n  ${oneByOne}`));
      const first = await done(at, 1);
      for (const version of ['2', '3']) {
        const containers = [{ name: 'main', image: `example.org/main:${version}` }];
        await at.merge('Deployment', 'web', { spec: { template: { spec: { containers } } } });
        await at.until('Deployment', 'web', ({ metadata }) => revisionOf(metadata) === version);
        await done(at, 1);
      }
      for (const revision of ['4', '5']) {
        const template = revision === '4' ? first.spec.template : newImage.spec.template;
        await at.merge('Deployment', 'web', { spec: { template } });
        await at.until('Deployment', 'web', ({ metadata }) => revisionOf(metadata) === revision);
        await done(at, 1);
      }
    },
  },
];
