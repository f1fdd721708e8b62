import { type FieldError, invalid, notSupported, required } from '../../../../api/field-errors.ts';
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressRule,
  IngressServiceBackend,
  IngressTLS,
} from '../../../../api/types/networking-v1.ts';
import { portName, portNumber } from '../../../../api/validation/formats.ts';
import { isIP } from '../../../../platform/net/ip.ts';
import {
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  wildcardDns1123Subdomain,
} from '../../../../api/validation/names.ts';
import { NOT_AN_ADDRESS, validateBalancer } from '../load-balancer-validation.ts';
import { check } from '../checks.ts';
import { validateLocalReference } from './local-reference.ts';

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];
const badSequences = ['//', '/./', '/../', '%2f', '%2F'];
const badSuffixes = ['/..', '/.'];

/** What an object that exists may keep. */
interface Kept {
  readonly secretNames: boolean;
  readonly wildcardRules: boolean;
  readonly serviceNames: boolean;
}

function validateHost(host: string, field: string): FieldError[] {
  return check(host.includes('*') ? wildcardDns1123Subdomain : dns1123Subdomain, host, field);
}

function validateService(
  { name, port }: IngressServiceBackend,
  kept: Kept,
  field: string,
): FieldError[] {
  const at = `${field}.service`;
  const rule = kept.serviceNames ? dns1123Label : dns1035Label;
  const errors = name ? check(rule, name, `${at}.name`) : [required(`${at}.name`)];
  const { name: named = '', number = 0 } = port ?? {};
  if (named !== '' && number !== 0) {
    errors.push(invalid(field, '', 'cannot set both port name & port number'));
  } else if (named !== '') errors.push(...check(portName, named, `${at}.port.name`));
  else if (number !== 0) errors.push(...check(portNumber, number, `${at}.port.number`));
  else errors.push(required(field, 'port name or number is required'));
  return errors;
}

function validateBackend(
  backend: IngressBackend | undefined,
  kept: Kept,
  field: string,
): FieldError[] {
  const { resource, service } = backend ?? {};
  if (resource !== undefined && service !== undefined) {
    return [invalid(field, '', 'cannot set both resource and service backends')];
  }
  if (resource !== undefined) return validateLocalReference(resource, `${field}.resource`);
  if (service !== undefined) return validateService(service, kept, field);
  return [invalid(field, '', 'resource or service backend is required')];
}

function validatePathText(path: string, pathType: string, field: string): FieldError[] {
  const strict = pathType !== 'ImplementationSpecific';
  const errors: FieldError[] = [];
  if ((strict || path !== '') && !path.startsWith('/')) {
    errors.push(invalid(field, path, 'must be an absolute path'));
  }
  if (!strict) return errors;
  for (const sequence of badSequences) {
    if (path.includes(sequence)) {
      errors.push(invalid(field, path, `must not contain '${sequence}'`));
    }
  }
  for (const suffix of badSuffixes) {
    if (path.endsWith(suffix)) errors.push(invalid(field, path, `cannot end with '${suffix}'`));
  }
  return errors;
}

function validatePath(path: HTTPIngressPath, kept: Kept, field: string): FieldError[] {
  const { pathType, path: text = '' } = path;
  if (pathType === undefined) {
    return [required(`${field}.pathType`, 'pathType must be specified')];
  }
  const errors = pathTypes.includes(pathType)
    ? validatePathText(text, pathType, `${field}.path`)
    : [notSupported(`${field}.pathType`, pathType, pathTypes)];
  return [...errors, ...validateBackend(path.backend, kept, `${field}.backend`)];
}

function validatePaths({ http }: IngressRule, kept: Kept, field: string): FieldError[] {
  if (http === undefined) return [];
  const paths = http.paths ?? [];
  const at = `${field}.http.paths`;
  if (paths.length === 0) return [required(at)];
  return paths.flatMap((path, i) => validatePath(path, kept, `${at}[${i}]`));
}

function validateRule(rule: IngressRule, kept: Kept, field: string): FieldError[] {
  const { host = '' } = rule;
  const errors: FieldError[] = [];
  if (isIP(host)) errors.push(invalid(`${field}.host`, host, NOT_AN_ADDRESS));
  if (host !== '') errors.push(...validateHost(host, `${field}.host`));
  if (host.includes('*') && kept.wildcardRules) return errors;
  return [...errors, ...validatePaths(rule, kept, field)];
}

function validateTls({ hosts = [], secretName }: IngressTLS, kept: Kept, field: string) {
  const errors = hosts.flatMap((host, i) => validateHost(host, `${field}.hosts[${i}]`));
  if (!secretName || kept.secretNames) return errors;
  return [...errors, ...check(dns1123Subdomain, secretName, `${field}.secretName`)];
}

const nothing: Kept = { secretNames: false, wildcardRules: false, serviceNames: false };

function keptBy(old: Ingress | undefined): Kept {
  if (old === undefined) return nothing;
  const { rules = [], tls = [] } = old.spec ?? {};
  const services = rules.flatMap(({ http }) =>
    (http?.paths ?? []).map(({ backend }) => backend?.service?.name ?? ''),
  );
  return {
    secretNames: tls.some(({ secretName }) => secretName && dns1123Subdomain(secretName).length),
    wildcardRules: rules.some(
      (rule) => rule.host?.includes('*') && validatePaths(rule, nothing, '').length > 0,
    ),
    serviceNames: services.some(
      (name) => dns1123Label(name).length === 0 && dns1035Label(name).length > 0,
    ),
  };
}

export function validateIngress({ metadata, spec }: Ingress, old?: Ingress): FieldError[] {
  const kept = keptBy(old);
  const errors: FieldError[] = [];
  const { rules = [], tls = [], defaultBackend, ingressClassName } = spec ?? {};
  if (rules.length === 0 && defaultBackend === undefined) {
    const detail = 'either `defaultBackend` or `rules` must be specified';
    errors.push(invalid('spec', spec?.rules, detail));
  }
  if (defaultBackend !== undefined) {
    errors.push(...validateBackend(defaultBackend, kept, 'spec.defaultBackend'));
  }
  errors.push(
    ...rules.flatMap((rule, i) => validateRule(rule, kept, `spec.rules[${i}]`)),
    ...tls.flatMap((each, i) => validateTls(each, kept, `spec.tls[${i}]`)),
  );
  if (ingressClassName !== undefined) {
    errors.push(...check(dns1123Subdomain, ingressClassName, 'spec.ingressClassName'));
  }
  const annotated = metadata.annotations?.[CLASS_ANNOTATION];
  const differs = ingressClassName !== undefined && annotated !== ingressClassName;
  if (old === undefined && annotated !== undefined && differs) {
    const detail = 'must match `ingressClassName` when both are specified';
    errors.push(invalid(`annotations.${CLASS_ANNOTATION}`, annotated, detail));
  }
  return errors;
}

export function validateIngressStatus({ status }: Ingress): FieldError[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap((each, i) =>
    validateBalancer(each, `status.loadBalancer.ingress[${i}]`),
  );
}
