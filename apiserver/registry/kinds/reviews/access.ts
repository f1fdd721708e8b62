/** Questions to authorization: may they, may I, what may I. */
import { type FieldError, invalid, required } from '../../../../api/field-errors.ts';
import { statusError } from '../../../../api/status.ts';
import type {
  LocalSubjectAccessReview,
  NonResourceAttributes,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from '../../../../api/types/authorization-v1.ts';
import type { Access, AccessControl, ResourceDeclaration, Subject } from '../../declaration.ts';

const group = 'authorization.k8s.io';

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
  };
}

/** Who may not yet may later: a review says no, and never that it is denied for good. */
async function statusOf(
  asked: Asked,
  subject: Subject,
  control: AccessControl,
): Promise<SubjectAccessReviewStatus> {
  const { allowed, reason } = await control.authorize(subject, accessOf(asked));
  return { allowed, ...(reason === undefined ? {} : { reason }) };
}

function subjectOf({ user = '', uid, groups = [] }: SubjectAccessReviewSpec): Subject {
  return { name: user, groups, ...(uid === undefined ? {} : { uid }) };
}

const both = 'cannot be specified in combination with resourceAttributes';

function validateAsked(asked: Asked): FieldError[] {
  const { resourceAttributes: resource, nonResourceAttributes: path } = asked;
  if (resource !== undefined && path !== undefined) {
    return [invalid('spec.nonResourceAttributes', path, both)];
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
    group,
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
    group,
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
    group,
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

/**
 * Which rules make up what the asker may do is known to nobody where access is not given by
 * rules: asked for everything, the authorizer answers everything or says that more may be.
 */
export const selfSubjectRulesReview = {
  type: {
    group,
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
      const all = { group: '*', resource: '*', subresource: '', name: '' };
      const namespace = review.spec.namespace ?? '';
      const access: Access = { type: 'resource', verb: '*', namespace, ...all };
      const { allowed } = await control.authorize(asker, access);
      const paths = await control.authorize(asker, { type: 'path', verb: '*', path: '/*' });
      const every = ['*'];
      return {
        ...review,
        status: {
          resourceRules: allowed ? [{ verbs: every, apiGroups: every, resources: every }] : [],
          nonResourceRules: paths.allowed ? [{ verbs: every, nonResourceURLs: every }] : [],
          incomplete: !allowed,
        },
      };
    },
  },
} satisfies ResourceDeclaration<SelfSubjectRulesReview>;
