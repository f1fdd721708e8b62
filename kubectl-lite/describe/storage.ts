/** Descriptions of volumes and what they are made by. */
import type { PersistentVolume, TopologySelectorTerm } from '../../api/types/core-v1.ts';
import type { CSINode, StorageClass, VolumeAttributesClass } from '../../api/types/storage-v1.ts';
import { type Ages, terminating } from './ages.ts';
import { accessModes, BETA_CLASS } from './claims.ts';
import { goTime } from './go-time.ts';
import { persistentVolumeRows } from './volumes.ts';
import { type DescriptionWriter, inlineMap } from './writer.ts';

export function describeVolume(
  writer: DescriptionWriter,
  volume: PersistentVolume,
  ages: Ages,
): void {
  const { metadata, spec = {}, status = {} } = volume;
  writer.field(0, 'Name', metadata.name);
  writer.map(0, 'Labels', metadata.labels).map(0, 'Annotations', metadata.annotations);
  writer.bare(0, 'Finalizers', `[${(metadata.finalizers ?? []).join(' ')}]`);
  writer.bare(0, 'StorageClass', metadata.annotations?.[BETA_CLASS] ?? spec.storageClassName);
  writer.bare(0, 'Status', terminating(metadata, ages) ?? status.phase);
  const claim = spec.claimRef;
  writer.bare(0, 'Claim', claim && `${claim.namespace}/${claim.name}`);
  writer.bare(0, 'Reclaim Policy', spec.persistentVolumeReclaimPolicy);
  writer.bare(0, 'Access Modes', accessModes(spec.accessModes));
  if (spec.volumeMode) writer.bare(0, 'VolumeMode', spec.volumeMode);
  writer.bare(0, 'Capacity', spec.capacity?.['storage'] ?? '0');
  describeVolumeAffinity(writer, spec);
  writer.bare(0, 'Message', status.message);
  writer.line(0, 'Source:');
  const rows = persistentVolumeRows(spec);
  if (rows === undefined) writer.line(1, '<unknown>');
  for (const [name, value] of rows ?? []) writer.line(2, `${name}\t${value}`);
}

function describeVolumeAffinity(
  writer: DescriptionWriter,
  { nodeAffinity }: NonNullable<PersistentVolume['spec']>,
): void {
  if (nodeAffinity?.required === undefined) {
    writer.field(0, 'Node Affinity', undefined);
    return;
  }
  writer.bare(0, 'Node Affinity', '');
  const terms = nodeAffinity.required.nodeSelectorTerms;
  writer.bare(1, 'Required Terms', terms.length === 0 ? '<none>' : '');
  terms.forEach(({ matchExpressions = [] }, i) => {
    const texts = matchExpressions.map(({ key, operator, values = [] }) =>
      inValues(`${key} ${operator.toLowerCase()}`, values),
    );
    describeTerm(writer, 2, [`Term ${i}`, texts]);
  });
}

const inValues = (text: string, values: readonly string[]): string =>
  values.length === 0 ? text : `${text} [${values.join(', ')}]`;

function describeTerm(
  writer: DescriptionWriter,
  level: number,
  [title, texts]: readonly [string, readonly string[]],
): void {
  writer.field(level, title, texts[0]);
  for (const text of texts.slice(1)) writer.line(level, `\t${text}`);
}

const defaultClass = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

export function describeStorageClass(writer: DescriptionWriter, storage: StorageClass): void {
  const { annotations } = storage.metadata;
  const isDefault = defaultClass.some((key) => annotations?.[key] === 'true');
  writer.field(0, 'Name', storage.metadata.name);
  writer.field(0, 'IsDefaultClass', isDefault ? 'Yes' : 'No');
  writer.field(0, 'Annotations', inlineMap(annotations));
  writer.bare(0, 'Provisioner', storage.provisioner);
  writer.field(0, 'Parameters', inlineMap(storage.parameters));
  const expands = storage.allowVolumeExpansion;
  writer.field(0, 'AllowVolumeExpansion', expands === undefined ? '<unset>' : trueFalse(expands));
  const options = storage.mountOptions ?? [];
  if (options.length === 0) writer.field(0, 'MountOptions', undefined);
  else writer.line(0, 'MountOptions:');
  for (const option of options) writer.line(1, option);
  if (storage.reclaimPolicy) writer.field(0, 'ReclaimPolicy', storage.reclaimPolicy);
  if (storage.volumeBindingMode) writer.field(0, 'VolumeBindingMode', storage.volumeBindingMode);
  if (storage.allowedTopologies) describeTopologies(writer, storage.allowedTopologies);
}

const trueFalse = (value: boolean): string => (value ? 'True' : 'False');

function describeTopologies(
  writer: DescriptionWriter,
  topologies: readonly TopologySelectorTerm[],
): void {
  writer.bare(0, 'AllowedTopologies', topologies.length === 0 ? '<none>' : '');
  topologies.forEach(({ matchLabelExpressions = [] }, i) => {
    const texts = matchLabelExpressions.map(({ key, values }) => inValues(`${key} in`, values));
    describeTerm(writer, 1, [`Term ${i}`, texts]);
  });
}

export function describeAttributesClass(
  writer: DescriptionWriter,
  attributes: VolumeAttributesClass,
): void {
  writer.field(0, 'Name', attributes.metadata.name);
  writer.field(0, 'Annotations', inlineMap(attributes.metadata.annotations));
  writer.bare(0, 'DriverName', attributes.driverName);
  writer.field(0, 'Parameters', inlineMap(attributes.parameters));
}

export function describeCsiNode(writer: DescriptionWriter, { metadata, spec }: CSINode): void {
  writer.field(0, 'Name', metadata.name);
  writer.map(0, 'Labels', metadata.labels).map(0, 'Annotations', metadata.annotations);
  writer.field(0, 'CreationTimestamp', goTime(metadata.creationTimestamp));
  writer.line(0, 'Spec:');
  const drivers = spec.drivers ?? [];
  if (drivers.length > 0) writer.line(1, 'Drivers:');
  for (const { name, nodeID, allocatable, topologyKeys } of drivers) {
    writer.line(2, `${name}:`).bare(3, 'Node ID', nodeID);
    if (allocatable?.count !== undefined) {
      writer.line(3, 'Allocatables:').bare(4, 'Count', allocatable.count);
    }
    if (topologyKeys) writer.bare(3, 'Topology Keys', `[${topologyKeys.join(' ')}]`);
  }
}
