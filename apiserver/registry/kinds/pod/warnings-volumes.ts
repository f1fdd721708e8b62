/** What is odd about the volumes of a pod that is taken all the same. */
import type { KeyToPath, Volume, VolumeProjection } from '../../../../api/types/core-v1.ts';
import { oddClaim } from '../odd-amounts.ts';

/** In Kubernetes' order; the claim of an ephemeral volume stands where its `ephemeral` does. */
const oldSources: readonly (readonly [source: keyof Volume, said: string])[] = [
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['ephemeral', ''],
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

/** Fields that Kubernetes names as its Go structs do. */
const shownSources: Readonly<Record<string, string>> = { storageos: 'storageOS' };

export function oldVolume(volume: Volume, field: string): string[] {
  return oldSources.flatMap(([source, said]) => {
    if (volume[source] === undefined) return [];
    if (source !== 'ephemeral') return [`${field}.${shownSources[source] ?? source}: ${said}`];
    const template = volume.ephemeral?.volumeClaimTemplate;
    return template === undefined
      ? []
      : oddClaim(template.spec, `${field}.ephemeral.volumeClaimTemplate.spec`);
  });
}

/** A file of a volume, and what puts it there. */
interface File {
  readonly path: string;
  readonly source: string;
}

const shown = ({ path, source }: File): string => `"${path}"${source && ` (${source})`}`;

function overlap(a: File, b: File): boolean {
  if (a.path === '' || b.path === '') return false;
  const [one, other] = [`${a.path}/`, `${b.path}/`];
  return one.startsWith(other) || other.startsWith(one);
}

/** Each file with those before it that it hides, or that hide it. */
function overlaps(files: readonly File[]): string[] {
  const trimmed = files.map((file) => ({ ...file, path: file.path.replace(/\/+$/, '') }));
  return trimmed.flatMap((file, i) =>
    trimmed
      .slice(0, i)
      .filter((before) => overlap(before, file))
      .map((before) => `${shown(file)} with ${shown(before)}`),
  );
}

const filesOf = (items: readonly Pick<KeyToPath, 'path'>[], source = ''): File[] =>
  items.map(({ path }) => ({ path, source }));

function projectedFiles(projection: VolumeProjection): File[] {
  const { configMap, secret, downwardAPI, serviceAccountToken } = projection;
  const { clusterTrustBundle, podCertificate } = projection;
  if (configMap?.items) return filesOf(configMap.items, `ConfigMap "${configMap.name ?? ''}"`);
  if (secret?.items) return filesOf(secret.items, `Secret "${secret.name ?? ''}"`);
  if (downwardAPI?.items) return filesOf(downwardAPI.items, 'DownwardAPI');
  if (serviceAccountToken) return filesOf([serviceAccountToken], 'ServiceAccountToken');
  if (clusterTrustBundle) {
    const name = clusterTrustBundle.name ?? clusterTrustBundle.signerName ?? '';
    return filesOf([clusterTrustBundle], `ClusterTrustBundle "${name}"`);
  }
  const { certificateChainPath, keyPath, credentialBundlePath } = podCertificate ?? {};
  const files = [
    { path: certificateChainPath, source: 'PodCertificate chain' },
    { path: keyPath, source: 'PodCertificate key' },
    { path: credentialBundlePath, source: 'PodCertificate credential bundle' },
  ];
  return files.flatMap(({ path, source }) => (path ? [{ path, source }] : []));
}

/** Files of one volume in each other's place. */
export function overlappingFiles(volume: Volume): string[] {
  const { name, configMap, secret, downwardAPI, projected } = volume;
  const said = (what: string, files: readonly File[]): string[] =>
    overlaps(files).map((each) => `volume "${name}" (${what}): overlapping paths: ${each}`);
  const sources = projected?.sources ?? [];
  return [
    ...said(`ConfigMap "${configMap?.name ?? ''}"`, filesOf(configMap?.items ?? [])),
    ...said(`Secret "${secret?.secretName ?? ''}"`, filesOf(secret?.items ?? [])),
    ...said('DownwardAPI', filesOf(downwardAPI?.items ?? [])),
    ...sources
      .filter((source) => Object.keys(source).length === 0)
      .map(() => `volume "${name}" (Projected) has no sources provided`),
    ...said('Projected', sources.flatMap(projectedFiles)),
  ];
}
