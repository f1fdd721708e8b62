/** What becomes of PodDisruptionBudgets, and of evictions that ask them. */
import { StatusError } from '../../../api/status.ts';
import type { Place, Seen } from '../place.ts';
import { type Scenario, template } from '../scenario.ts';
import { deployment, done } from './deployments.ts';
import { ready, set } from './sets.ts';

const budget = (spec: string, name = 'web'): string => `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: ${name} }
spec: { selector: { matchLabels: { app: web } }, ${spec} }`;

const pod = (name: string, annotations: object = {}): string => `
apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  labels: { app: web }
  annotations: ${JSON.stringify(annotations)}
spec: { containers: [{ name: main, image: "example.org/main:1" }] }`;

const NEVER_READY = { 'wherry.io/ready-seconds': '100000' };

const isReady = ({ status }: Seen): boolean =>
  (status?.conditions ?? []).some((each) => each.type === 'Ready' && each.status === 'True');

const runs = ({ status }: Seen): boolean => status?.phase === 'Running';

interface Counts {
  readonly currentHealthy?: number;
  readonly desiredHealthy?: number;
  readonly expectedPods?: number;
  readonly disruptionsAllowed?: number;
  readonly disruptedPods?: Readonly<Record<string, string>>;
}

const countsOf = ({ status }: Seen): Counts => status ?? {};

const healthy = (at: Place, count: number, name = 'web'): Promise<Seen> =>
  at.until(
    'PodDisruptionBudget',
    name,
    (each) =>
      each.status?.observedGeneration === each.metadata.generation &&
      (countsOf(each).currentHealthy ?? 0) === count,
  );

const allows = (at: Place, count: number): Promise<Seen> =>
  at.until(
    'PodDisruptionBudget',
    'web',
    (each) =>
      each.status?.observedGeneration === each.metadata.generation &&
      (countsOf(each).disruptionsAllowed ?? 0) === count,
  );

async function anyPod(at: Place, holds: (pod: Seen) => boolean = () => true): Promise<string> {
  return (await at.list('Pod')).find(holds)!.metadata.name;
}

/** The answer stands in a ConfigMap, to be compared. */
async function refused(at: Place, name: string): Promise<void> {
  let words = 'not refused';
  try {
    await at.evict(name);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    words = `${error.status.code} ${error.message}`;
  }
  await at.create(`
apiVersion: v1
kind: ConfigMap
metadata: { name: answer }
data: { text: ${JSON.stringify(words)} }`);
}

async function twoOfWhichOneIsUnready(at: Place, spec: string): Promise<void> {
  await at.create(pod('well'));
  await at.create(pod('ill', NEVER_READY));
  await at.until('Pod', 'well', isReady);
  await at.until('Pod', 'ill', runs);
  await at.create(budget(spec));
  await healthy(at, 1);
}

export const budgetScenarios: readonly Scenario[] = [
  {
    name: 'budget that refuses an eviction',
    async run(at) {
      await at.create(deployment('replicas: 2'));
      await done(at, 2);
      await at.create(budget('minAvailable: 2'));
      await healthy(at, 2);
      await refused(at, await anyPod(at));
    },
  },
  {
    name: 'budget that refuses the second eviction, its pod being slow to end',
    async run(at) {
      await at.create(set('ReplicaSet', 'replicas: 2'));
      await at.until('ReplicaSet', 'web', ready(2));
      await at.create(budget('maxUnavailable: 1'));
      await allows(at, 1);
      const [first, second] = await at.list('Pod');
      await at.merge('Pod', first!.metadata.name, {
        metadata: { finalizers: ['example.org/hold'] },
      });
      const annotations = { 'wherry.io/start-seconds': '100000' };
      await at.merge('ReplicaSet', 'web', { spec: { template: { metadata: { annotations } } } });
      await at.evict(first!.metadata.name);
      await allows(at, 0);
      await healthy(at, 1);
      await refused(at, second!.metadata.name);
    },
  },
  {
    name: 'budget whose unready pods may go while enough are healthy',
    async run(at) {
      await twoOfWhichOneIsUnready(
        at,
        'minAvailable: 1, unhealthyPodEvictionPolicy: IfHealthyBudget',
      );
      await at.evict('ill');
      await at.untilGone('Pod', 'ill');
      await refused(at, 'well');
    },
  },
  {
    name: 'budget whose unready pods may not go while too few are healthy',
    async run(at) {
      await twoOfWhichOneIsUnready(at, 'minAvailable: 2');
      await refused(at, 'ill');
    },
  },
  {
    name: 'budget whose unready pods may always go',
    async run(at) {
      await twoOfWhichOneIsUnready(at, 'minAvailable: 2, unhealthyPodEvictionPolicy: AlwaysAllow');
      await at.evict('ill');
      await at.untilGone('Pod', 'ill');
      await refused(at, 'well');
    },
  },
  {
    name: 'budgets that share a pod',
    async run(at) {
      // There before the budgets are, so that both have seen a pod; nothing is ever allowed.
      await at.create(pod('early'));
      await at.until('Pod', 'early', isReady);
      for (const name of ['one', 'other']) await at.create(budget('minAvailable: 2', name));
      for (const name of ['one', 'other']) await healthy(at, 1, name);
      await at.create(pod('both'));
      await at.until('Pod', 'both', isReady);
      await at.untilEvent('MultiplePodDisruptionBudgets');
      await refused(at, 'both');
      // Whichever of the two is looked at when the pod changes: this has both looked at.
      for (const name of ['one', 'other'])
        await at.merge('PodDisruptionBudget', name, { spec: { minAvailable: 3 } });
      for (const name of ['one', 'other']) await healthy(at, 2, name);
    },
  },
  {
    name: 'budget of pods of several controllers',
    async run(at) {
      await at.create(deployment('replicas: 3'));
      await done(at, 3);
      const other = set('StatefulSet', 'serviceName: web\n  replicas: 2');
      await at.create(
        other.replace('name: web }', 'name: data }').replaceAll('app: web', 'part: data'),
      );
      await at.until('StatefulSet', 'data', ready(2));
      for (const name of ['data-0', 'data-1'])
        await at.merge('Pod', name, { metadata: { labels: { app: 'web', part: 'data' } } });
      await at.create(budget('maxUnavailable: 34%'));
      await allows(at, 2);
    },
  },
  {
    name: 'budget of bare pods by number',
    async run(at) {
      for (const name of ['a', 'b', 'c']) await at.create(pod(name));
      for (const name of ['a', 'b', 'c']) await at.until('Pod', name, isReady);
      await at.create(budget('minAvailable: 1'));
      await allows(at, 2);
      await at.delete('Pod', 'c');
      await allows(at, 1);
    },
  },
  {
    name: 'budget in percent of pods of which one is bare',
    async run(at) {
      await at.create(
        set('ReplicaSet', 'replicas: 2', template('web')).replaceAll(
          'app: web',
          'app: web, own: mine',
        ),
      );
      await at.until('ReplicaSet', 'web', ready(2));
      await at.create(pod('bare'));
      await at.until('Pod', 'bare', isReady);
      await at.create(budget('minAvailable: 50%'));
      await at.untilEvent('UnmanagedPods');
      await healthy(at, 3);
    },
  },
  {
    name: 'budget whose deployment is scaled',
    async run(at) {
      await at.create(deployment('replicas: 1'));
      await done(at, 1);
      await at.create(budget('minAvailable: 40%'));
      await allows(at, 0);
      await at.merge('Deployment', 'web', { spec: { replicas: 4 } });
      await done(at, 4);
      await allows(at, 2);
      await at.merge('Deployment', 'web', { spec: { replicas: 2 } });
      await done(at, 2);
      await allows(at, 1);
    },
  },
  {
    name: 'budget that names disrupted pods: one lives, one is overdue, one is nobody',
    async run(at) {
      for (const name of ['lives', 'overdue']) await at.create(pod(name));
      for (const name of ['lives', 'overdue']) await at.until('Pod', name, isReady);
      await at.create(budget('minAvailable: 1'));
      await healthy(at, 2);
      const now = new Date().toISOString().replace(/\.\d+Z/, 'Z');
      const disruptedPods = { lives: now, nobody: now, overdue: '2020-01-01T00:00:00Z' };
      await at.merge('PodDisruptionBudget/status', 'web', { status: { disruptedPods } });
      await at.untilEvent('NotDeleted');
      await healthy(at, 1);
      await at.until(
        'PodDisruptionBudget',
        'web',
        (each) => Object.keys(countsOf(each).disruptedPods ?? {}).join() === 'lives',
      );
    },
  },
  {
    name: 'budgets that allow nothing and everything',
    async run(at) {
      await at.create(deployment('replicas: 3'));
      await done(at, 3);
      await at.create(budget('maxUnavailable: 0'));
      await allows(at, 0);
      await at.merge('PodDisruptionBudget', 'web', { spec: { maxUnavailable: '100%' } });
      await allows(at, 3);
    },
  },
];
