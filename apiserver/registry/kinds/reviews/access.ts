/** Questions to authorization: may they, may I, what may I. */
import { type FieldError, invalid, required } from '../../../../api/field-errors.ts';
import type { ObjectMeta } from '../../../../api/meta.ts';
import { escapeValue, parseFieldSelector } from '../../../../api/selector/field.ts';
import { parseLabelSelector } from '../../../../api/selector/label-parser.ts';
import { statusError } from '../../../../api/status.ts';
import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  LocalSubjectAccessReview,
  NonResourceRule,
  NonResourceAttributes,
  ResourceAttributes,
  ResourceRule,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from '../../../../api/types/authorization-v1.ts';
import type { PolicyRule } from '../../../../api/types/rbac-v1.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import type { Access, AccessControl, Subject } from '../../access-control.ts';

const GROUP = 'authorization.k8s.io';

interface Asked {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: NonResourceAttributes;
}

function accessOf({ resourceAttributes: of, nonResourceAttributes: path }: Asked): Access {
  if (of === undefined) return { type: 'path', verb: path?.verb ?? '', path: path?.path ?? '' };
  return {
    type: 'resource',
    verb: of.verb ?? '',
    group: of.group ?? '',
    resource: of.resource ?? '',
    subresource: of.subresource ?? '',
    namespace: of.namespace ?? '',
    name: of.name ?? '',
    version: of.version ?? '',
    ...selectorsOf(of),
  };
}

type FieldRequirement = NonNullable<FieldSelectorAttributes['requirements']>[number];
type LabelRequirement = NonNullable<LabelSelectorAttributes['requirements']>[number];

/** As a selector of a request says it; nothing of what no request can say. */
function fieldText({ key, operator, values = [] }: FieldRequirement): string | [] {
  const sign = operator === 'In' ? '=' : operator === 'NotIn' ? '!=' : undefined;
  return sign === undefined || values.length !== 1 ? [] : key + sign + escapeValue(values[0]!);
}

function labelText({ key, operator, values = [] }: LabelRequirement): string | [] {
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `!${key}`;
  const word = operator === 'In' ? 'in' : operator === 'NotIn' ? 'notin' : undefined;
  return word === undefined || values.length === 0 ? [] : `${key} ${word} (${values.join(',')})`;
}

/** Selectors as texts. Requirements only narrow: one that has no text may be left out. */
function selectorsOf(of: ResourceAttributes): { fieldSelector?: string; labelSelector?: string } {
  const { fieldSelector, labelSelector } = of;
  const fields =
    fieldSelector?.rawSelector || (fieldSelector?.requirements ?? []).flatMap(fieldText).join(',');
  const labels =
    labelSelector?.rawSelector || (labelSelector?.requirements ?? []).flatMap(labelText).join(',');
  return {
    ...(fields === '' ? {} : { fieldSelector: fields }),
    ...(labels === '' ? {} : { labelSelector: labels }),
  };
}

async function statusOf(
  asked: Asked,
  subject: Subject,
  control: AccessControl,
): Promise<SubjectAccessReviewStatus> {
  const { allowed, denied, reason, error } = await control.authorize(subject, accessOf(asked));
  const errors = [...(error === undefined ? [] : [error]), ...unreadable(asked)];
  return {
    allowed,
    ...(denied === true ? { denied } : {}),
    ...(reason === undefined ? {} : { reason }),
    ...(errors.length === 0 ? {} : { evaluationError: errors.join('; ') }),
  };
}

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** Selectors that are left out of account, as a whole or in part. */
function unreadable({ resourceAttributes: of = {} }: Asked): string[] {
  const readers = { fieldSelector: parseFieldSelector, labelSelector: parseLabelSelector };
  return (['fieldSelector', 'labelSelector'] as const).flatMap((name) => {
    const { rawSelector = '', requirements = [] } = of[name] ?? {};
    const read = requirements.filter(
      ({ operator, values = [] }) =>
        OPERATORS.includes(operator) && (name === 'labelSelector' || values.length === 1),
    );
    if (read.length === requirements.length && isReadable(rawSelector, readers[name])) return [];
    const what = read.length > 0 ? 'partially ignored' : 'ignored';
    return `spec.resourceAttributes.${name} ${what} due to parse error`;
  });
}

function isReadable(text: string, read: (text: string) => unknown): boolean {
  try {
    read(text);
    return true;
  } catch {
    return false;
  }
}

function subjectOf({ user = '', uid, groups = [], extra }: SubjectAccessReviewSpec): Subject {
  return {
    name: user,
    groups,
    ...(uid === undefined ? {} : { uid }),
    ...(extra === undefined ? {} : { extra }),
  };
}

const BOTH = 'cannot be specified in combination with resourceAttributes';

function validateAsked(asked: Asked): FieldError[] {
  const { resourceAttributes: resource, nonResourceAttributes: path } = asked;
  if (resource !== undefined && path !== undefined)
    return [invalid('spec.nonResourceAttributes', path, BOTH)];
  if (resource !== undefined || path !== undefined) return [];
  const detail = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
  return [invalid('spec.resourceAttributes', undefined, detail)];
}

function validateSelectors({ resourceAttributes: of = {} }: Asked): FieldError[] {
  return (['fieldSelector', 'labelSelector'] as const).flatMap((name) => {
    const { [name]: selector } = of;
    if (selector === undefined) return [];
    const field = `spec.resourceAttributes.${name}`;
    const { rawSelector = '', requirements = [] } = selector;
    if (rawSelector !== '' && requirements.length > 0) {
      const detail = 'may not specified at the same time as requirements';
      return [invalid(`${field}.rawSelector`, rawSelector, detail)];
    }
    if (rawSelector !== '' || requirements.length > 0) return [];
    const detail = `when ${field} is specified, requirements or rawSelector is required`;
    return [required(`${field}.requirements`, detail)];
  });
}

function validateSubject(spec: SubjectAccessReviewSpec): FieldError[] {
  const errors = validateAsked(spec);
  if (!spec.user && (spec.groups ?? []).length === 0) {
    const detail = 'at least one of user or group must be specified';
    errors.push(invalid('spec.user', '', detail));
  }
  return [...errors, ...validateSelectors(spec)];
}

/** A review is nobody's object. */
function validateUnnamed({ managedFields: _m, ...metadata }: ObjectMeta, but = ''): FieldError[] {
  if (Object.values(metadata).every((value) => value === undefined)) return [];
  return [invalid('metadata', metadata, `must be empty${but}`)];
}

export const subjectAccessReview = {
  type: {
    group: GROUP,
    version: 'v1',
    resource: 'subjectaccessreviews',
    kind: 'SubjectAccessReview',
    namespaced: false,
  },
  singular: 'subjectaccessreview',
  verbs: ['create'],
  validate: ({ spec, metadata }) => [...validateSubject(spec ?? {}), ...validateUnnamed(metadata)],
  review: {
    answer: async (review, _request, control) => {
      const status = await statusOf(review.spec, subjectOf(review.spec), control);
      return { ...review, status };
    },
  },
} satisfies ResourceDeclaration<SubjectAccessReview>;

export const localSubjectAccessReview = {
  type: {
    group: GROUP,
    version: 'v1',
    resource: 'localsubjectaccessreviews',
    kind: 'LocalSubjectAccessReview',
    namespaced: true,
  },
  singular: 'localsubjectaccessreview',
  verbs: ['create'],
  validate: ({ spec, metadata: { namespace, ...metadata } }) => {
    const errors = validateSubject(spec ?? {});
    errors.push(...validateUnnamed(metadata, ' except for namespace'));
    const { resourceAttributes: resource, nonResourceAttributes: path } = spec ?? {};
    const { namespace: asked = '' } = resource ?? {};
    if (resource !== undefined && asked !== namespace) {
      const detail = 'must match metadata.namespace';
      errors.push(invalid('spec.resourceAttributes.namespace', asked, detail));
    }
    if (path === undefined) return errors;
    const detail = 'disallowed on this kind of request';
    return [...errors, invalid('spec.nonResourceAttributes', path, detail)];
  },
  review: {
    answer: async (review, _request, control) => {
      const status = await statusOf(review.spec, subjectOf(review.spec), control);
      return { ...review, status };
    },
  },
} satisfies ResourceDeclaration<LocalSubjectAccessReview>;

export const selfSubjectAccessReview = {
  type: {
    group: GROUP,
    version: 'v1',
    resource: 'selfsubjectaccessreviews',
    kind: 'SelfSubjectAccessReview',
    namespaced: false,
  },
  singular: 'selfsubjectaccessreview',
  verbs: ['create'],
  validate: ({ spec = {}, metadata }) => [
    ...validateAsked(spec),
    ...validateSelectors(spec),
    ...validateUnnamed(metadata),
  ],
  review: {
    answer: async (review, { asker }, control) => ({
      ...review,
      status: await statusOf(review.spec, asker, control),
    }),
  },
} satisfies ResourceDeclaration<SelfSubjectAccessReview>;

/** Kubernetes shows its internal type, whose absent lists are empty. */
function ruleLists(rules: readonly PolicyRule[]) {
  const resourceRules: ResourceRule[] = [];
  const nonResourceRules: NonResourceRule[] = [];
  for (const { verbs, apiGroups, resources = [], resourceNames, nonResourceURLs = [] } of rules) {
    if (resources.length > 0)
      resourceRules.push({
        verbs,
        ...(apiGroups === undefined ? {} : { apiGroups }),
        resources,
        ...(resourceNames === undefined ? {} : { resourceNames }),
      });
    if (nonResourceURLs.length > 0) nonResourceRules.push({ verbs, nonResourceURLs });
  }
  return { resourceRules, nonResourceRules };
}

export const selfSubjectRulesReview = {
  type: {
    group: GROUP,
    version: 'v1',
    resource: 'selfsubjectrulesreviews',
    kind: 'SelfSubjectRulesReview',
    namespaced: false,
  },
  singular: 'selfsubjectrulesreview',
  verbs: ['create'],
  review: {
    // The answer is an object of its own: what was asked is not repeated.
    answer: async ({ apiVersion, kind, spec }, { asker }, control) => {
      if (!spec?.namespace) throw statusError('BadRequest', 'no namespace on request');
      const { rules, incomplete, errors } = await control.rules(asker, spec.namespace);
      const evaluationError = errors.join('\n');
      const status = { ...ruleLists(rules), incomplete };
      return {
        apiVersion,
        kind,
        metadata: {},
        spec: {},
        status: evaluationError === '' ? status : { ...status, evaluationError },
      };
    },
  },
} satisfies ResourceDeclaration<SelfSubjectRulesReview>;
