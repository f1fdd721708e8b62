import { daemonSets, jobs, statefulSets } from '../../../../api/resources.ts';
import type { Act, User } from '../users.ts';
import { HOME, MERGE } from './names.ts';

const db = { namespace: HOME, name: 'db' };
const agent = { namespace: HOME, name: 'agent' };

const templateOf = (user: User, app: string, annotations: Record<string, string> = {}) => ({
  metadata: { labels: { app }, annotations: { ...user.annotations(), ...annotations } },
  spec: user.podSpec(app),
});

async function createStatefulSet(user: User): Promise<void> {
  const { random } = user;
  const podManagementPolicy = random.pick(['OrderedReady', 'OrderedReady', 'Parallel']);
  const replicas = random.between(1, 4);
  user.note(`create statefulset db of ${replicas}, ${podManagementPolicy}`);
  await user.client.create(statefulSets, {
    metadata: db,
    spec: {
      ...{ replicas, podManagementPolicy, serviceName: 'db' },
      selector: { matchLabels: { app: 'db' } },
      template: templateOf(user, 'db'),
    },
  });
}

async function changeStatefulSet(user: User): Promise<void> {
  const { random } = user;
  const version = { version: String(random.below(4)) };
  const body = random.oneIn(2)
    ? { spec: { replicas: random.between(0, 4) } }
    : { spec: { template: { metadata: { annotations: version } } } };
  user.note(`change statefulset db: ${JSON.stringify(body)}`);
  await user.client.patch(statefulSets, db, { type: MERGE, body });
}

async function deleteStatefulSet(user: User): Promise<void> {
  user.note('delete statefulset db');
  await user.client.delete(statefulSets, db, { propagationPolicy: 'Background' });
}

async function createDaemonSet(user: User): Promise<void> {
  user.note('create daemonset agent');
  const template = templateOf(user, 'agent');
  const [container] = template.spec.containers;
  const requests = { cpu: '100m' };
  await user.client.create(daemonSets, {
    metadata: agent,
    spec: {
      selector: { matchLabels: { app: 'agent' } },
      template: { ...template, spec: { containers: [{ ...container!, resources: { requests } }] } },
    },
  });
}

async function rollDaemonSet(user: User): Promise<void> {
  user.note('roll daemonset agent');
  const annotations = { version: String(user.random.below(4)) };
  const body = { spec: { template: { metadata: { annotations } } } };
  await user.client.patch(daemonSets, agent, { type: MERGE, body });
}

async function deleteDaemonSet(user: User): Promise<void> {
  user.note('delete daemonset agent');
  await user.client.delete(daemonSets, agent, { propagationPolicy: 'Background' });
}

async function createJob(user: User): Promise<void> {
  const { random } = user;
  const completions = random.between(1, 5);
  const parallelism = random.between(1, 3);
  const completionMode = random.pick(['NonIndexed', 'Indexed']);
  const name = `job-${random.below(3)}`;
  const fails = random.oneIn(4);
  user.note(`create job ${name}, ${completions} by ${parallelism}, ${completionMode}, ${fails}`);
  const ends = {
    'wherry.io/run-seconds': String(random.below(4)),
    'wherry.io/exit-code': fails ? '1' : '0',
  };
  const { metadata, spec } = templateOf(user, name, ends);
  await user.client.create(jobs, {
    metadata: { namespace: HOME, name },
    spec: {
      ...{ completions, parallelism, completionMode, backoffLimit: 1 },
      template: { metadata, spec: { ...spec, restartPolicy: 'Never' } },
    },
  });
}

async function deleteJob(user: User): Promise<void> {
  const name = `job-${user.random.below(3)}`;
  user.note(`delete job ${name}`);
  const ref = { namespace: HOME, name };
  await user.client.delete(jobs, ref, { propagationPolicy: 'Background' });
}

export const workloadActs: readonly Act[] = [
  ['create statefulset', createStatefulSet],
  ['create statefulset', createStatefulSet],
  ['change statefulset', changeStatefulSet],
  ['change statefulset', changeStatefulSet],
  ['delete statefulset', deleteStatefulSet],
  ['create daemonset', createDaemonSet],
  ['roll daemonset', rollDaemonSet],
  ['delete daemonset', deleteDaemonSet],
  ['create job', createJob],
  ['create job', createJob],
  ['create job', createJob],
  ['delete job', deleteJob],
];
