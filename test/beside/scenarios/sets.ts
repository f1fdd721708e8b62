import type { Seen } from '../place.ts';
import { newImage, type Scenario, storageClass, template } from '../scenario.ts';

export const set = (kind: string, more: string, pods = template('web')): string => `
apiVersion: ${kind === 'ReplicationController' ? 'v1' : 'apps/v1'}
kind: ${kind}
metadata: { name: web }
spec:
  selector: ${kind === 'ReplicationController' ? '{ app: web }' : '{ matchLabels: { app: web } }'}
  ${more}
  ${pods.trim()}`;

const loose = (name: string, app: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${app} } }
spec: { containers: [{ name: main, image: "example.org/main:1" }] }`;

export const ready =
  (replicas: number) =>
  ({ metadata, status }: Seen): boolean =>
    status?.observedGeneration === metadata.generation &&
    (status?.readyReplicas ?? 0) === replicas &&
    (status?.replicas ?? 0) === replicas;

export const claims = `volumeClaimTemplates:
    - metadata: { name: data }
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: NAMESPACE
        resources: { requests: { storage: 1Gi } }`;

export const setScenarios: readonly Scenario[] = [
  {
    name: 'replica set that adopts and releases',
    async run(at) {
      await at.create(loose('orphan', 'web'));
      await at.until('Pod', 'orphan', ({ status }) => status?.phase === 'Running');
      await at.create(set('ReplicaSet', 'replicas: 2'));
      await at.until('ReplicaSet', 'web', ready(2));
      await at.merge('Pod', 'orphan', { metadata: { labels: { app: 'other' } } });
      await at.until('Pod', 'orphan', ({ metadata }) => metadata.ownerReferences === undefined);
      await at.until('ReplicaSet', 'web', ready(2));
      await at.merge('ReplicaSet', 'web', { spec: { replicas: 1 } });
      await at.until('ReplicaSet', 'web', ready(1));
    },
  },
  {
    name: 'replication controller',
    async run(at) {
      await at.create(set('ReplicationController', 'replicas: 2'));
      await at.until('ReplicationController', 'web', ready(2));
      await at.merge('ReplicationController', 'web', { spec: { replicas: 1 } });
      await at.until('ReplicationController', 'web', ready(1));
    },
  },
  {
    name: 'stateful set that is made, rolled and scaled',
    async run(at) {
      await at.create(set('StatefulSet', 'serviceName: web\n  replicas: 3'));
      await at.until('StatefulSet', 'web', ready(3));
      await at.merge('StatefulSet', 'web', newImage);
      await at.until('StatefulSet', 'web', (object) => {
        const { currentRevision, updateRevision, readyReplicas, updatedReplicas } =
          object.status ?? {};
        const { observedGeneration } = object.status ?? {};
        if (observedGeneration !== object.metadata.generation) return false;
        if (updatedReplicas !== 3 || readyReplicas !== 3) return false;
        return currentRevision === updateRevision;
      });
      await at.merge('StatefulSet', 'web', { spec: { replicas: 1 } });
      await at.until('StatefulSet', 'web', ready(1));
    },
  },
  {
    name: 'stateful set in parallel, with a partition',
    async run(at) {
      const strategy = 'updateStrategy: { rollingUpdate: { partition: 2 } }';
      const more = `serviceName: web\n  replicas: 3\n  podManagementPolicy: Parallel\n  ${strategy}`;
      await at.create(set('StatefulSet', more));
      await at.until('StatefulSet', 'web', ready(3));
      await at.merge('StatefulSet', 'web', newImage);
      await at.until('StatefulSet', 'web', ({ status }) => status?.updatedReplicas === 1);
      await at.until('StatefulSet', 'web', ready(3));
    },
  },
  {
    name: 'stateful set with claims that go with it',
    also: ['StorageClass/NAMESPACE'],
    async run(at) {
      await at.create(storageClass('hollow.wherry.io'));
      const retention =
        'persistentVolumeClaimRetentionPolicy: { whenDeleted: Retain, whenScaled: Delete }';
      const more = `serviceName: web\n  replicas: 2\n  ${retention}\n  ${claims}`;
      await at.create(set('StatefulSet', more));
      await at.until('StatefulSet', 'web', ready(2));
      await at.merge('StatefulSet', 'web', { spec: { replicas: 1 } });
      await at.untilGone('PersistentVolumeClaim', 'data-web-1');
      await at.until('StatefulSet', 'web', ready(1));
    },
  },
  {
    name: 'daemon set that is made and rolled',
    async run(at) {
      await at.create(set('DaemonSet', ''));
      const all = ({ metadata, status }: Seen): boolean =>
        status?.observedGeneration === metadata.generation &&
        status?.numberAvailable === status?.desiredNumberScheduled &&
        status?.updatedNumberScheduled === status?.desiredNumberScheduled &&
        (status?.numberAvailable ?? 0) > 0;
      await at.until('DaemonSet', 'web', all);
      await at.merge('DaemonSet', 'web', newImage);
      await at.until('DaemonSet', 'web', all);
    },
  },
  {
    name: 'daemon set of one node, then of none',
    async run(at) {
      const onOne = template('web', { spec: 'nodeSelector: { kubernetes.io/hostname: node2 }' });
      await at.create(set('DaemonSet', '', onOne));
      await at.until('DaemonSet', 'web', ({ status }) => status?.numberReady === 1);
      const nodeSelector = { 'kubernetes.io/hostname': 'nowhere' };
      await at.merge('DaemonSet', 'web', { spec: { template: { spec: { nodeSelector } } } });
      await at.until('DaemonSet', 'web', ({ status }) => status?.desiredNumberScheduled === 0);
      await at.untilAll('Pod', (pods) => pods.length === 0);
    },
  },
  {
    name: 'stateful set whose history is long',
    async run(at) {
      await at.create(
        set('StatefulSet', 'serviceName: web\n  replicas: 1\n  revisionHistoryLimit: 1'),
      );
      await at.until('StatefulSet', 'web', ready(1));
      for (const version of ['2', '3', '4']) {
        const containers = [{ name: 'main', image: `example.org/main:${version}` }];
        await at.merge('StatefulSet', 'web', { spec: { template: { spec: { containers } } } });
        await at.until('StatefulSet', 'web', ({ metadata, status }) => {
          if (status?.observedGeneration !== metadata.generation) return false;
          return (
            status?.updatedReplicas === 1 && status?.currentRevision === status?.updateRevision
          );
        });
        await at.until('StatefulSet', 'web', ready(1));
      }
    },
  },
  {
    name: 'stateful set whose pods are replaced when they are deleted',
    async run(at) {
      const more = 'serviceName: web\n  replicas: 2\n  updateStrategy: { type: OnDelete }';
      await at.create(set('StatefulSet', more));
      await at.until('StatefulSet', 'web', ready(2));
      await at.merge('StatefulSet', 'web', newImage);
      await at.until('StatefulSet', 'web', ready(2));
      await at.delete('Pod', 'web-1');
      await at.until('StatefulSet', 'web', ({ status }) => status?.updatedReplicas === 1);
      await at.until('StatefulSet', 'web', ready(2));
    },
  },
  {
    name: 'stateful set that counts from five',
    async run(at) {
      const more =
        'serviceName: web\n  replicas: 2\n  ordinals: { start: 5 }\n  minReadySeconds: 1';
      await at.create(set('StatefulSet', more));
      await at.until('Pod', 'web-6', ({ status }) => status?.phase === 'Running');
      await at.until('StatefulSet', 'web', ({ status }) => status?.availableReplicas === 2);
    },
  },
  {
    name: 'stateful set of which a pod fails',
    async run(at) {
      await at.create(set('StatefulSet', 'serviceName: web\n  replicas: 1'));
      await at.until('StatefulSet', 'web', ready(1));
      await at.delete('StatefulSet', 'web', { propagationPolicy: 'Orphan' });
      await at.untilGone('StatefulSet', 'web');
      await at.create(set('StatefulSet', 'serviceName: web\n  replicas: 1'));
      await at.until('StatefulSet', 'web', ready(1));
    },
  },
  {
    name: 'daemon set whose pods are replaced when they are deleted',
    async run(at) {
      const onOne = template('web', { spec: 'nodeSelector: { kubernetes.io/hostname: node2 }' });
      await at.create(set('DaemonSet', 'updateStrategy: { type: OnDelete }', onOne));
      await at.until('DaemonSet', 'web', ({ status }) => status?.numberReady === 1);
      await at.merge('DaemonSet', 'web', newImage);
      await at.until('DaemonSet', 'web', ({ status }) => !status?.updatedNumberScheduled);
      const [pod] = await at.list('Pod');
      await at.delete('Pod', pod!.metadata.name);
      await at.until('DaemonSet', 'web', ({ status }) => status?.updatedNumberScheduled === 1);
      await at.until('DaemonSet', 'web', ({ status }) => status?.numberAvailable === 1);
    },
  },
  {
    name: 'daemon set that is rolled with a surge',
    async run(at) {
      const more =
        'updateStrategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }';
      const onOne = template('web', { spec: 'nodeSelector: { kubernetes.io/hostname: node2 }' });
      await at.create(set('DaemonSet', more, onOne));
      await at.until('DaemonSet', 'web', ({ status }) => status?.numberReady === 1);
      await at.merge('DaemonSet', 'web', newImage);
      await at.until('DaemonSet', 'web', ({ status }) => status?.updatedNumberScheduled === 1);
      await at.untilAll('Pod', (pods) => pods.length === 1);
      await at.until('DaemonSet', 'web', ({ status }) => status?.numberAvailable === 1);
    },
  },
  {
    name: 'replication controller whose pods the quota refuses',
    async run(at) {
      await at.create(`
apiVersion: v1
kind: ResourceQuota
metadata: { name: none }
spec: { hard: { pods: "0" } }`);
      await at.until('ResourceQuota', 'none', ({ status }) => status?.used?.['pods'] === '0');
      await at.create(set('ReplicationController', 'replicas: 1'));
      await at.until('ReplicationController', 'web', ({ status }) =>
        (status?.conditions ?? []).some(({ type }) => type === 'ReplicaFailure'),
      );
    },
  },
  {
    name: 'replica set whose pods end',
    async run(at) {
      const ending = template('web', { annotations: { 'wherry.io/exit-code': '1' } });
      await at.create(set('ReplicaSet', 'replicas: 1', ending));
      await at.until('ReplicaSet', 'web', ({ status }) => status?.replicas === 1);
    },
  },
];
