import type { Place, Seen } from '../place.ts';
import { newImage, type Scenario, storageClass, template } from '../scenario.ts';
import { claims, ready, set } from './sets.ts';

const stateful = (more: string, pods?: string): string =>
  set('StatefulSet', `serviceName: web\n  ${more}`, pods);

const retention = (whenDeleted: string, whenScaled: string): string =>
  `persistentVolumeClaimRetentionPolicy: { whenDeleted: ${whenDeleted}, whenScaled: ${whenScaled} }`;

const never = template('web', { annotations: { 'wherry.io/start-seconds': '1000' } });

const updated =
  (count: number) =>
  ({ metadata, status }: Seen): boolean =>
    status?.observedGeneration === metadata.generation && status?.updatedReplicas === count;

const scale = (at: Place, replicas: number): Promise<void> =>
  at.merge('StatefulSet', 'web', { spec: { replicas } });

const partition = (at: Place, of: number): Promise<void> =>
  at.merge('StatefulSet', 'web', {
    spec: { updateStrategy: { rollingUpdate: { partition: of } } },
  });

const owned =
  (by: number) =>
  ({ metadata }: Seen): boolean =>
    (metadata.ownerReferences ?? []).length === by;

export const statefulSetScenarios: readonly Scenario[] = [
  {
    name: 'stateful set whose first number moves up, then down',
    async run(at) {
      await at.create(stateful('replicas: 2'));
      await at.until('StatefulSet', 'web', ready(2));
      await at.merge('StatefulSet', 'web', { spec: { ordinals: { start: 3 } } });
      await at.untilGone('Pod', 'web-0');
      await at.until('Pod', 'web-4');
      await at.until('StatefulSet', 'web', ready(2));
      await at.merge('StatefulSet', 'web', { spec: { replicas: 1, ordinals: { start: 2 } } });
      await at.untilGone('Pod', 'web-4');
      await at.untilGone('Pod', 'web-3');
      await at.until('StatefulSet', 'web', ready(1));
    },
  },
  {
    name: 'stateful set that names how many may be unavailable, and waits for one that never is ready',
    async run(at) {
      const strategy = 'updateStrategy: { rollingUpdate: { maxUnavailable: 2 } }';
      await at.create(stateful(`replicas: 3\n  ${strategy}`));
      await at.until('StatefulSet', 'web', ready(3));
      const annotations = { 'wherry.io/start-seconds': '1000' };
      await at.merge('StatefulSet', 'web', { spec: { template: { metadata: { annotations } } } });
      await at.until('StatefulSet', 'web', updated(1));
      await at.until('StatefulSet', 'web', ({ status }) => status?.readyReplicas === 2);
      const back = { annotations: { 'wherry.io/start-seconds': null } };
      await at.merge('StatefulSet', 'web', { spec: { template: { metadata: back } } });
      await at.until('StatefulSet', 'web', updated(2));
    },
  },
  {
    name: 'stateful set in parallel of pods that never are ready, scaled up and down',
    async run(at) {
      await at.create(stateful('replicas: 2\n  podManagementPolicy: Parallel', never));
      await at.until('StatefulSet', 'web', ({ status }) => status?.replicas === 2);
      await scale(at, 4);
      await at.until('Pod', 'web-3');
      await at.until('StatefulSet', 'web', ({ status }) => status?.replicas === 4);
      await scale(at, 1);
      await at.until('StatefulSet', 'web', ({ status }) => status?.replicas === 1);
    },
  },
  {
    name: 'stateful set in order of pods that never are ready, scaled down',
    async run(at) {
      await at.create(stateful('replicas: 2', never));
      await at.until('StatefulSet', 'web', ({ status }) => status?.replicas === 1);
      await scale(at, 0);
      await at.until('StatefulSet', 'web', ready(0));
    },
  },
  {
    name: 'stateful set whose partition moves, past the end, down and back',
    async run(at) {
      await at.create(
        stateful('replicas: 3\n  updateStrategy: { rollingUpdate: { partition: 5 } }'),
      );
      await at.until('StatefulSet', 'web', ready(3));
      await at.merge('StatefulSet', 'web', newImage);
      await at.until('StatefulSet', 'web', ready(3));
      const before = await at.get('Pod', 'web-0');
      await at.delete('Pod', 'web-0');
      await at.until('Pod', 'web-0', ({ metadata }) => metadata.uid !== before.metadata.uid);
      await at.until('StatefulSet', 'web', ready(3));
      await partition(at, 2);
      await at.until('StatefulSet', 'web', updated(1));
      await at.until('StatefulSet', 'web', ready(3));
      await scale(at, 4);
      await at.until('StatefulSet', 'web', updated(2));
      await at.until('StatefulSet', 'web', ready(4));
      await partition(at, 0);
      await at.until('StatefulSet', 'web', updated(4));
      await at.until('StatefulSet', 'web', ready(4));
    },
  },
  {
    name: 'stateful set that is rolled back',
    async run(at) {
      await at.create(stateful('replicas: 1'));
      const first = await at.until('StatefulSet', 'web', ready(1));
      await at.merge('StatefulSet', 'web', newImage);
      const { currentRevision } = first.status!;
      await at.until('StatefulSet', 'web', ({ status }) => {
        const { currentRevision: now, updateRevision } = status ?? {};
        return now === updateRevision && now !== currentRevision;
      });
      await at.until('StatefulSet', 'web', ready(1));
      await at.merge('StatefulSet', 'web', { spec: { template: first.spec.template } });
      await at.until('StatefulSet', 'web', ({ status }) => {
        const { currentRevision: now, updateRevision } = status ?? {};
        return now === updateRevision && now === currentRevision;
      });
      await at.until('StatefulSet', 'web', ready(1));
    },
  },
  {
    name: 'stateful set whose claims go with it',
    also: ['StorageClass/NAMESPACE'],
    async run(at) {
      await at.create(storageClass('hollow.wherry.io'));
      await at.create(stateful(`replicas: 1\n  ${retention('Delete', 'Retain')}\n  ${claims}`));
      await at.until('StatefulSet', 'web', ready(1));
      await at.until('PersistentVolumeClaim', 'data-web-0', owned(1));
      await at.delete('StatefulSet', 'web');
      await at.untilGone('StatefulSet', 'web');
      await at.untilGone('PersistentVolumeClaim', 'data-web-0');
    },
  },
  {
    name: 'stateful set that changes its mind about claims',
    also: ['StorageClass/NAMESPACE'],
    async run(at) {
      await at.create(storageClass('hollow.wherry.io'));
      await at.create(stateful(`replicas: 2\n  ${retention('Retain', 'Retain')}\n  ${claims}`));
      await at.until('StatefulSet', 'web', ready(2));
      const change = (whenDeleted: string, whenScaled: string): Promise<void> =>
        at.merge('StatefulSet', 'web', {
          spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled } },
        });
      await change('Delete', 'Delete');
      await at.until('PersistentVolumeClaim', 'data-web-1', owned(1));
      await change('Retain', 'Delete');
      await at.until('PersistentVolumeClaim', 'data-web-0', owned(0));
      await at.until('PersistentVolumeClaim', 'data-web-1', owned(0));
      await change('Delete', 'Retain');
      await at.until('PersistentVolumeClaim', 'data-web-0', owned(1));
      await at.until('PersistentVolumeClaim', 'data-web-1', owned(1));
      await scale(at, 1);
      await at.until('StatefulSet', 'web', ready(1));
    },
  },
  {
    name: 'stateful set of which a pod is evicted',
    async run(at) {
      await at.create(stateful('replicas: 1'));
      await at.until('StatefulSet', 'web', ready(1));
      const before = await at.get('Pod', 'web-0');
      await at.merge('Pod/status', 'web-0', { status: { phase: 'Failed', reason: 'Evicted' } });
      await at.until('Pod', 'web-0', ({ metadata }) => metadata.uid !== before.metadata.uid);
      await at.until('StatefulSet', 'web', ready(1));
    },
  },
  {
    name: 'stateful set of which a pod loses the label with its name',
    async run(at) {
      await at.create(stateful('replicas: 1'));
      await at.until('StatefulSet', 'web', ready(1));
      const label = 'statefulset.kubernetes.io/pod-name';
      await at.merge('Pod', 'web-0', { metadata: { labels: { [label]: null } } });
      await at.until('Pod', 'web-0', ({ metadata }) => metadata.labels?.[label] === 'web-0');
    },
  },
];
