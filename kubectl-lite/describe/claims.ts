import type { PersistentVolumeClaim, Pod } from '../../api/types/core-v1.ts';
import { type Ages, terminating } from './ages.ts';
import { goTime } from './go-time.ts';
import type { DescriptionWriter } from './writer.ts';

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

export const accessModes = (modes: readonly string[] | undefined): string =>
  Object.keys(shortModes)
    .filter((mode) => modes?.includes(mode))
    .map((mode) => shortModes[mode]!)
    .join(',');

/** Where the class stood before it was a field. */
export const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

export function describeClaim(
  writer: DescriptionWriter,
  claim: PersistentVolumeClaim,
  { pods, ages }: { readonly pods: readonly Pod[]; readonly ages: Ages },
): void {
  const { spec = {}, status = {}, metadata } = claim;
  writer.field(0, 'Name', metadata.name).field(0, 'Namespace', metadata.namespace);
  writer.bare(0, 'StorageClass', metadata.annotations?.[BETA_CLASS] ?? spec.storageClassName);
  writer.bare(0, 'Status', terminating(metadata, ages) ?? status.phase);
  describeClaimSpec(writer, 0, claim);
  const users = pods.filter((pod) =>
    (pod.spec.volumes ?? []).some(
      ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === metadata.name,
    ),
  );
  const owners = (metadata.ownerReferences ?? []).filter(({ kind }) => kind === 'Pod');
  const owning = pods.filter((pod) => owners.some(({ uid }) => uid === pod.metadata.uid));
  const names = [...users, ...owning].map((pod) => pod.metadata.name ?? '');
  writer.list(0, 'Used By', [...new Set(names)].sort());
  const conditions = status.conditions ?? [];
  if (conditions.length === 0) return;
  writer.table(0, 'Conditions', {
    headers: ['Type', 'Status', 'LastProbeTime', 'LastTransitionTime', 'Reason', 'Message'],
    underline: ['----', '------', '-----------------', '------------------', '------', '-------'],
    rows: conditions.map((c) => [
      `${c.type} `,
      `${c.status} `,
      `${goTime(c.lastProbeTime)} `,
      `${goTime(c.lastTransitionTime)} `,
      `${c.reason ?? ''} `,
      c.message ?? '',
    ]),
  });
}

/** What a claim and the template of one have in common. */
export function describeClaimSpec(
  writer: DescriptionWriter,
  level: number,
  claim: Pick<PersistentVolumeClaim, 'metadata' | 'spec' | 'status'>,
): void {
  const { metadata, spec = {}, status = {} } = claim;
  const bound = spec.volumeName ? status : {};
  writer.bare(level, 'Volume', spec.volumeName);
  writer.map(level, 'Labels', metadata.labels).map(level, 'Annotations', metadata.annotations);
  if (metadata.name !== undefined) {
    writer.bare(level, 'Finalizers', `[${(metadata.finalizers ?? []).join(' ')}]`);
  }
  writer.bare(level, 'Capacity', spec.volumeName ? (bound.capacity?.['storage'] ?? '0') : '');
  writer.bare(level, 'Access Modes', accessModes(bound.accessModes));
  if (spec.volumeMode) writer.bare(level, 'VolumeMode', spec.volumeMode);
  if (spec.dataSource === undefined) return;
  writer.line(level, 'DataSource:');
  const { apiGroup, kind, name } = spec.dataSource;
  // Null where the server prints all fields.
  if (apiGroup) writer.bare(level + 1, 'APIGroup', apiGroup);
  writer.bare(level + 1, 'Kind', kind).bare(level + 1, 'Name', name);
}
