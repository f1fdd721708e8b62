import type { PersistentVolume, Volume } from '../../api/types/core-v1.ts';
import { describeClaimSpec } from './claims.ts';
import { DescriptionWriter } from './writer.ts';
import { type Sources, volumeSources } from './volume-sources.ts';

type Rows = readonly (readonly [string, string])[];

/** `space` stands before a volume's name: a template's are indented by one blank more. */
export function describeVolumes(
  writer: DescriptionWriter,
  volumes: readonly Volume[],
  { level, space }: { readonly level: number; readonly space: string },
): void {
  if (volumes.length === 0) {
    writer.field(level, 'Volumes', undefined);
    return;
  }
  writer.line(level, 'Volumes:');
  for (const volume of volumes) {
    writer.line(1, `${space}${volume.name}:`);
    const rows = rowsOf(volume);
    if (rows === undefined) writer.line(1, '<unknown>');
    for (const [name, value] of rows ?? []) writer.line(2, `${name}\t${value}`);
    describeTemplate(writer, volume);
    if (volume.downwardAPI !== undefined) {
      writer.line(2, 'Items:');
      for (const { fieldRef, resourceFieldRef, path } of volume.downwardAPI.items ?? []) {
        if (fieldRef !== undefined) writer.line(3, `${fieldRef.fieldPath} -> ${path}`);
        if (resourceFieldRef !== undefined) {
          writer.line(3, `${resourceFieldRef.resource} -> ${path}`);
        }
      }
    }
  }
}

function describeTemplate(writer: DescriptionWriter, { ephemeral }: Volume): void {
  if (ephemeral?.volumeClaimTemplate === undefined) return;
  const { metadata: { name: _, ...metadata } = {}, spec } = ephemeral.volumeClaimTemplate;
  const own = new DescriptionWriter();
  own.bare(2, 'StorageClass', spec.storageClassName);
  describeClaimSpec(own, 2, { metadata, spec });
  for (const line of own.lines) {
    const [title = '', value = ''] = line.split('\t');
    const isMap = /^ *((Labels|Annotations):)?$/.test(title);
    writer.line(0, isMap ? `${title || `${NESTED}${NESTED}`}\t${NESTED}${value}` : line);
  }
}

function rowsOf(volume: Volume): Rows | undefined {
  if (volume.projected !== undefined) return projectedRows(volume.projected);
  return sourceRows(volumeSources, volume);
}

/** The source of a PersistentVolume; undefined for one that kubectl does not know. */
export function persistentVolumeRows(
  spec: NonNullable<PersistentVolume['spec']>,
): Rows | undefined {
  return sourceRows(volumeSources, spec, true);
}

/** Rows of the source that is set, as the table of sources lays them out. */
function sourceRows(sources: Sources, of: object, persistent = false): Rows | undefined {
  const found = Object.entries(sources).find(([field]) => field in of);
  if (found === undefined) return undefined;
  const [field, { about, rows, volumeRows }] = found;
  const source = (of as Readonly<Record<string, object>>)[field] as Readonly<
    Record<string, unknown>
  >;
  const chosen = persistent ? (volumeRows ?? rows) : rows;
  const texts = chosen.map(([title, key, absent]): readonly [string, string] => [
    // kubectl forgets one colon.
    title === 'ISCSIInterface' ? title : `${title}:`,
    goValue(source[key], absent),
  ]);
  return [['Type:', about], ...texts, ...(field === 'csi' ? attributeRows(source) : [])];
}

/** kubectl writes the indent of the level before the values, too. */
const NESTED = '    ';

function attributeRows({ volumeAttributes }: { readonly volumeAttributes?: unknown }): Rows {
  const entries = Object.entries((volumeAttributes ?? {}) as Record<string, string>).sort();
  if (entries.length === 0) return [['VolumeAttributes:', '<none>']];
  return entries.map(([key, value], i) => [
    i === 0 ? 'VolumeAttributes:' : NESTED,
    `${NESTED}${key}=${value}`,
  ]);
}

/** A value as Go's %v prints it. */
function goValue(value: unknown, absent: string): string {
  if (value === undefined || value === null) return absent;
  if (Array.isArray(value)) return absent === '' ? value.join(', ') : `[${value.join(' ')}]`;
  if (typeof value !== 'object') return `${value as string | number | boolean}`;
  const { name = '', namespace } = value as { name?: string; namespace?: string };
  if (absent === 'map[]') {
    const pairs = Object.entries(value).sort();
    return `map[${pairs.map(([key, text]) => `${key}:${text}`).join(' ')}]`;
  }
  return namespace === undefined
    ? `&LocalObjectReference{Name:${name},}`
    : `&SecretReference{Name:${name},Namespace:${namespace},}`;
}

function projectedRows({ sources }: NonNullable<Volume['projected']>): Rows {
  const rows: [string, string][] = [
    ['Type:', 'Projected (a volume that contains injected data from multiple sources)'],
  ];
  for (const { secret, downwardAPI, configMap, serviceAccountToken } of sources ?? []) {
    if (secret !== undefined) {
      rows.push(['SecretName:', secret.name ?? ''], ['Optional:', `${secret.optional ?? false}`]);
    } else if (downwardAPI !== undefined) rows.push(['DownwardAPI:', 'true']);
    else if (configMap !== undefined) {
      rows.push(
        ['ConfigMapName:', configMap.name ?? ''],
        ['Optional:', `${configMap.optional ?? false}`],
      );
    } else if (serviceAccountToken !== undefined) {
      rows.push(['TokenExpirationSeconds:', `${serviceAccountToken.expirationSeconds ?? 3600}`]);
    }
  }
  return rows;
}
