import type { Volume } from '../../api/types/core-v1.ts';
import type { DescriptionWriter } from './writer.ts';

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
    for (const [name, value] of rowsOf(volume)) writer.line(2, `${name}:\t${value}`);
  }
}

type Rows = readonly (readonly [string, string | number | boolean])[];

function rowsOf(volume: Volume): Rows {
  const { configMap, secret, emptyDir, hostPath, persistentVolumeClaim, projected } = volume;
  if (hostPath !== undefined) {
    return [
      ['Type', 'HostPath (bare host directory volume)'],
      ['Path', hostPath.path],
      ['HostPathType', hostPath.type ?? ''],
    ];
  }
  if (emptyDir !== undefined) {
    return [
      ['Type', "EmptyDir (a temporary directory that shares a pod's lifetime)"],
      ['Medium', emptyDir.medium ?? ''],
      ['SizeLimit', emptyDir.sizeLimit ?? '<unset>'],
    ];
  }
  if (secret !== undefined) {
    return [
      ['Type', 'Secret (a volume populated by a Secret)'],
      ['SecretName', secret.secretName ?? ''],
      ['Optional', secret.optional ?? false],
    ];
  }
  if (configMap !== undefined) {
    return [
      ['Type', 'ConfigMap (a volume populated by a ConfigMap)'],
      ['Name', configMap.name ?? ''],
      ['Optional', configMap.optional ?? false],
    ];
  }
  if (persistentVolumeClaim !== undefined) {
    return [
      [
        'Type',
        'PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)',
      ],
      ['ClaimName', persistentVolumeClaim.claimName],
      ['ReadOnly', persistentVolumeClaim.readOnly ?? false],
    ];
  }
  if (projected !== undefined) return projectedRows(projected);
  const kind = Object.keys(volume).find((key) => key !== 'name') ?? '<unknown>';
  return [['Type', kind]];
}

function projectedRows({ sources = [] }: NonNullable<Volume['projected']>): Rows {
  const rows: [string, string | number | boolean][] = [
    ['Type', 'Projected (a volume that contains injected data from multiple sources)'],
  ];
  for (const { secret, downwardAPI, configMap, serviceAccountToken } of sources) {
    if (secret !== undefined) {
      rows.push(['SecretName', secret.name ?? ''], ['Optional', secret.optional ?? false]);
    } else if (downwardAPI !== undefined) rows.push(['DownwardAPI', true]);
    else if (configMap !== undefined) {
      rows.push(['ConfigMapName', configMap.name ?? ''], ['Optional', configMap.optional ?? false]);
    } else if (serviceAccountToken !== undefined) {
      rows.push(['TokenExpirationSeconds', serviceAccountToken.expirationSeconds ?? 3600]);
    }
  }
  return rows;
}
