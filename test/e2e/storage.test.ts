/** Claims, volumes and the pods that mount them, on a whole cluster in this process. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  statefulSets,
  storageClasses,
} from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { StatefulSetSpec } from '../../api/types/apps-v1.ts';
import type { PersistentVolumeClaimSpec } from '../../api/types/core-v1.ts';
import { type Cluster, startCluster } from '../../index.ts';
import { until } from '../support/until.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 3 });
});
afterAll(() => cluster.stop());

const namespace = 'default';
const at = (name: string) => ({ namespace, name });

const claimSpec = (storage: string, more: PersistentVolumeClaimSpec = {}) => ({
  accessModes: ['ReadWriteOnce'],
  resources: { requests: { storage } },
  ...more,
});

const podSpec = (claimName: string) => ({
  containers: [{ name: 'main', image: 'img' }],
  volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
});

async function claimPhase(name: string): Promise<string | undefined> {
  return (await cluster.client.get(persistentVolumeClaims, at(name))).status?.phase;
}

async function gone(ask: Promise<unknown>): Promise<boolean> {
  try {
    await ask;
    return false;
  } catch (error) {
    if (isStatus(error, 'NotFound')) return true;
    throw error;
  }
}

const claimGone = (name: string) => gone(cluster.client.get(persistentVolumeClaims, at(name)));

const merge = 'application/merge-patch+json';

it('a StatefulSet gets a volume for each replica, and keeps or drops them as it is told', async () => {
  const spec: StatefulSetSpec = {
    replicas: 3,
    serviceName: 'db',
    selector: { matchLabels: { app: 'db' } },
    persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Retain' },
    template: {
      metadata: { labels: { app: 'db' } },
      spec: {
        containers: [
          { name: 'main', image: 'img', volumeMounts: [{ name: 'disk', mountPath: '/d' }] },
        ],
      },
    },
    volumeClaimTemplates: [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'disk' },
        spec: claimSpec('1Gi'),
      },
    ],
  };
  await cluster.client.create(statefulSets, { metadata: at('db'), spec });
  await until('three ready replicas', async () => {
    const { status } = await cluster.client.get(statefulSets, at('db'));
    return status?.readyReplicas === 3;
  });
  const claims = (await cluster.client.list(persistentVolumeClaims, { namespace })).items;
  expect(
    claims.map(({ metadata, status, spec: its }) => [
      metadata.name,
      status?.phase,
      its.storageClassName,
      status?.capacity?.['storage'],
    ]),
  ).toEqual([0, 1, 2].map((i) => [`disk-db-${i}`, 'Bound', 'standard', '1Gi']));
  const volumes = (await cluster.client.list(persistentVolumes)).items;
  expect(volumes.map(({ status }) => status?.phase)).toEqual(['Bound', 'Bound', 'Bound']);

  const scale = { type: merge, body: { spec: { replicas: 1 } } } as const;
  await cluster.client.patch(statefulSets, at('db'), scale);
  await until('claims of scaled-away pods gone', async () => {
    const { items } = await cluster.client.list(persistentVolumeClaims, { namespace });
    return items.length === 1;
  });
  await until('their volumes gone', async () => {
    return (await cluster.client.list(persistentVolumes)).items.length === 1;
  });
  await cluster.client.delete(statefulSets, at('db'));
  await until('no pods', async () => (await cluster.client.list(pods)).items.length === 0);
  expect(await claimPhase('disk-db-0')).toBe('Bound');
});

it('a claim waits for its pod, grows, and stays as long as the pod does', async () => {
  await cluster.client.create(persistentVolumeClaims, {
    metadata: at('grows'),
    spec: claimSpec('1Gi'),
  });
  await until('the default class', async () => {
    const { spec } = await cluster.client.get(persistentVolumeClaims, at('grows'));
    return spec.storageClassName === 'standard';
  });
  expect(await claimPhase('grows')).toBe('Pending');
  await cluster.client.create(pods, { metadata: at('uses'), spec: podSpec('grows') });
  await until('bound', async () => (await claimPhase('grows')) === 'Bound');
  const body = { spec: { resources: { requests: { storage: '2Gi' } } } };
  await cluster.client.patch(persistentVolumeClaims, at('grows'), { type: merge, body });
  await until('grown', async () => {
    const { status } = await cluster.client.get(persistentVolumeClaims, at('grows'));
    return status?.capacity?.['storage'] === '2Gi';
  });
  const { spec } = await cluster.client.get(persistentVolumeClaims, at('grows'));
  await cluster.client.delete(persistentVolumeClaims, at('grows'));
  const claim = await cluster.client.get(persistentVolumeClaims, at('grows'));
  expect(claim.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
  await cluster.client.delete(pods, at('uses'), { gracePeriodSeconds: 0 });
  await until('claim gone', () => claimGone('grows'));
  const name = spec.volumeName!;
  await until('volume gone', () => gone(cluster.client.get(persistentVolumes, { name })));
});

it('a pod goes where the volume of its claim is, and the volume is kept', async () => {
  await cluster.client.create(storageClasses, {
    metadata: { name: 'local' },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
  });
  const host = 'kubernetes.io/hostname';
  const matchExpressions = [{ key: host, operator: 'In', values: ['node2'] }];
  await cluster.client.create(persistentVolumes, {
    metadata: { name: 'disk-on-2' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '10Gi' },
      storageClassName: 'local',
      persistentVolumeReclaimPolicy: 'Retain',
      local: { path: '/mnt/disk' },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } },
    },
  });
  const local = claimSpec('5Gi', { storageClassName: 'local' });
  await cluster.client.create(persistentVolumeClaims, { metadata: at('near'), spec: local });
  await cluster.client.create(pods, { metadata: at('follows'), spec: podSpec('near') });
  await until('running', async () => {
    const { status } = await cluster.client.get(pods, at('follows'));
    return status?.phase === 'Running';
  });
  expect((await cluster.client.get(pods, at('follows'))).spec.nodeName).toBe('node2');
  await cluster.client.delete(pods, at('follows'), { gracePeriodSeconds: 0 });
  await cluster.client.delete(persistentVolumeClaims, at('near'));
  await until('released', async () => {
    const { status } = await cluster.client.get(persistentVolumes, { name: 'disk-on-2' });
    return status?.phase === 'Released';
  });
});

it('an ephemeral volume lives and dies with its pod', async () => {
  const containers = [{ name: 'main', image: 'img' }];
  const volumeClaimTemplate = { spec: claimSpec('1Gi') };
  await cluster.client.create(pods, {
    metadata: at('scratch'),
    spec: { containers, volumes: [{ name: 'tmp', ephemeral: { volumeClaimTemplate } }] },
  });
  await until('running', async () => {
    const { status } = await cluster.client.get(pods, at('scratch'));
    return status?.phase === 'Running';
  });
  expect(await claimPhase('scratch-tmp')).toBe('Bound');
  await cluster.client.delete(pods, at('scratch'), { gracePeriodSeconds: 0 });
  await until('claim gone', () => claimGone('scratch-tmp'));
});
