import { deployments } from '../../../../api/resources.ts';
import type { Act, User } from '../users.ts';
import { anyNamespace, HOME, MERGE } from './names.ts';

async function create(user: User): Promise<void> {
  const { random } = user;
  const name = random.pick(['web', 'api']);
  const namespace = anyNamespace(random);
  const rolling = random.pick([
    undefined,
    { maxSurge: 1, maxUnavailable: 0 },
    { maxSurge: 0, maxUnavailable: 1 },
    { maxSurge: '50%', maxUnavailable: '50%' },
  ]);
  const replicas = random.between(1, 6);
  user.note(`create deployment ${namespace}/${name} of ${replicas}, ${JSON.stringify(rolling)}`);
  await user.client.create(deployments, {
    metadata: { namespace, name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      ...(random.oneIn(6)
        ? { strategy: { type: 'Recreate' } }
        : rolling && { strategy: { type: 'RollingUpdate', rollingUpdate: rolling } }),
      template: {
        metadata: { labels: { app: name }, annotations: user.annotations() },
        spec: user.podSpec(name),
      },
    },
  });
}

async function change(user: User, body: object, what: string): Promise<void> {
  const { items } = await user.client.list(deployments, {});
  if (items.length === 0) return;
  const { name = '', namespace = HOME } = user.random.pick(items).metadata;
  user.note(`${what} deployment ${namespace}/${name}: ${JSON.stringify(body)}`);
  await user.client.patch(deployments, { namespace, name }, { type: MERGE, body });
}

const scale = (user: User): Promise<void> =>
  change(user, { spec: { replicas: user.random.between(0, 6) } }, 'scale');

function roll(user: User): Promise<void> {
  const annotations = { ...user.annotations(), version: String(user.random.below(4)) };
  return change(user, { spec: { template: { metadata: { annotations } } } }, 'roll');
}

async function remove(user: User): Promise<void> {
  const name = user.random.pick(['web', 'api']);
  const namespace = anyNamespace(user.random);
  const propagationPolicy = user.random.pick(['Background', 'Foreground'] as const);
  user.note(`delete deployment ${namespace}/${name}, ${propagationPolicy}`);
  await user.client.delete(deployments, { namespace, name }, { propagationPolicy });
}

export const deploymentActs: readonly Act[] = [
  ['create deployment', create],
  ['create deployment', create],
  ['scale', scale],
  ['scale', scale],
  ['roll', roll],
  ['roll', roll],
  ['roll', roll],
  ['delete deployment', remove],
];
