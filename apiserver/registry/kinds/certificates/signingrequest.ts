import { deepEqual } from '../../../../api/deep.ts';
import { humanDuration } from '../../../../api/duration.ts';
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../../api/field-errors.ts';
import type { KubernetesObject, Mutable } from '../../../../api/meta.ts';
import { formatTime } from '../../../../api/time.ts';
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
  CertificateSigningRequestSpec,
} from '../../../../api/types/certificates-v1.ts';
import type { ResourceDeclaration, Subresource, WriteContext } from '../../declaration.ts';
import { age, column, nameColumn, NONE } from '../cells.ts';
import { certificateFault, requestFault } from './pem.ts';
import { validateSignerName } from './signer-name.ts';
import { usages } from './usages.ts';

type Request = CertificateSigningRequest;
type Condition = CertificateSigningRequestCondition;

const decisive = ['Approved', 'Denied', 'Failed'];
const MIN_SECONDS = 600;

function validateUsages(list: readonly string[]): FieldError[] {
  if (list.length === 0) return [required('spec.usages')];
  const unknown = list.flatMap((usage, i) =>
    usages.includes(usage) ? [] : [notSupported(`spec.usages[${i}]`, usage, usages)],
  );
  const repeated = list.flatMap((usage, i) =>
    list.indexOf(usage) < i ? [duplicate(`spec.usages[${i}]`, usage)] : [],
  );
  return [...unknown, ...repeated];
}

function validateConditions({ status }: Request): FieldError[] {
  const conditions = status?.conditions ?? [];
  const field = 'status.conditions';
  const seen = new Set<string>();
  return conditions.flatMap(({ type = '', status: truth = '' }, i) => {
    const errors: FieldError[] = [];
    const at = `${field}[${i}]`;
    if (type === '') errors.push(required(`${at}.type`));
    const allowed = decisive.includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
    if (truth === '') errors.push(required(`${at}.status`));
    else if (!allowed.includes(truth)) errors.push(notSupported(`${at}.status`, truth, allowed));
    const other = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined;
    if (other !== undefined && seen.has(other)) {
      const detail = 'Approved and Denied conditions are mutually exclusive';
      errors.push(invalid(field, type, detail));
    }
    if (seen.has(type)) errors.push(duplicate(`${at}.type`, type));
    seen.add(type);
    return errors;
  });
}

function validate(request: Request): FieldError[] {
  const { spec, status } = request;
  const errors: FieldError[] = [];
  const fault = requestFault(spec.request ?? '');
  if (fault !== undefined) errors.push(invalid('spec.request', spec.request, fault));
  errors.push(
    ...validateUsages(spec.usages ?? []),
    ...validateSignerName(spec.signerName ?? '', 'spec.signerName'),
  );
  const seconds = spec.expirationSeconds ?? MIN_SECONDS;
  if (seconds < MIN_SECONDS) {
    const detail = 'may not specify a duration less than 600 seconds (10 minutes)';
    errors.push(invalid('spec.expirationSeconds', seconds, detail));
  }
  errors.push(...validateConditions(request));
  const bad = status?.certificate ? certificateFault(status.certificate) : undefined;
  if (bad === undefined) return errors;
  return [...errors, invalid('status.certificate', '<certificate data>', bad)];
}

const ofType = ({ status }: Request, type: string): readonly Condition[] =>
  (status?.conditions ?? []).filter((condition) => condition.type === type);

/** What was decided stays decided; only approvers decide. */
function validateDecisions(request: Request, old: Request, mayDecide: boolean): FieldError[] {
  const field = 'status.conditions';
  return decisive.flatMap((type) => {
    const [before, after] = [ofType(old, type), ofType(request, type)];
    const shown = JSON.stringify(type);
    if (after.length < before.length) {
      return [forbidden(field, `updates may not remove a condition of type ${shown}`)];
    }
    if (mayDecide || type === 'Failed') return [];
    if (after.length > before.length) {
      return [forbidden(field, `updates may not add a condition of type ${shown}`)];
    }
    if (deepEqual(after, before)) return [];
    return [forbidden(field, `updates may not modify a condition of type ${shown}`)];
  });
}

function validateCertificate({ status }: Request, { status: old }: Request): FieldError[] {
  if (!old?.certificate || old.certificate === status?.certificate) return [];
  const detail = 'updates may not modify existing certificate content';
  return [forbidden('status.certificate', detail)];
}

function stamped(
  conditions: readonly Condition[] | undefined,
  old: Request,
  { nowMs }: WriteContext,
): { conditions?: Mutable<Condition>[] } {
  if (conditions === undefined) return {};
  const now = formatTime(nowMs);
  const all = conditions.map((condition) => {
    const before = ofType(old, condition.type).find(({ status }) => status === condition.status);
    const turned = condition.lastTransitionTime || before?.lastTransitionTime || now;
    const updated = condition.lastUpdateTime || now;
    return { ...condition, lastUpdateTime: updated, lastTransitionTime: turned };
  });
  return { conditions: all };
}

const approval: Subresource<Request> = {
  name: 'approval',
  verbs: ['get', 'update', 'patch'],
  write(sent: KubernetesObject, parent, context) {
    const { metadata, status } = sent as Request;
    const { conditions: _replaced, ...kept } = parent.status ?? {};
    const conditions = stamped(status?.conditions, parent, context);
    return { ...parent, metadata, status: { ...kept, ...conditions } } as Mutable<Request>;
  },
  validateUpdate: (request, old) => [
    ...validate(request),
    ...validateDecisions(request, old, true),
  ],
};

const statusOfRequest: Subresource<Request> = {
  name: 'status',
  verbs: ['get', 'update', 'patch'],
  write(sent: KubernetesObject, parent, context) {
    const { metadata, status } = sent as Request;
    const decided = status?.conditions?.map((condition) => {
      const same = ofType(parent, condition.type);
      return ['Approved', 'Denied'].includes(condition.type) && same[0] ? same[0] : condition;
    });
    const conditions = stamped(decided, parent, context);
    return { ...parent, metadata, status: { ...status, ...conditions } } as Mutable<Request>;
  },
  validateUpdate: (request, old) => [
    ...validate(request),
    ...validateDecisions(request, old, false),
    ...validateCertificate(request, old),
  ],
};

function conditionText(request: Request): string {
  const has = (type: string): boolean => ofType(request, type).length > 0;
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  const failed = has('Failed') ? ',Failed' : '';
  return `${decision}${failed}${request.status?.certificate ? ',Issued' : ''}`;
}

export const certificateSigningRequest = {
  type: {
    group: 'certificates.k8s.io',
    version: 'v1',
    resource: 'certificatesigningrequests',
    kind: 'CertificateSigningRequest',
    namespaced: false,
  },
  singular: 'certificatesigningrequest',
  shortNames: ['csr'],
  nameRule: 'pathSegment',
  hasStatus: true,
  ownerlessSpec: true,
  applyDefaults(object) {
    object.spec ??= {} as Mutable<CertificateSigningRequestSpec>;
  },
  prepareForCreate(object) {
    object.status = {};
  },
  prepareForUpdate(object, old) {
    object.spec = old.spec as Mutable<CertificateSigningRequestSpec>;
  },
  validate,
  selectableFields: { 'spec.signerName': ({ spec }) => spec?.signerName ?? '' },
  printer: {
    columns: [
      nameColumn,
      column('Age'),
      column('SignerName'),
      column('Requestor'),
      column('RequestedDuration'),
      column('Condition'),
    ],
    cells: (request, nowMs) => [
      request.metadata.name ?? '',
      age(request, nowMs),
      request.spec?.signerName || NONE,
      request.spec?.username ?? '',
      request.spec?.expirationSeconds === undefined
        ? NONE
        : humanDuration(request.spec.expirationSeconds * 1000),
      conditionText(request),
    ],
  },
  subresources: [statusOfRequest, approval],
} satisfies ResourceDeclaration<Request>;
