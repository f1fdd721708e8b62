import { describe, expect, it } from 'vitest';
import { formatTime } from '../../api/time.ts';
import type { StatefulSet, StatefulSetSpec } from '../../api/types/apps-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { claimsOf, newPod, repairedLabels } from './identity.ts';
import { planStatefulSet } from './plan.ts';
import { planStatus, sameStatus } from './status.ts';

const NOW = 1_700_000_000_000;
const rolling = { type: 'RollingUpdate', rollingUpdate: { partition: 0 } };

function set(replicas: number, more: Partial<StatefulSetSpec> = {}): StatefulSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { namespace: 'd', name: 'db', uid: 'u', generation: 3 },
    spec: {
      replicas,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: { metadata: { labels: { app: 'db' } }, spec: { containers: [] } },
      updateStrategy: rolling,
      ...more,
    },
  };
}

/** "1 new ready", "0 old pending", "2 old failed", "1 new terminating", "0 new young". */
function pod(text: string): Pod {
  const [ordinal, revision, state = 'ready'] = text.split(' ');
  const running = ['ready', 'unready', 'young', 'terminating'].includes(state);
  const phase = running ? 'Running' : state[0]!.toUpperCase() + state.slice(1);
  const ready = state === 'unready' || !running ? 'False' : 'True';
  const since = formatTime(NOW - (state === 'young' ? 1000 : 3_600_000));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `db-${ordinal}`,
      uid: text,
      labels: { 'controller-revision-hash': revision! },
      ...(state === 'terminating' ? { deletionTimestamp: formatTime(NOW) } : {}),
    },
    spec: { containers: [] },
    status: { phase, conditions: [{ type: 'Ready', status: ready, lastTransitionTime: since }] },
  };
}

const state = (of: StatefulSet, pods: readonly string[]) => ({
  set: of,
  pods: pods.map(pod),
  current: { name: 'old', template: of.spec.template },
  update: { name: 'new', template: of.spec.template },
  nowMs: NOW,
});

function steps(of: StatefulSet, pods: readonly string[]): string {
  const { create, remove } = planStatefulSet(state(of, pods));
  const created = create.map(
    ({ draft }) => `+${draft.metadata.name} ${draft.metadata.labels?.['controller-revision-hash']}`,
  );
  return [...created, ...remove.map(({ metadata }) => `-${metadata.name}`)].join(' ');
}

const parallel = { podManagementPolicy: 'Parallel' };
const partition = (n: number) => ({
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: n } },
});

describe('the next step of a StatefulSet', () => {
  it.each<[string, StatefulSet, string[], string]>([
    ['begins with the first', set(3), [], '+db-0 new'],
    ['waits for one that is pending', set(3), ['0 new pending'], ''],
    ['waits for one that is not ready', set(3), ['0 new unready'], ''],
    ['goes on when it is', set(3), ['0 new ready'], '+db-1 new'],
    ['waits for minReadySeconds', set(2, { minReadySeconds: 10 }), ['0 new young'], ''],
    ['fills a gap', set(3), ['0 new', '2 new'], '+db-1 new'],
    ['counts from ordinals.start', set(2, { ordinals: { start: 5 } }), ['5 new'], '+db-6 new'],
    ['replaces what failed', set(2), ['0 new failed', '1 new'], '-db-0'],
    ['replaces what finished', set(1), ['0 new succeeded'], '-db-0'],
    ['waits for one that terminates', set(2), ['0 new terminating'], ''],
    ['removes the highest first', set(1), ['0 new', '1 new', '2 new'], '-db-2'],
    ['removes none while a lower one is unhealthy', set(1), ['0 new unready', '1 new'], ''],
    ['waits for a removal', set(0), ['0 new', '1 new terminating'], ''],
    ['keeps what waits behind the unhealthy', set(0), ['0 new unready', '1 new unready'], ''],
    ['removes the first unhealthy one', set(1), ['0 new', '1 new unready'], '-db-1'],
    ['all at once in parallel', set(3, parallel), ['1 new unready'], '+db-0 new +db-2 new'],
    ['away in parallel', set(1, parallel), ['0 new pending', '1 new', '2 new'], '-db-2 -db-1'],
    ['updates from the highest', set(2), ['0 old', '1 old'], '-db-1'],
    ['updates the next when it is healthy', set(2), ['0 old', '1 new'], '-db-0'],
    ['waits for the updated one', set(2, parallel), ['0 old', '1 new unready'], ''],
    ['stops at the partition', set(3, partition(2)), ['0 old', '1 old', '2 new'], ''],
    ['brings back the old below it', set(2, partition(1)), ['1 new'], '+db-0 old'],
    ['leaves updates to others', set(1, { updateStrategy: { type: 'OnDelete' } }), ['0 old'], ''],
    ['is as it should be', set(2), ['0 new', '1 new'], ''],
  ])('%s', (_, ...[of, pods, wanted]) => {
    expect(steps(of, pods)).toBe(wanted);
  });

  it('is none once it is being deleted', () => {
    const doomed = { ...set(3), metadata: { name: 'db', deletionTimestamp: formatTime(NOW) } };
    expect(steps(doomed, [])).toBe('');
  });
});

describe('the pod of an ordinal', () => {
  const claims = [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'disk', labels: { tier: 'fast' } },
      spec: { accessModes: ['ReadWriteOnce'] },
    },
  ];
  it('has a name, a host name, and its own claims', () => {
    const of = set(1, { volumeClaimTemplates: claims });
    expect(newPod(of, 4, { name: 'rev', template: of.spec.template })).toMatchObject({
      metadata: {
        name: 'db-4',
        labels: {
          app: 'db',
          'apps.kubernetes.io/pod-index': '4',
          'statefulset.kubernetes.io/pod-name': 'db-4',
          'controller-revision-hash': 'rev',
        },
      },
      spec: {
        hostname: 'db-4',
        subdomain: 'db',
        volumes: [{ name: 'disk', persistentVolumeClaim: { claimName: 'disk-db-4' } }],
      },
    });
    expect(claimsOf(of, 4)).toEqual([
      {
        metadata: { namespace: 'd', name: 'disk-db-4', labels: { tier: 'fast', app: 'db' } },
        spec: { accessModes: ['ReadWriteOnce'] },
      },
    ]);
  });

  it('gets the labels of its name again if somebody takes the one away', () => {
    const made = newPod(set(1), 4, { name: 'rev', template: set(1).spec.template });
    const { labels = {} } = made.metadata;
    const lost = { ...labels, 'statefulset.kubernetes.io/pod-name': 'other' };
    const of = (own: typeof labels): Pod => ({
      ...pod('4 new'),
      metadata: { ...made.metadata, name: 'db-4', labels: own },
    });
    expect(repairedLabels(of(labels), 4)).toBeUndefined();
    expect(repairedLabels(of(lost), 4)).toEqual(labels);
  });

  it('has claims that die with the set where it says so', () => {
    const policy = { whenDeleted: 'Delete', whenScaled: 'Retain' };
    const of = set(1, {
      volumeClaimTemplates: claims,
      persistentVolumeClaimRetentionPolicy: policy,
    });
    expect(claimsOf(of, 0)[0]!.metadata.ownerReferences).toMatchObject([
      { kind: 'StatefulSet', name: 'db', uid: 'u' },
    ]);
  });
});

describe('the status', () => {
  it('counts each version', () => {
    const status = planStatus(state(set(3), ['0 old', '1 old unready', '2 new']));
    expect(status).toMatchObject({
      replicas: 3,
      readyReplicas: 2,
      availableReplicas: 2,
      currentReplicas: 2,
      updatedReplicas: 1,
      currentRevision: 'old',
      updateRevision: 'new',
      observedGeneration: 3,
    });
    expect(sameStatus(status, { ...status })).toBe(true);
    expect(sameStatus(status, { ...status, updateRevision: 'newer' })).toBe(false);
  });

  it('calls the update the current one once all are updated and ready', () => {
    expect(planStatus(state(set(2), ['0 new', '1 new']))).toMatchObject({
      currentRevision: 'new',
      currentReplicas: 2,
    });
    expect(planStatus(state(set(2), ['0 new', '1 new unready'])).currentRevision).toBe('old');
  });
});

it('plans a bounded part of however many', () => {
  const huge = set(2 ** 31 - 1, { podManagementPolicy: 'Parallel' });
  const { create } = planStatefulSet(state(huge, ['0 new', '2 new']));
  expect(create).toHaveLength(500);
  expect(create.map(({ ordinal }) => ordinal).slice(0, 3)).toEqual([1, 3, 4]);
});
