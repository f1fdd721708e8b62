import { type FieldError, invalid, required } from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import { apiServices } from '../../../../api/resources.ts';
import { formatTime } from '../../../../api/time.ts';
import type { APIService, APIServiceSpec } from '../../../../api/types/apiregistration-v1.ts';
import { portNumber } from '../../../../api/validation/formats.ts';
import { dns1035Label, dns1123Subdomain } from '../../../../api/validation/names.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { age, ageColumn, column, nameColumn } from '../cells.ts';
import { check } from '../checks.ts';
import { statusSubresource } from '../status-subresource.ts';

const DEFAULT_PORT = 443;
const MAX_GROUP_PRIORITY = 20_000;
const MAX_VERSION_PRIORITY = 1_000;

/** What this server serves by itself is always there. */
export function localAvailability(nowMs: number): NonNullable<Mutable<APIService>['status']> {
  return {
    conditions: [
      {
        type: 'Available',
        status: 'True',
        lastTransitionTime: formatTime(nowMs),
        reason: 'Local',
        message: 'Local APIServices are always available',
      },
    ],
  };
}

function validateNames(name: string, spec: APIServiceSpec): FieldError[] {
  const { group = '', version = '' } = spec;
  const expected = `${version}.${group}`;
  const errors: FieldError[] = [];
  if (name !== '' && name !== expected) {
    const detail = `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(expected)}`;
    errors.push(invalid('metadata.name', name, detail));
  }
  if (group === '' && version !== 'v1') {
    const detail = 'only v1 may have an empty group and it better be legacy kube';
    errors.push(required('spec.group', detail));
  }
  if (group !== '') errors.push(...check(dns1123Subdomain, group, 'spec.group'));
  return [...errors, ...check(dns1035Label, version, 'spec.version')];
}

function validatePriorities(spec: APIServiceSpec): FieldError[] {
  const { groupPriorityMinimum: group = 0, versionPriority: version = 0 } = spec;
  const within = (name: string, value: number, most: number): FieldError[] =>
    value > 0 && value <= most
      ? []
      : [invalid(`spec.${name}`, value, `must be positive and less than ${most}`)];
  return [
    ...within('groupPriorityMinimum', group, MAX_GROUP_PRIORITY),
    ...within('versionPriority', version, MAX_VERSION_PRIORITY),
  ];
}

function validateService(spec: APIServiceSpec): FieldError[] {
  const { service, caBundle = '', insecureSkipTLSVerify: insecure = false } = spec;
  const errors: FieldError[] = [];
  const skip = 'spec.insecureSkipTLSVerify';
  if (service === undefined) {
    const bytes = Buffer.from(caBundle, 'base64').length;
    if (bytes > 0)
      errors.push(
        invalid('spec.caBundle', `${bytes} bytes`, 'local APIServices may not have a caBundle'),
      );
    if (insecure)
      errors.push(invalid(skip, true, 'local APIServices may not have insecureSkipTLSVerify'));
    return errors;
  }
  const { namespace = '', name = '', port = 0 } = service;
  if (namespace === '') errors.push(required('spec.service.namespace'));
  if (name === '') errors.push(required('spec.service.name'));
  for (const problem of portNumber(port)) {
    errors.push(invalid('spec.service.port', port, `port is not valid: ${problem}`));
  }
  if (insecure && caBundle !== '')
    errors.push(invalid(skip, true, 'may not be true if caBundle is present'));
  return errors;
}

function availableText({ status }: APIService): string {
  const condition = status?.conditions?.find(({ type }) => type === 'Available');
  if (condition === undefined) return 'Unknown';
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason ?? ''})`;
}

function serviceText({ spec }: APIService): string {
  const { service } = spec ?? {};
  return service === undefined ? 'Local' : `${service.namespace}/${service.name}`;
}

/**
 * Which groups and versions there are, and who serves them. Those with a service are kept and are
 * not asked: requests for them find nothing.
 */
export const apiService = {
  type: apiServices,
  singular: 'apiservice',
  categories: ['api-extensions'],
  storagePrefix: 'apiregistration.k8s.io/apiservices',
  /** "v1." of the core group is no DNS name. */
  nameRule: 'pathSegment',
  hasStatus: true,
  applyDefaults(object) {
    const service = (object.spec as typeof object.spec | undefined)?.service;
    if (service !== undefined) service.port ??= DEFAULT_PORT;
  },
  prepareForCreate(object, { nowMs }) {
    if (object.spec?.service === undefined) object.status = localAvailability(nowMs);
  },
  validate({ metadata, spec }) {
    const own = (spec as APIServiceSpec | undefined) ?? ({} as APIServiceSpec);
    return [
      ...validateNames(metadata.name ?? '', own),
      ...validatePriorities(own),
      ...validateService(own),
    ];
  },
  printer: {
    columns: [nameColumn, column('Service'), column('Available'), ageColumn],
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      serviceText(object),
      availableText(object),
      age(object, nowMs),
    ],
  },
  subresources: [statusSubresource({ keeps: 'metadata' })],
} satisfies ResourceDeclaration<APIService>;
