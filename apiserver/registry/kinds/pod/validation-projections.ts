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

/** Kubernetes' paths to the items lead to the volume: they have no `items`, and no index. */
export function validateDownwardItems(
  items: readonly DownwardAPIVolumeFile[] | undefined,
  at: string,
): FieldError[] {
  return (items ?? []).flatMap(({ path, fieldRef, resourceFieldRef, mode }) => {
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
  return errors;
}

const kinds = [
  'secret',
  'configMap',
  'downwardAPI',
  'serviceAccountToken',
  'clusterTrustBundle',
  'podCertificate',
] as const;

/** Paths that are filled, so that two sources do not fill the same one. */
class FilledPaths {
  readonly #field: string;
  readonly #taken = new Set<string>();

  constructor(field: string) {
    this.#field = field;
  }

  /** `shown` is what Kubernetes shows of whoever comes second. */
  add(items: readonly { readonly path?: string }[] | undefined, shown?: string): FieldError[] {
    const paths = (items ?? []).map(({ path }) => path).filter(Boolean) as string[];
    return paths.flatMap((path) => {
      if (!this.#taken.has(path)) {
        this.#taken.add(path);
        return [];
      }
      return [invalid(this.#field, shown ?? path, 'conflicting duplicate paths')];
    });
  }
}

interface Projected {
  /** Of the volume's source. */
  readonly field: string;
  readonly at: string;
  readonly filled: FilledPaths;
}

function validateProjection(source: VolumeProjection, { field, at, filled }: Projected) {
  const { downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source;
  const errors: FieldError[] = [];
  for (const kind of ['secret', 'configMap'] as const) {
    const keys = source[kind];
    if (keys === undefined) continue;
    errors.push(
      ...requiredText(keys.name, `${at}.${kind}.name`),
      ...validateItems(keys.items, `${at}.${kind}.items`),
      ...filled.add(keys.items, keys.name ?? ''),
    );
  }
  if (downwardAPI) {
    errors.push(...validateDownwardItems(downwardAPI.items, `${at}.downwardAPI`));
    errors.push(...filled.add(downwardAPI.items));
  }
  if (serviceAccountToken) {
    const { path } = serviceAccountToken;
    errors.push(...validateToken(serviceAccountToken, `${at}.serviceAccountToken`));
    if (path) errors.push(...validateUnreservedPath(path, `${field}.path`));
    else errors.push(required(`${field}.path`));
  }
  if (clusterTrustBundle) {
    errors.push(...requiredText(clusterTrustBundle.path, `${at}.clusterTrustBundle.path`));
  }
  if (podCertificate) {
    errors.push(...requiredText(podCertificate.signerName, `${at}.podCertificate.signerName`));
  }
  if (kinds.filter((kind) => source[kind] !== undefined).length > 1) {
    errors.push(forbidden(at, 'may not specify more than 1 volume type per source'));
  }
  return errors;
}

export function validateProjected(projected: ProjectedVolumeSource, field: string): FieldError[] {
  const filled = new FilledPaths(field);
  return [
    ...validateMode(projected.defaultMode, `${field}.defaultMode`),
    ...(projected.sources ?? []).flatMap((source, i) =>
      validateProjection(source, { field, at: `${field}.sources[${i}]`, filled }),
    ),
  ];
}
