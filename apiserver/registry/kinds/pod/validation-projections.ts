/** Files that volumes project: keys of ConfigMaps and Secrets, the pod's own fields, tokens. */
import { type FieldError, forbidden, invalid, required } from '../../../../api/field-errors.ts';
import type {
  DownwardAPIVolumeFile,
  KeyToPath,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../../../../api/types/core-v1.ts';
import { requiredText } from '../checks.ts';
import { validateUnreservedPath } from './paths.ts';
import { validateFieldRef, validateResourceFieldRef, volumeFieldPaths } from './validation-env.ts';

const MAX_MODE = 0o777;
const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;

export function validateMode(mode: number | undefined, field: string): FieldError[] {
  if (mode === undefined || (mode >= 0 && mode <= MAX_MODE)) return [];
  return [invalid(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive')];
}

export function validateItems(
  items: readonly KeyToPath[] | undefined,
  field: string,
): FieldError[] {
  return (items ?? []).flatMap(({ key, path, mode }, i) => [
    ...requiredText(key, `${field}[${i}].key`),
    ...requiredText(path, `${field}[${i}].path`),
    ...validateUnreservedPath(path ?? '', `${field}[${i}].path`),
    ...validateMode(mode, `${field}[${i}].mode`),
  ]);
}

export function validateDownwardItems(
  items: readonly DownwardAPIVolumeFile[] | undefined,
  field: string,
): FieldError[] {
  return (items ?? []).flatMap(({ path, fieldRef, resourceFieldRef, mode }, i) => {
    const at = `${field}[${i}]`;
    const errors = requiredText(path, `${at}.path`);
    errors.push(...validateUnreservedPath(path ?? '', `${at}.path`));
    if (fieldRef) {
      errors.push(...validateFieldRef(fieldRef, volumeFieldPaths, `${at}.fieldRef`));
      if (resourceFieldRef) {
        const detail = 'fieldRef and resourceFieldRef can not be specified simultaneously';
        errors.push(invalid(at, 'resource', detail));
      }
    } else if (resourceFieldRef) {
      const where = { field: `${at}.resourceFieldRef`, inVolume: true };
      errors.push(...validateResourceFieldRef(resourceFieldRef, where));
    } else {
      errors.push(required(at, 'one of fieldRef and resourceFieldRef is required'));
    }
    return [...errors, ...validateMode(mode, `${at}.mode`)];
  });
}

function validateToken(token: ServiceAccountTokenProjection, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { expirationSeconds: seconds } = token;
  if (seconds !== undefined && seconds < MIN_TOKEN_SECONDS) {
    const detail = 'may not specify a duration less than 10 minutes';
    errors.push(invalid(`${field}.expirationSeconds`, seconds, detail));
  }
  if (seconds !== undefined && seconds > MAX_TOKEN_SECONDS) {
    const detail = 'may not specify a duration larger than 2^32 seconds';
    errors.push(invalid(`${field}.expirationSeconds`, seconds, detail));
  }
  return [...errors, ...requiredText(token.path, `${field}.path`)];
}

const kinds = [
  'secret',
  'configMap',
  'downwardAPI',
  'serviceAccountToken',
  'clusterTrustBundle',
  'podCertificate',
] as const;

function validateProjection(source: VolumeProjection, at: string): FieldError[] {
  const named = kinds.filter((kind) => source[kind] !== undefined);
  if (named.length === 0) return [required(at, 'must specify a source type')];
  if (named.length > 1) {
    return named
      .slice(1)
      .map((kind) =>
        forbidden(`${at}.${kind}`, 'may not specify more than 1 volume type per source'),
      );
  }
  const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle } = source;
  if (secret) {
    const missing = requiredText(secret.name, `${at}.secret.name`);
    return [...missing, ...validateItems(secret.items, `${at}.secret.items`)];
  }
  if (configMap) {
    const missing = requiredText(configMap.name, `${at}.configMap.name`);
    return [...missing, ...validateItems(configMap.items, `${at}.configMap.items`)];
  }
  if (downwardAPI) return validateDownwardItems(downwardAPI.items, `${at}.downwardAPI.items`);
  if (serviceAccountToken) return validateToken(serviceAccountToken, `${at}.serviceAccountToken`);
  const path = clusterTrustBundle?.path ?? source.podCertificate?.signerName;
  const field = clusterTrustBundle ? 'clusterTrustBundle.path' : 'podCertificate.signerName';
  return requiredText(path, `${at}.${field}`);
}

/** Every path a source fills by name, so that two sources do not fill the same one. */
function pathsOf({ secret, configMap, downwardAPI, serviceAccountToken }: VolumeProjection) {
  const items = secret?.items ?? configMap?.items ?? downwardAPI?.items ?? [];
  const paths = items.map(({ path }) => path ?? '');
  return serviceAccountToken?.path ? [...paths, serviceAccountToken.path] : paths;
}

export function validateProjected(projected: ProjectedVolumeSource, field: string): FieldError[] {
  const errors = validateMode(projected.defaultMode, `${field}.defaultMode`);
  const taken = new Set<string>();
  for (const [i, source] of (projected.sources ?? []).entries()) {
    errors.push(...validateProjection(source, `${field}.sources[${i}]`));
    for (const path of pathsOf(source)) {
      if (taken.has(path)) errors.push(invalid(field, path, 'conflicting duplicate paths'));
      taken.add(path);
    }
  }
  return errors;
}
