import { UsageError } from '../usage-error.ts';
import type { SortOptions } from './kustomization.ts';
import { kindOf } from './kinds.ts';
import type { Resource } from './resource.ts';

const first = [
  ...['Namespace', 'ResourceQuota', 'StorageClass', 'CustomResourceDefinition', 'ServiceAccount'],
  ...['PodSecurityPolicy', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'],
  ...['ConfigMap', 'Secret', 'Endpoints', 'Service', 'LimitRange', 'PriorityClass'],
  ...['PersistentVolume', 'PersistentVolumeClaim', 'Deployment', 'StatefulSet', 'CronJob'],
  'PodDisruptionBudget',
];
const last = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

/** What others need comes first: kustomize's "legacy" order, unless "fifo" is asked for. */
export function ordered(
  all: readonly Resource[],
  options: SortOptions | undefined,
): readonly Resource[] {
  const order = options?.order ?? 'legacy';
  if (order !== 'legacy' && order !== 'fifo') {
    throw new UsageError("the field 'sortOptions.order' must be one of [fifo, legacy]");
  }
  if (order === 'fifo') return all;
  const { orderFirst = first, orderLast = last } = options?.legacySortOptions ?? {};
  const rank = (kind: string): number => {
    const [at, end] = [orderFirst.indexOf(kind), orderLast.indexOf(kind)];
    return at >= 0 ? at - orderFirst.length : end >= 0 ? 1 + end : 0;
  };
  const key = ({ object }: Resource): string => {
    const { group, version } = kindOf(object);
    const { name, namespace } = object.metadata;
    // Kinds are compared before names: Role comes before RoleBinding.
    const kind = [group || '~G', version || '~V', object.kind].join('_');
    return `${kind}\0${namespace || '~X'}_${name}`;
  };
  return [...all].sort(
    (a, b) =>
      rank(a.object.kind) - rank(b.object.kind) || (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0),
  );
}
