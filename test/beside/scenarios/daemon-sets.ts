import type { Place, Seen } from '../place.ts';
import { newImage, type Scenario, template } from '../scenario.ts';
import { set } from './sets.ts';

/** Where no other scenario makes nodes. */
const onNodes = (names: string): string => `
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
              - matchExpressions:
                  - { key: kubernetes.io/hostname, operator: In, values: [${names}] }`;

const daemons = (names: string, more = ''): string =>
  set('DaemonSet', more, template('web', { spec: onNodes(names).trim() }));

const all =
  (count: number) =>
  ({ metadata, status }: Seen): boolean =>
    status?.observedGeneration === metadata.generation &&
    status?.desiredNumberScheduled === count &&
    status?.numberAvailable === count &&
    status?.updatedNumberScheduled === count;

const done = (at: Place, count: number): Promise<Seen> => at.until('DaemonSet', 'web', all(count));

const neverReady = {
  spec: { template: { metadata: { annotations: { 'wherry.io/start-seconds': '1000' } } } },
};

export const daemonSetScenarios: readonly Scenario[] = [
  {
    name: 'daemon set that is rolled on all nodes at once',
    async run(at) {
      const strategy = 'updateStrategy: { rollingUpdate: { maxUnavailable: 100% } }';
      await at.create(daemons('node1, node2, node3', strategy));
      await done(at, 3);
      await at.merge('DaemonSet', 'web', newImage);
      await done(at, 3);
    },
  },
  {
    name: 'daemon set whose roll is stuck with two of three',
    async run(at) {
      const strategy = 'updateStrategy: { rollingUpdate: { maxUnavailable: 50% } }';
      await at.create(daemons('node1, node2, node3', strategy));
      await done(at, 3);
      await at.merge('DaemonSet', 'web', neverReady);
      await at.until('DaemonSet', 'web', ({ status }) => status?.updatedNumberScheduled === 2);
      await at.until('DaemonSet', 'web', ({ status }) => status?.numberAvailable === 1);
    },
  },
  {
    name: 'daemon set whose surge is stuck',
    async run(at) {
      const strategy = 'updateStrategy: { rollingUpdate: { maxSurge: 40%, maxUnavailable: 0 } }';
      await at.create(daemons('node1, node2, node3', strategy));
      await done(at, 3);
      // Which of two pods of a node counts is told by the second in which they were made.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await at.merge('DaemonSet', 'web', neverReady);
      await at.untilAll('Pod', (pods) => pods.length === 5);
    },
  },
  {
    name: 'daemon set whose history is limited, and which is rolled back',
    async run(at) {
      await at.create(daemons('node2', 'revisionHistoryLimit: 1'));
      await done(at, 1);
      let before: Seen | undefined;
      for (const version of ['2', '3', '4']) {
        before = await at.get('DaemonSet', 'web');
        const containers = [{ name: 'main', image: `example.org/main:${version}` }];
        await at.merge('DaemonSet', 'web', { spec: { template: { spec: { containers } } } });
        await done(at, 1);
        await at.untilAll('Pod', (pods) => pods.length === 1);
      }
      await at.untilAll('ControllerRevision', (revisions) => revisions.length === 2);
      await at.merge('DaemonSet', 'web', { spec: { template: before!.spec.template } });
      await done(at, 1);
    },
  },
  {
    name: 'daemon set that takes over the pods of another',
    async run(at) {
      await at.create(daemons('node2'));
      await done(at, 1);
      await at.delete('DaemonSet', 'web', { propagationPolicy: 'Orphan' });
      await at.untilGone('DaemonSet', 'web');
      await at.create(daemons('node2', 'minReadySeconds: 2'));
      await done(at, 1);
    },
  },
  {
    name: 'daemon set of which a pod is evicted',
    async run(at) {
      await at.create(daemons('node2'));
      await done(at, 1);
      const [pod] = await at.list('Pod');
      const { name } = pod!.metadata;
      await at.merge('Pod/status', name, { status: { phase: 'Failed', reason: 'Evicted' } });
      await at.untilGone('Pod', name);
      await done(at, 1);
    },
  },
  {
    name: 'daemon set with two revisions of the same template',
    async run(at) {
      await at.create(daemons('node2'));
      await done(at, 1);
      const [revision] = await at.list('ControllerRevision');
      const { labels, ownerReferences } = revision!.metadata;
      const twin = { ...labels, 'controller-revision-hash': 'twin' };
      const metadata = { name: 'web-twin', labels: twin, ownerReferences };
      await at.create(JSON.stringify({ ...revision, metadata, revision: 2 }));
      await at.merge('DaemonSet', 'web', { metadata: { annotations: { touched: 'yes' } } });
      await at.untilAll('ControllerRevision', (revisions) => revisions.length === 1);
      const { metadata: kept } = (await at.list('Pod'))[0]!;
      if (kept.labels?.['controller-revision-hash'] !== 'twin') throw new Error('made anew');
      await done(at, 1);
    },
  },
];
