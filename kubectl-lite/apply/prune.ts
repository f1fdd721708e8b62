/**
 * `apply --prune`: what was applied before, matches the selector and is in no manifest any more
 * is deleted. Only objects that carry the last-applied annotation are considered.
 */
import type { ChangePrinter, DryRun } from '../printers/change-printer.ts';
import { deleteObject } from '../resource/delete-object.ts';
import { listItems } from '../resource/list.ts';
import { itemOf, type Located } from '../resource/located.ts';
import type { DiscoveredResource } from '../resource/discover.ts';
import { pathOf } from '../resource/resources.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import type { ApplyFlags } from './flags.ts';
import { LAST_APPLIED } from './last-applied.ts';

/** kubectl's own list of what may be pruned unless --prune-allowlist says otherwise. */
const defaultKinds = [
  'core/v1/ConfigMap',
  'core/v1/Endpoints',
  'core/v1/Namespace',
  'core/v1/PersistentVolumeClaim',
  'core/v1/PersistentVolume',
  'core/v1/Pod',
  'core/v1/ReplicationController',
  'core/v1/Secret',
  'core/v1/Service',
  'batch/v1/Job',
  'batch/v1/CronJob',
  'networking.k8s.io/v1/Ingress',
  'apps/v1/DaemonSet',
  'apps/v1/Deployment',
  'apps/v1/ReplicaSet',
  'apps/v1/StatefulSet',
];

interface Pruning {
  readonly flags: ApplyFlags;
  readonly dryRun: DryRun;
  readonly printer: ChangePrinter;
}

export async function prune(
  session: Session,
  applied: readonly Located[],
  options: Pruning,
): Promise<void> {
  await removePruned(session, await prunable(session, applied, options.flags), options);
}

/** Deletes each as the flags say, and says so. */
export async function removePruned(
  session: Session,
  pruned: readonly Located[],
  { flags, dryRun, printer }: Pruning,
): Promise<void> {
  const { cascade, 'grace-period': graceSeconds } = flags;
  for (const located of pruned) {
    if (dryRun !== 'client')
      await deleteObject(session, located, { cascade, graceSeconds, dryRun });
    printer.print(located, 'pruned', located.object);
  }
}

/** What was applied once, matches the selector and is not among the applied any more. */
export async function prunable(
  session: Session,
  applied: readonly Located[],
  flags: ApplyFlags,
): Promise<readonly Located[]> {
  const kept = new Set(applied.map(({ object }) => object?.metadata.uid));
  const namespaces = new Set(applied.map(({ namespace }) => namespace ?? ''));
  namespaces.delete('');
  const found: Located[] = [];
  for (const type of await prunedTypes(session, flags)) {
    const scopes = type.namespaced ? [...namespaces] : [undefined];
    for (const namespace of scopes) {
      const path = pathOf(type, namespace);
      for (const item of await listItems(session, { path, labelSelector: flags.selector })) {
        if (item.metadata.annotations?.[LAST_APPLIED] === undefined) continue;
        if (!kept.has(item.metadata.uid)) found.push(itemOf(type, item));
      }
    }
  }
  return found;
}

async function prunedTypes(session: Session, flags: ApplyFlags): Promise<DiscoveredResource[]> {
  const asked = flags['prune-allowlist'];
  const resources = await session.resources();
  return (asked.length > 0 ? asked : defaultKinds).flatMap((text) => {
    const [group = '', version = '', kind = ''] = text.split('/');
    const apiVersion = group === 'core' ? version : `${group}/${version}`;
    const type = resources.ofKind(apiVersion, kind);
    if (type !== undefined) return [type];
    if (asked.length > 0) throw new UsageError(`no matches for kind "${kind}" in "${apiVersion}"`);
    return [];
  });
}
