/**
 * Bootstrap tokens (https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/):
 * short-lived secrets in kube-system by which a new node first proves itself.
 */
import { parseTime } from '../../api/time.ts';
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
    const found = await secrets.find('kube-system', `bootstrap-token-${id}`);
    const groups = found && this.#groupsOf(found, { id, secret });
    const audiences = forApi(apiAudiences, asked);
    if (groups === undefined || audiences.length === 0) return none;
    return { type: 'user', user: { name: `system:bootstrap:${id}`, groups }, audiences };
  }

  /** Undefined unless the Secret is one of a token, of this token, and still good for this. */
  #groupsOf(
    { type, metadata, data = {} }: Secret,
    token: { readonly id: string; readonly secret: string },
  ): readonly string[] | undefined {
    const field = (name: string): string => Buffer.from(data[name] ?? '', 'base64').toString();
    if (type !== 'bootstrap.kubernetes.io/token' || metadata.deletionTimestamp) return undefined;
    if (field('token-id') !== token.id || !same(token.secret, field('token-secret')))
      return undefined;
    if (field('usage-bootstrap-authentication') !== 'true') return undefined;
    const expiration = field('expiration');
    const endMs = expiration === '' ? Infinity : parseTime(expiration);
    if (endMs === undefined || endMs <= this.#options.clock.now()) return undefined;
    const extra = field('auth-extra-groups')
      .split(',')
      .filter((group) => group !== '');
    return extra.every((group) => EXTRA_GROUP.test(group)) ? [GROUP, ...extra] : undefined;
  }
}
