/** The kinds of workload, each from creation to deletion, on a whole cluster in this process. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import {
  controllerRevisions,
  cronJobs,
  daemonSets,
  deployments,
  jobs,
  nodes,
  persistentVolumeClaims,
  podDisruptionBudgets,
  pods,
  statefulSets,
} from '../../api/resources.ts';
import type { StatefulSet } from '../../api/types/apps-v1.ts';
import type { JobSpec } from '../../api/types/batch-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { type Cluster, startCluster } from '../../index.ts';
import { until } from '../support/until.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 3 });
});
afterAll(() => cluster.stop());

const namespace = 'default';
const at = (name: string) => ({ namespace, name });

async function podsOf(app: string): Promise<readonly Pod[]> {
  const { items } = await cluster.client.list(pods, { namespace, labelSelector: `app=${app}` });
  return [...items].sort((a, b) => a.metadata.name!.localeCompare(b.metadata.name!));
}

const names = (items: readonly KubernetesObject[]) => items.map(({ metadata }) => metadata.name);

function change<T extends KubernetesObject>(type: ResourceType<T>, name: string, body: object) {
  return cluster.client.patch(type, at(name), { type: 'application/merge-patch+json', body });
}

const template = (app: string, image = 'img:1', annotations = {}) => ({
  metadata: { labels: { app }, annotations },
  spec: { containers: [{ name: 'main', image }] },
});

describe('a StatefulSet', () => {
  const rolledOut = async () => {
    const { metadata, spec, status } = await cluster.client.get(statefulSets, at('db'));
    return (
      status?.observedGeneration === metadata.generation &&
      status?.currentRevision === status?.updateRevision &&
      status?.readyReplicas === spec.replicas &&
      status?.updatedReplicas === spec.replicas &&
      status?.replicas === spec.replicas
    );
  };

  it('is made, updated to its partition, rolled back, scaled down and deleted', async () => {
    const set: Partial<StatefulSet> & Pick<StatefulSet, 'spec'> = {
      spec: {
        replicas: 3,
        serviceName: 'db',
        selector: { matchLabels: { app: 'db' } },
        template: template('db'),
      },
    };
    await cluster.client.create(statefulSets, { metadata: at('db'), ...set });
    await until('three replicas', rolledOut);
    expect(names(await podsOf('db'))).toEqual(['db-0', 'db-1', 'db-2']);

    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } };
    await change(statefulSets, 'db', {
      spec: { updateStrategy, template: template('db', 'img:2') },
    });
    const images = async () => (await podsOf('db')).map(({ spec }) => spec.containers[0]!.image);
    await until('one updated', async () => {
      const { status } = await cluster.client.get(statefulSets, at('db'));
      return status?.updatedReplicas === 1 && status.readyReplicas === 3;
    });
    expect(await images()).toEqual(['img:1', 'img:1', 'img:2']);
    await change(statefulSets, 'db', {
      spec: { updateStrategy: { rollingUpdate: { partition: 0 } } },
    });
    await until('all updated', rolledOut);
    expect(await images()).toEqual(['img:2', 'img:2', 'img:2']);
    await change(statefulSets, 'db', { spec: { template: template('db', 'img:1') } });
    await until('rolled back', rolledOut);
    const history = await cluster.client.list(controllerRevisions, { namespace });
    expect(history.items.map(({ revision }) => revision).sort()).toEqual([2, 3]);

    await change(statefulSets, 'db', { spec: { replicas: 1 } });
    await until('one replica', rolledOut);
    expect(names(await podsOf('db'))).toEqual(['db-0']);
    await cluster.client.delete(statefulSets, at('db'));
    await until('no pods', async () => (await podsOf('db')).length === 0);
  });

  it('makes the claims its pods mount, and leaves them behind', async () => {
    await cluster.client.create(statefulSets, {
      metadata: at('files'),
      spec: {
        replicas: 2,
        serviceName: 'files',
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: { app: 'files' } },
        template: template('files'),
        volumeClaimTemplates: [
          {
            apiVersion: 'v1',
            kind: 'PersistentVolumeClaim',
            metadata: { name: 'disk' },
            spec: {
              accessModes: ['ReadWriteOnce'],
              resources: { requests: { storage: '1Gi' } },
            },
          },
        ],
      },
    });
    const labelSelector = 'app=files';
    const claims = async () =>
      names((await cluster.client.list(persistentVolumeClaims, { labelSelector })).items);
    await until('two pods', async () => (await podsOf('files')).length === 2);
    expect((await claims()).sort()).toEqual(['disk-files-0', 'disk-files-1']);
    await cluster.client.delete(statefulSets, at('files'));
    await until('no pods', async () => (await podsOf('files')).length === 0);
    expect(await claims()).toHaveLength(2);
  });
});

describe('a DaemonSet', () => {
  const settled = async (desired: number) => {
    const { metadata, status } = await cluster.client.get(daemonSets, at('agent'));
    return (
      status?.observedGeneration === metadata.generation &&
      status?.desiredNumberScheduled === desired &&
      status?.numberAvailable === desired &&
      status?.updatedNumberScheduled === desired
    );
  };

  it('is on every node, is updated node by node, leaves nodes it is kept off', async () => {
    await cluster.client.create(daemonSets, {
      metadata: at('agent'),
      spec: { selector: { matchLabels: { app: 'agent' } }, template: template('agent') },
    });
    await until('a pod on each node', () => settled(3));
    const on = (await podsOf('agent')).map(({ spec }) => spec.nodeName);
    expect(new Set(on).size).toBe(3);
    await change(daemonSets, 'agent', { spec: { template: template('agent', 'img:2') } });
    await until('all updated', () => settled(3));
    const images = (await podsOf('agent')).map(({ spec }) => spec.containers[0]!.image);
    expect(new Set(images)).toEqual(new Set(['img:2']));
    const labelSelector = 'app=agent';
    const history = await cluster.client.list(controllerRevisions, { namespace, labelSelector });
    expect(history.items).toHaveLength(2);
    const { items } = await cluster.client.list(nodes);
    const nodeSelector = { 'kubernetes.io/hostname': items[0]!.metadata.name };
    await change(daemonSets, 'agent', { spec: { template: { spec: { nodeSelector } } } });
    await until('one pod', async () => (await settled(1)) && (await podsOf('agent')).length === 1);
    await cluster.client.delete(daemonSets, at('agent'));
    await until('no pods', async () => (await podsOf('agent')).length === 0);
  });
});

describe('a Job', () => {
  const quick = { 'wherry.io/run-seconds': '0' };
  const work = (spec: Partial<JobSpec>, annotations = quick) => {
    const pod = { containers: [{ name: 'main', image: 'img:1' }], restartPolicy: 'Never' };
    return { ...spec, template: { metadata: { annotations }, spec: pod } };
  };
  const ended = async (name: string, type: string) => {
    const { status } = await cluster.client.get(jobs, at(name));
    return (
      status?.conditions?.some((each) => each.type === type && each.status === 'True') === true
    );
  };

  it('runs each index to completion and counts it', async () => {
    const spec = work({ completions: 5, parallelism: 2, completionMode: 'Indexed' });
    await cluster.client.create(jobs, { metadata: at('count'), spec });
    await until('completion', () => ended('count', 'Complete'));
    const { status } = await cluster.client.get(jobs, at('count'));
    expect(status).toMatchObject({ succeeded: 5, completedIndexes: '0-4' });
    expect(status?.completionTime).toBeDefined();
    const labelSelector = 'batch.kubernetes.io/job-name=count';
    const { items } = await cluster.client.list(pods, { namespace, labelSelector });
    expect(items).toHaveLength(5);
    expect(items.every(({ metadata }) => metadata.finalizers === undefined)).toBe(true);
    await cluster.client.delete(jobs, at('count'), { propagationPolicy: 'Background' });
    await until('no pods', async () => {
      const left = await cluster.client.list(pods, { namespace, labelSelector });
      return left.items.length === 0;
    });
  });

  it('is deleted when it has been finished for long enough', async () => {
    const spec = work({ ttlSecondsAfterFinished: 0 });
    await cluster.client.create(jobs, { metadata: at('brief'), spec });
    const named = { namespace, fieldSelector: 'metadata.name=brief' };
    await until('no Job', async () => (await cluster.client.list(jobs, named)).items.length === 0);
    const labelSelector = 'batch.kubernetes.io/job-name=brief';
    const left = await cluster.client.list(pods, { namespace, labelSelector });
    expect(left.items).toEqual([]);
  });

  it('fails at its limit; suspended, it has no pods', async () => {
    const failing = { ...quick, 'wherry.io/exit-code': '3' };
    const spec = work({ backoffLimit: 0 }, failing);
    await cluster.client.create(jobs, { metadata: at('broken'), spec });
    const idle = work({ suspend: true });
    await cluster.client.create(jobs, { metadata: at('later'), spec: idle });
    await until('failure', () => ended('broken', 'Failed'));
    expect((await cluster.client.get(jobs, at('broken'))).status).toMatchObject({ failed: 1 });
    await until('suspension', () => ended('later', 'Suspended'));
    await change(jobs, 'later', { spec: { suspend: false } });
    await until('completion', () => ended('later', 'Complete'));
  });
});

it('a CronJob starts Jobs in time and keeps a short history', async () => {
  const annotations = { 'wherry.io/run-seconds': '0' };
  const pod = { containers: [{ name: 'main', image: 'img:1' }], restartPolicy: 'Never' };
  await cluster.client.create(cronJobs, {
    metadata: at('tick'),
    spec: {
      schedule: '@every 1s',
      successfulJobsHistoryLimit: 1,
      jobTemplate: { spec: { template: { metadata: { annotations }, spec: pod } } },
    },
  });
  await until('a success', async () => {
    const { status } = await cluster.client.get(cronJobs, at('tick'));
    return status?.lastSuccessfulTime !== undefined;
  });
  const { items } = await cluster.client.list(jobs, { namespace });
  const made = items.find(({ metadata }) => /^tick-\d+$/.test(metadata.name!));
  expect(made?.metadata.annotations).toHaveProperty([
    'batch.kubernetes.io/cronjob-scheduled-timestamp',
  ]);
  await change(cronJobs, 'tick', { spec: { suspend: true } });
});

it('a PodDisruptionBudget lets pods be evicted, but not too many', async () => {
  const selector = { matchLabels: { app: 'safe' } };
  const spec = { replicas: 2, selector, template: template('safe') };
  await cluster.client.create(deployments, { metadata: at('safe'), spec });
  const budget = { spec: { minAvailable: '100%', selector } };
  await cluster.client.create(podDisruptionBudgets, { metadata: at('safe'), ...budget });
  const status = async () => (await cluster.client.get(podDisruptionBudgets, at('safe'))).status;
  await until('both healthy', async () => (await status())?.currentHealthy === 2);
  expect(await status()).toMatchObject({
    desiredHealthy: 2,
    disruptionsAllowed: 0,
    expectedPods: 2,
  });
  const evict = async () => {
    const name = (await podsOf('safe'))[0]!.metadata.name!;
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: at(name) };
    return cluster.client.createSubresource(pods, at(name), { subresource: 'eviction', body });
  };
  await expect(evict()).rejects.toThrow("violate the pod's disruption budget");
  await change(podDisruptionBudgets, 'safe', { spec: { minAvailable: '50%' } });
  await until('one allowed', async () => (await status())?.disruptionsAllowed === 1);
  await evict();
  await until('a new one in its place', async () => (await status())?.disruptionsAllowed === 1);
});
