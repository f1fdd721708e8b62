import {
  namespaces,
  nodes,
  podDisruptionBudgets,
  pods,
  resourceQuotas,
} from '../../../../api/resources.ts';
import type { Pod } from '../../../../api/types/core-v1.ts';
import type { Act, User } from '../users.ts';
import { HOME, MERGE, TEAM } from './names.ts';

async function anyPod(user: User): Promise<Pod | undefined> {
  const { items } = await user.client.list(pods, {});
  return items.length === 0 ? undefined : user.random.pick(items);
}

async function deletePod(user: User): Promise<void> {
  const pod = await anyPod(user);
  if (pod === undefined) return;
  const { namespace = HOME, name = '' } = pod.metadata;
  user.note(`delete pod ${namespace}/${name}`);
  const grace = user.random.oneIn(4) ? { gracePeriodSeconds: 0 } : {};
  await user.client.delete(pods, { namespace, name }, grace);
}

async function evict(user: User): Promise<void> {
  const pod = await anyPod(user);
  if (pod === undefined) return;
  const { namespace = HOME, name = '' } = pod.metadata;
  user.note(`evict pod ${namespace}/${name}`);
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace, name } };
  await user.client.createSubresource(pods, { namespace, name }, { subresource: 'eviction', body });
}

async function createBudget(user: User): Promise<void> {
  const app = user.random.pick(['web', 'api', 'db']);
  const bound = user.random.oneIn(2) ? { minAvailable: 2 } : { maxUnavailable: 1 };
  user.note(`create budget ${app}: ${JSON.stringify(bound)}`);
  await user.client.create(podDisruptionBudgets, {
    metadata: { namespace: HOME, name: app },
    spec: { ...bound, selector: { matchLabels: { app } } },
  });
}

async function createTeam(user: User): Promise<void> {
  user.note('create namespace team');
  await user.client.create(namespaces, { metadata: { name: TEAM }, spec: {} });
}

async function setQuota(user: User): Promise<void> {
  const hard = { pods: String(user.random.between(1, 5)) };
  user.note(`create quota team: ${JSON.stringify(hard)}`);
  const metadata = { namespace: TEAM, name: 'quota' };
  await user.client.create(resourceQuotas, { metadata, spec: { hard } });
}

async function deleteTeam(user: User): Promise<void> {
  user.note('delete namespace team');
  await user.client.delete(namespaces, { name: TEAM });
}

async function cordon(user: User): Promise<void> {
  const name = user.random.pick(user.nodes);
  const unschedulable = user.random.oneIn(2);
  user.note(`${unschedulable ? 'cordon' : 'uncordon'} ${name}`);
  await user.client.patch(nodes, { name }, { type: MERGE, body: { spec: { unschedulable } } });
}

async function taint(user: User): Promise<void> {
  const name = user.random.pick(user.nodes);
  const effect = user.random.pick(['NoSchedule', 'NoExecute'] as const);
  const node = await user.client.get(nodes, { name });
  const others = (node.spec.taints ?? []).filter(({ key }) => key !== 'dedicated');
  const taints = user.random.oneIn(2) ? [...others, { key: 'dedicated', effect }] : others;
  user.note(`taint ${name}: ${JSON.stringify(taints)}`);
  await user.client.update(nodes, { ...node, spec: { ...node.spec, taints } });
}

/** Its agent makes it again when it is started the next time. */
async function deleteNode(user: User): Promise<void> {
  const name = user.random.pick(user.nodes);
  user.note(`delete ${name}`);
  await user.client.delete(nodes, { name });
}

export const clusterActs: readonly Act[] = [
  ['delete pod', deletePod],
  ['evict', evict],
  ['evict', evict],
  ['create budget', createBudget],
  ['create namespace', createTeam],
  ['create namespace', createTeam],
  ['create quota', setQuota],
  ['delete namespace', deleteTeam],
  ['cordon', cordon],
  ['taint', taint],
  ['delete node', deleteNode],
];
