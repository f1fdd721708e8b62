/** Questions to authentication: who is this, who am I. */
import { statusError } from '../../../../api/status.ts';
import { formatTime } from '../../../../api/time.ts';
import type {
  SelfSubjectReview,
  TokenReview,
  UserInfo,
} from '../../../../api/types/authentication-v1.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import type { Subject } from '../../access-control.ts';

const GROUP = 'authentication.k8s.io';

function userInfo({ name, uid, groups, extra }: Subject): UserInfo {
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    groups,
    ...(extra === undefined ? {} : { extra }),
  };
}

export const tokenReview = {
  type: {
    group: GROUP,
    version: 'v1',
    resource: 'tokenreviews',
    kind: 'TokenReview',
    namespaced: false,
  },
  singular: 'tokenreview',
  verbs: ['create'],
  review: {
    check: ({ spec }) => {
      if (!spec?.token)
        throw statusError('BadRequest', 'token is required for TokenReview in authentication');
    },
    answer: async (review, _request, control) => {
      const { token = '', audiences = [] } = review.spec ?? {};
      const answer = await control.authenticate(token, audiences);
      if (answer.subject === undefined)
        return { ...review, status: { user: {}, error: answer.error } };
      const status = {
        authenticated: true,
        user: userInfo(answer.subject),
        audiences: answer.audiences,
      };
      return { ...review, status };
    },
  },
} satisfies ResourceDeclaration<TokenReview>;

export const selfSubjectReview = {
  type: {
    group: GROUP,
    version: 'v1',
    resource: 'selfsubjectreviews',
    kind: 'SelfSubjectReview',
    namespaced: false,
  },
  singular: 'selfsubjectreview',
  verbs: ['create'],
  review: {
    // The answer is an object of its own: nothing of what was sent is in it.
    answer: ({ apiVersion, kind }, { asker, nowMs }) => ({
      apiVersion,
      kind,
      metadata: { creationTimestamp: formatTime(nowMs) },
      status: { userInfo: userInfo(asker) },
    }),
  },
} satisfies ResourceDeclaration<SelfSubjectReview>;
