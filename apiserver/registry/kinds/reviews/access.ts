/** Questions to authorization: may they, may I, what may I. */
import { type FieldError, invalid, required } from '../../../../api/field-errors.ts';
import { escapeValue } from '../../../../api/selector/field.ts';
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
import type { Access, AccessControl, ResourceDeclaration, Subject } from '../../declaration.ts';

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
  return {
    allowed,
    ...(denied === true ? { denied } : {}),
    ...(reason === undefined ? {} : { reason }),
    ...(error === undefined ? {} : { evaluationError: error }),
  };
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
  if (resource !== undefined && path !== undefined) {
    return [invalid('spec.nonResourceAttributes', path, BOTH)];
  }
  if (resource !== undefined || path !== undefined) return [];
  const detail = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
  return [invalid('spec.resourceAttributes', undefined, detail)];
}

function validateSubject(spec: SubjectAccessReviewSpec): FieldError[] {
  const errors = validateAsked(spec);
  if (spec.user || (spec.groups ?? []).length > 0) return errors;
  return [...errors, required('spec.user', 'at least one of user or group must be specified')];
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
  validate: ({ spec }) => validateSubject(spec ?? {}),
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
  validate: ({ spec }) => {
    const errors = validateSubject(spec ?? {});
    if (spec?.nonResourceAttributes === undefined) return errors;
    const detail = 'disallowed on this kind of request';
    return [...errors, invalid('spec.nonResourceAttributes', spec.nonResourceAttributes, detail)];
  },
  review: {
    answer: async (review, { namespace }, control) => {
      const asked = review.spec.resourceAttributes?.namespace ?? '';
      if (asked !== namespace) {
        const message =
          `spec.resourceAttributes.namespace must match namespace: ` + `${namespace}, got ${asked}`;
        throw statusError('BadRequest', message);
      }
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
  validate: ({ spec }) => validateAsked(spec ?? {}),
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
  validate: ({ spec }) =>
    spec?.namespace ? [] : [required('spec.namespace', 'no namespace on request')],
  review: {
    answer: async (review, { asker }, control) => {
      const { rules, incomplete, errors } = await control.rules(asker, review.spec.namespace ?? '');
      const evaluationError = errors.join('\n');
      const status = { ...ruleLists(rules), incomplete };
      return {
        ...review,
        status: evaluationError === '' ? status : { ...status, evaluationError },
      };
    },
  },
} satisfies ResourceDeclaration<SelfSubjectRulesReview>;
