/**
 * Bootstrap tokens (https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/):
 * short-lived secrets in kube-system by which a new node first proves itself.
 */
import { BOOTSTRAP_TOKEN_PREFIX, bootstrapTokenOf } from '../../api/bootstrap-token.ts';
import type { Secret } from '../../api/types/core-v1.ts';
import type { Clock } from '../../platform/clock.ts';
import type { TokenSubjects } from './service-account/accounts.ts';
import {
  forApi,
  none,
  type TokenAuthentication,
  type TokenAuthenticator,
} from './token-authenticator.ts';

const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const GROUP = 'system:bootstrappers';
const EXTRA_GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

export interface BootstrapTokensOptions {
  readonly secrets: TokenSubjects<Secret>;
  readonly apiAudiences: readonly string[];
  readonly clock: Clock;
}

/** Takes the same time wherever the first difference is. */
function same(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ (b.charCodeAt(i) || 0);
  return difference === 0;
}

export class BootstrapTokens implements TokenAuthenticator {
  readonly #options: BootstrapTokensOptions;

  constructor(options: BootstrapTokensOptions) {
    this.#options = options;
  }

  async authenticateToken(token: string, asked: readonly string[]): Promise<TokenAuthentication> {
    const [, id, secret] = TOKEN.exec(token) ?? [];
    if (id === undefined || secret === undefined) return none;
    const { secrets, apiAudiences } = this.#options;
    const found = await secrets.find('kube-system', BOOTSTRAP_TOKEN_PREFIX + id);
    const groups = found && this.#groupsOf(found, { id, secret });
    const audiences = forApi(apiAudiences, asked);
    if (groups === undefined || audiences.length === 0) return none;
    return { type: 'user', user: { name: `system:bootstrap:${id}`, groups }, audiences };
  }

  /** Undefined unless the Secret is one of a token, of this token, and still good for this. */
  #groupsOf(
    found: Secret,
    token: { readonly id: string; readonly secret: string },
  ): readonly string[] | undefined {
    const held = bootstrapTokenOf(found);
    if (held === undefined || found.metadata.deletionTimestamp) return undefined;
    if (held.id !== token.id || !same(token.secret, held.secret)) return undefined;
    if (!held.isFor('authentication') || held.endMs <= this.#options.clock.now()) return undefined;
    const { extraGroups } = held;
    return extraGroups.every((group) => EXTRA_GROUP.test(group))
      ? [...new Set([GROUP, ...extraGroups])].sort()
      : undefined;
  }
}
