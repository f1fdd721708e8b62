/** Environment variables and the references they, and downward API volumes, are filled from. */
import { type FieldError, invalid, notSupported, required } from '../../../../api/field-errors.ts';
import type {
  ConfigMapKeySelector,
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from '../../../../api/types/core-v1.ts';
import { configMapKey, envVarName } from '../../../../api/validation/formats.ts';
import { dns1123Subdomain, qualifiedName } from '../../../../api/validation/names.ts';
import { check, requiredText } from '../checks.ts';
import { isHugePages } from '../resource-list.ts';

const envFieldPaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

export const volumeFieldPaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.labels',
  'metadata.annotations',
  'metadata.uid',
];

/** Paths that name something at all, though not everywhere. */
const knownFieldPaths = new Set([
  ...envFieldPaths,
  ...volumeFieldPaths,
  'spec.host',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
]);

const SUBSCRIPT = /^(metadata\.(?:labels|annotations))\['([^']*)'\]$/;

export function validateFieldRef(
  ref: ObjectFieldSelector,
  supported: readonly string[],
  field: string,
): FieldError[] {
  if (!ref.apiVersion) return [required(`${field}.apiVersion`)];
  if (!ref.fieldPath) return [required(`${field}.fieldPath`)];
  const path = ref.fieldPath;
  if (ref.apiVersion !== 'v1') {
    const detail = `error converting fieldPath: unsupported pod version: ${ref.apiVersion}`;
    return [invalid(`${field}.fieldPath`, path, detail)];
  }
  const keyed = SUBSCRIPT.exec(path);
  if (keyed !== null) {
    const key = keyed[1] === 'metadata.annotations' ? keyed[2]!.toLowerCase() : keyed[2]!;
    return check(qualifiedName, key, field);
  }
  if (!knownFieldPaths.has(path)) {
    const detail = `error converting fieldPath: field label not supported: ${path}`;
    return [invalid(`${field}.fieldPath`, path, detail)];
  }
  const meant = path === 'spec.host' ? 'spec.nodeName' : path;
  return supported.includes(meant) ? [] : [notSupported(`${field}.fieldPath`, path, supported)];
}

const resourcePaths = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

const cpuDivisors = ['1m', '1'];
const byteDivisors = '1 1k 1M 1G 1T 1P 1E 1Ki 1Mi 1Gi 1Ti 1Pi 1Ei'.split(' ');

function validateDivisor(resource: string, divisor: string, field: string): FieldError[] {
  if (divisor === '0') return [];
  if (resource.endsWith('.cpu')) {
    if (cpuDivisors.includes(divisor)) return [];
    const detail = "only divisor's values 1m and 1 are supported with the cpu resource";
    return [invalid(`${field}.divisor`, resource, detail)];
  }
  if (byteDivisors.includes(divisor)) return [];
  const name = resource.slice(resource.indexOf('.') + 1);
  const kind = isHugePages(name) ? 'hugepages' : name;
  const list = ['0', ...byteDivisors].join(', ');
  const detail = `only divisor's values ${list} are supported with the ${kind} resource`;
  return [invalid(`${field}.divisor`, resource, detail)];
}

/** In a volume the container must be named; a variable means its own. */
export function validateResourceFieldRef(
  ref: ResourceFieldSelector,
  at: { readonly field: string; readonly inVolume: boolean },
): FieldError[] {
  const { field } = at;
  const { resource = '' } = ref;
  if (at.inVolume && !ref.containerName) return [required(`${field}.containerName`)];
  if (resource === '') return [required(`${field}.resource`)];
  const name = resource.slice(resource.indexOf('.') + 1);
  const hugePages = /^(limits|requests)\./.test(resource) && isHugePages(name);
  if (!hugePages && !resourcePaths.includes(resource)) {
    return [notSupported(`${field}.resource`, resource, resourcePaths)];
  }
  return validateDivisor(resource, String(ref.divisor ?? '0'), field);
}

function validateKeyRef(ref: ConfigMapKeySelector, field: string): FieldError[] {
  return [
    ...check(dns1123Subdomain, ref.name ?? '', `${field}.name`),
    ...(ref.key ? check(configMapKey, ref.key, `${field}.key`) : [required(`${field}.key`)]),
  ];
}

function validateValueFrom(source: EnvVarSource, value: string, field: string): FieldError[] {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = source;
  const errors: FieldError[] = [];
  if (fieldRef) errors.push(...validateFieldRef(fieldRef, envFieldPaths, `${field}.fieldRef`));
  if (resourceFieldRef) {
    const at = { field: `${field}.resourceFieldRef`, inVolume: false };
    errors.push(...validateResourceFieldRef(resourceFieldRef, at));
  }
  if (configMapKeyRef) errors.push(...validateKeyRef(configMapKeyRef, `${field}.configMapKeyRef`));
  if (secretKeyRef) errors.push(...validateKeyRef(secretKeyRef, `${field}.secretKeyRef`));
  const named = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef].filter(Boolean).length;
  if (named === 0) {
    const list = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`';
    errors.push(invalid(field, '', `must specify one of: ${list}`));
  } else if (value !== '') {
    errors.push(invalid(field, '', 'may not be specified when `value` is not empty'));
  } else if (named > 1) {
    errors.push(invalid(field, '', 'may not have more than one field specified at a time'));
  }
  return errors;
}

export function validateEnv(env: readonly EnvVar[] | undefined, field: string): FieldError[] {
  return (env ?? []).flatMap(({ name, value = '', valueFrom }, i) => {
    const at = `${field}[${i}]`;
    return [
      ...(name ? check(envVarName, name, `${at}.name`) : [required(`${at}.name`)]),
      ...(valueFrom ? validateValueFrom(valueFrom, value, `${at}.valueFrom`) : []),
    ];
  });
}

export function validateEnvFrom(
  sources: readonly EnvFromSource[] | undefined,
  field: string,
): FieldError[] {
  return (sources ?? []).flatMap(({ prefix, configMapRef, secretRef }, i) => {
    const at = `${field}[${i}]`;
    const errors = prefix ? check(envVarName, prefix, `${at}.prefix`) : [];
    for (const [key, ref] of Object.entries({ configMapRef, secretRef })) {
      if (ref === undefined) continue;
      const missing = requiredText(ref.name, `${at}.${key}.name`);
      errors.push(...missing);
      if (ref.name) errors.push(...check(dns1123Subdomain, ref.name, `${at}.${key}.name`));
    }
    if (!configMapRef && !secretRef) {
      errors.push(invalid(field, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (configMapRef && secretRef) {
      errors.push(invalid(field, '', 'may not have more than one field specified at a time'));
    }
    return errors;
  });
}
