/**
 * --authentication-token-webhook-config-file: tokens that another server knows
 * (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication).
 */
import type { Clock } from '../../platform/clock.ts';
import { ExpiringCache } from '../../platform/expiring-cache.ts';
import type { ReviewClient } from '../webhook/review-client.ts';
import { WebhookCallError } from '../webhook/webhook-client.ts';
import {
  forApi,
  type TokenAuthentication,
  type TokenAuthenticator,
} from './token-authenticator.ts';
import type { User } from './user.ts';

export interface WebhookTokensOptions {
  readonly client: ReviewClient;
  readonly version: 'v1' | 'v1beta1';
  readonly apiAudiences: readonly string[];
  /** How long an answer holds, unless it tells of an error. */
  readonly ttlMs: number;
  readonly clock: Clock;
}

/** Answers kept; kube-apiserver's. */
const MAX_KNOWN = 4_096;

interface ReviewStatus {
  readonly authenticated?: boolean;
  readonly error?: string;
  readonly audiences?: readonly string[];
  readonly user?: {
    readonly username?: string;
    readonly uid?: string;
    readonly groups?: readonly string[];
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
}

export class WebhookTokens implements TokenAuthenticator {
  readonly #options: WebhookTokensOptions;
  readonly #known: ExpiringCache<TokenAuthentication>;
  /** One question for all who ask it at about the same time. */
  readonly #asking = new Map<string, Promise<TokenAuthentication>>();

  constructor(options: WebhookTokensOptions) {
    this.#options = options;
    this.#known = new ExpiringCache(options.clock, MAX_KNOWN);
  }

  authenticateToken(token: string, asked: readonly string[]) {
    const key = JSON.stringify([token, asked]);
    const known = this.#known.get(key) ?? this.#asking.get(key);
    if (known !== undefined) return known;
    const answer = this.#ask(token, asked)
      .then((result) => {
        if (result.type !== 'refused') this.#known.set(key, result, this.#options.ttlMs);
        return result;
      }, unreachable)
      .finally(() => this.#asking.delete(key));
    this.#asking.set(key, answer);
    return answer;
  }

  async #ask(token: string, asked: readonly string[]): Promise<TokenAuthentication> {
    const { client, version, apiAudiences } = this.#options;
    const answer = await client.ask({
      apiVersion: `authentication.k8s.io/${version}`,
      kind: 'TokenReview',
      metadata: { creationTimestamp: null },
      spec: { token, ...(asked.length === 0 ? {} : { audiences: asked }) },
      status: { user: {} },
    });
    const status = (answer['status'] ?? {}) as ReviewStatus;
    if (status.authenticated !== true) {
      const reason = status.error ?? '';
      return reason === '' ? { type: 'none' } : { type: 'refused', reason };
    }
    // A webhook that knows of no audiences means the API.
    const meant = status.audiences ?? [];
    const audiences =
      meant.length === 0
        ? forApi(apiAudiences, asked)
        : meant.filter((audience) => asked.includes(audience));
    if (audiences.length === 0 && asked.length > 0) return { type: 'none' };
    return { type: 'user', user: userOf(status), audiences };
  }
}

/** Not kept: the next one asks again. */
function unreachable(error: unknown): TokenAuthentication {
  if (error instanceof WebhookCallError) return { type: 'refused', reason: error.message };
  throw error as Error;
}

function userOf({ user = {} }: ReviewStatus): User {
  const { username = '', uid, groups = [], extra } = user;
  return {
    name: username,
    groups,
    ...(uid === undefined ? {} : { uid }),
    ...(extra === undefined ? {} : { extra }),
  };
}
