import type { Mutable } from '../../../../api/meta.ts';
import type { DownwardAPIVolumeFile, Volume } from '../../../../api/types/core-v1.ts';
import { defaultInTreeSources } from '../storage/in-tree-defaults.ts';
import { defaultPullPolicy } from './image.ts';
import { defaultClaimSpec } from '../volume-claim.ts';

/** Octal 0644. */
const DEFAULT_MODE = 0o644;
const TOKEN_EXPIRATION_SECONDS = 3600;

function defaultFieldRefs(items: Mutable<readonly DownwardAPIVolumeFile[]> | undefined): void {
  for (const item of items ?? []) if (item.fieldRef) item.fieldRef.apiVersion ??= 'v1';
}

function defaultProjected(projected: Mutable<NonNullable<Volume['projected']>>): void {
  projected.defaultMode ??= DEFAULT_MODE;
  for (const source of projected.sources ?? []) {
    defaultFieldRefs(source.downwardAPI?.items);
    if (source.serviceAccountToken) {
      source.serviceAccountToken.expirationSeconds ??= TOKEN_EXPIRATION_SECONDS;
    }
  }
}

/** A volume that names no source is an empty directory. */
export function defaultVolume(volume: Mutable<Volume>): void {
  const named = Object.entries(volume).some(
    ([key, value]) => key !== 'name' && value !== undefined,
  );
  if (!named) volume.emptyDir = {};
  if (volume.secret) volume.secret.defaultMode ??= DEFAULT_MODE;
  if (volume.configMap) volume.configMap.defaultMode ??= DEFAULT_MODE;
  if (volume.hostPath) volume.hostPath.type ??= '';
  if (volume.image) volume.image.pullPolicy ||= defaultPullPolicy(volume.image.reference);
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= DEFAULT_MODE;
    defaultFieldRefs(volume.downwardAPI.items);
  }
  if (volume.projected) defaultProjected(volume.projected);
  if (volume.ephemeral?.volumeClaimTemplate?.spec) {
    defaultClaimSpec(volume.ephemeral.volumeClaimTemplate.spec);
  }
  defaultInTreeSources(volume);
}
