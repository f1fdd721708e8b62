/**
 * An authorizer that is another server (https://kubernetes.io/docs/reference/access-authn-authz/webhook/
 * and KEP-3221): asked with a SubjectAccessReview, unless conditions in CEL say that it has no
 * say. Answers are kept for a while.
 */
import type { Clock } from '../../platform/clock.ts';
import { ExpiringCache } from '../../platform/expiring-cache.ts';
import type { User } from '../authn/user.ts';
import type { ReviewClient } from '../webhook/review-client.ts';
import { WebhookCallError } from '../webhook/webhook-client.ts';
import { type Attributes, type Authorizer, type Decision, noOpinion } from './authorizer.ts';
import { AccessConditions } from './access-conditions.ts';
import { reviewSelectors } from './review-selectors.ts';

export interface WebhookAuthorizerOptions {
  readonly client: ReviewClient;
  readonly version: 'v1' | 'v1beta1';
  readonly authorizedTtlMs: number;
  readonly unauthorizedTtlMs: number;
  /** When the webhook, or a condition, fails. */
  readonly failurePolicy: 'NoOpinion' | 'Deny';
  /** All must hold for the webhook to be asked. */
  readonly matchConditions?: readonly string[];
  readonly clock: Clock;
}

/** Answers kept; kube-apiserver's. */
const MAX_KNOWN = 8_192;
/** Keys longer than this are not kept: whoever asks chooses them. */
const MAX_KEY_LENGTH = 10_000;
const BOTH = 'webhook subject access review returned both allow and deny response';

interface ReviewStatus {
  readonly allowed?: boolean;
  readonly denied?: boolean;
  readonly reason?: string;
}

export class WebhookAuthorizer implements Authorizer {
  readonly #options: WebhookAuthorizerOptions;
  readonly #known: ExpiringCache<Decision>;
  readonly #conditions: AccessConditions;

  constructor(options: WebhookAuthorizerOptions) {
    this.#options = options;
    this.#known = new ExpiringCache(options.clock, MAX_KNOWN);
    this.#conditions = new AccessConditions(options.matchConditions ?? []);
  }

  authorize(user: User, attributes: Attributes): Decision | Promise<Decision> {
    const spec = reviewSpec(user, attributes);
    const judged = this.#conditions.judge(spec);
    if (judged === 'differs') return noOpinion;
    if (typeof judged === 'object') return this.#failed(judged.failed);
    const key = JSON.stringify(spec);
    return this.#known.get(key) ?? this.#ask(spec, key);
  }

  async #ask(spec: object, key: string): Promise<Decision> {
    const { client, version, authorizedTtlMs, unauthorizedTtlMs } = this.#options;
    let status: ReviewStatus;
    try {
      const answer = await client.ask({
        apiVersion: `authorization.k8s.io/${version}`,
        kind: 'SubjectAccessReview',
        metadata: { creationTimestamp: null },
        spec: version === 'v1' ? spec : betaSpec(spec),
        status: { allowed: false },
      });
      status = answer['status'] ?? {};
    } catch (error) {
      if (error instanceof WebhookCallError) return this.#failed(error.message);
      throw error;
    }
    const { allowed = false, denied = false, reason = '' } = status;
    const because = reason === '' ? {} : { reason };
    if (allowed && denied) return { allowed: false, denied, ...because, error: BOTH };
    const decision: Decision = allowed
      ? { allowed, ...because }
      : { allowed: false, ...(denied ? { denied: true as const } : {}), ...because };
    if (key.length <= MAX_KEY_LENGTH)
      this.#known.set(key, decision, allowed ? authorizedTtlMs : unauthorizedTtlMs);
    return decision;
  }

  #failed(error: string): Decision {
    const isFinal = this.#options.failurePolicy === 'Deny';
    return { allowed: false, ...(isFinal ? { denied: true as const } : {}), error };
  }
}

/** SubjectAccessReviewSpec of v1. */
function reviewSpec({ name, uid, groups, extra }: User, asked: Attributes): object {
  return {
    ...(asked.type === 'path'
      ? { nonResourceAttributes: { path: asked.path, verb: asked.verb } }
      : { resourceAttributes: resourceAttributes(asked) }),
    user: name,
    groups,
    ...(uid === undefined ? {} : { uid }),
    ...(extra === undefined ? {} : { extra }),
  };
}

function resourceAttributes(asked: Extract<Attributes, { type: 'resource' }>): object {
  const { namespace, verb, group, version, resource, subresource, name } = asked;
  const all = { namespace, verb, group, version, resource, subresource, name };
  const given = Object.entries(all).filter(([, value]) => value !== undefined && value !== '');
  return { ...Object.fromEntries(given), ...reviewSelectors(asked) };
}

/** v1beta1 calls groups "group". */
function betaSpec(spec: object): object {
  const { groups, ...rest } = spec as { readonly groups: readonly string[] };
  return { ...rest, group: groups };
}
