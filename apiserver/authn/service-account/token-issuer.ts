import { statusError } from '../../../api/status.ts';
import { formatTime } from '../../../api/time.ts';
import type {
  BoundObjectReference,
  TokenRequestSpec,
} from '../../../api/types/authentication-v1.ts';
import type { ServiceAccount } from '../../../api/types/core-v1.ts';
import type { Clock } from '../../../platform/clock.ts';
import { type Random, uuid } from '../../../platform/random.ts';
import type { SigningKey } from '../../../platform/crypto/token-keys.ts';
import type { AccountObjects } from './accounts.ts';
import {
  type AccountClaim,
  accountUser,
  type NodeName,
  type ObjectName,
  type TokenClaims,
} from './claims.ts';

export interface TokenIssuerOptions {
  readonly objects: AccountObjects;
  readonly key: SigningKey;
  readonly issuer: string;
  readonly apiAudiences: readonly string[];
  /** 0: whatever is asked for. */
  readonly maxExpirationSeconds: number;
  /** Tokens that clients of old never renew last a year, and tell when they should have gone. */
  readonly extendExpiration: boolean;
  readonly clock: Clock;
  readonly random: Random;
}

/** What kubelets ask for volumes that are there by default: the mark of a client of old. */
const EXTENDED_FROM_SECONDS = 3_607;
const EXTENDED_TO_SECONDS = 365 * 24 * 3_600;
const DEFAULT_SECONDS = 3_600;

export interface IssuedToken {
  readonly token: string;
  readonly expirationTimestamp: string;
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  /** Of the token, by which the audit log knows it. */
  readonly id: string;
  readonly warning?: string;
}

type Bound = Pick<AccountClaim, 'pod' | 'secret' | 'node'>;

/** TokenRequest: tokens for an account, for a time, for somebody, bound to something. */
export class TokenIssuer {
  readonly #options: TokenIssuerOptions;

  constructor(options: TokenIssuerOptions) {
    this.#options = options;
  }

  async issue(account: ServiceAccount, spec: Partial<TokenRequestSpec>): Promise<IssuedToken> {
    const { apiAudiences, clock, random, key, issuer } = this.#options;
    const { namespace = '', name = '', uid = '' } = account.metadata;
    const asked = spec.audiences ?? [];
    const audiences = asked.length === 0 ? apiAudiences : asked;
    const bound = await this.#bind(account, spec.boundObjectRef);
    const { seconds, warning } = this.#lifetime(spec.expirationSeconds ?? DEFAULT_SECONDS);
    const iat = Math.floor(clock.now() / 1000);
    const extended =
      this.#options.extendExpiration &&
      bound.pod !== undefined &&
      seconds === EXTENDED_FROM_SECONDS &&
      audiences.every((audience) => apiAudiences.includes(audience));
    const own: AccountClaim = {
      namespace,
      ...bound,
      serviceaccount: { name, uid },
      ...(extended ? { warnafter: iat + seconds } : {}),
    };
    const id = uuid(random, 'token id');
    const claims: TokenClaims = {
      aud: audiences,
      exp: iat + (extended ? EXTENDED_TO_SECONDS : seconds),
      iat,
      iss: issuer,
      jti: id,
      'kubernetes.io': own,
      nbf: iat,
      sub: accountUser(namespace, name),
    };
    return {
      token: key.sign({ ...claims }),
      expirationTimestamp: formatTime((iat + seconds) * 1000),
      audiences,
      expirationSeconds: seconds,
      id,
      ...(warning === undefined ? {} : { warning }),
    };
  }

  #lifetime(asked: number): { readonly seconds: number; readonly warning?: string } {
    const { maxExpirationSeconds: most } = this.#options;
    if (most === 0 || asked <= most) return { seconds: asked };
    const warning = `requested expiration of ${asked} seconds shortened to ${most} seconds`;
    return { seconds: most, warning };
  }

  async #bind(account: ServiceAccount, ref: BoundObjectReference | undefined): Promise<Bound> {
    if (ref === undefined) return {};
    const { objects } = this.#options;
    const { namespace = '' } = account.metadata;
    const name = ref.name ?? '';
    const { apiVersion = '', kind = '' } = ref;
    // Of any version of the core group.
    switch (apiVersion.includes('/') ? '' : kind) {
      case 'Pod': {
        const pod = await objects.pods.find(namespace, name, true);
        if (pod === undefined) throw notFound('pods', name);
        if (pod.spec.serviceAccountName !== account.metadata.name)
          throw statusError(
            'BadRequest',
            `cannot bind token for serviceaccount ${JSON.stringify(account.metadata.name)} ` +
              'to pod running with different serviceaccount name.',
          );
        const node = await this.#nodeOf(pod.spec.nodeName);
        return { pod: same(ref, name, pod.metadata.uid), ...(node === undefined ? {} : { node }) };
      }
      case 'Node': {
        const node = await objects.nodes.find('', name, true);
        if (node === undefined) throw notFound('nodes', name);
        return { node: same(ref, name, node.metadata.uid) };
      }
      case 'Secret': {
        const secret = await objects.secrets.find(namespace, name, true);
        if (secret === undefined) throw notFound('secrets', name);
        return { secret: same(ref, name, secret.metadata.uid) };
      }
      default: {
        const [group, version] = apiVersion.includes('/')
          ? apiVersion.split('/')
          : ['', apiVersion];
        const type = `${group}/${version}, Kind=${kind}`;
        throw statusError('BadRequest', `cannot bind token to object of type ${type}`);
      }
    }
  }

  /** Of one that is gone the name, as in Kubernetes: who inspects the token sees where it was. */
  async #nodeOf(name: string | undefined): Promise<NodeName | undefined> {
    if (!name) return undefined;
    const { nodes } = this.#options.objects;
    const node = (await nodes.find('', name)) ?? (await nodes.find('', name, true));
    const { uid } = node?.metadata ?? {};
    return { name, ...(uid === undefined ? {} : { uid }) };
  }
}

function same(ref: BoundObjectReference, name: string, uid = ''): ObjectName {
  if (!ref.uid || ref.uid === uid) return { name, uid };
  const kind = ref.kind ?? '';
  throw statusError(
    'Conflict',
    `Operation cannot be fulfilled on ${kind} ${JSON.stringify(name)}: the UID in the bound ` +
      `object reference (${ref.uid}) does not match the UID in record. The object might have ` +
      'been deleted and then recreated',
    { name, kind },
  );
}

function notFound(resource: string, name: string): Error {
  const text = `${resource} ${JSON.stringify(name)} not found`;
  return statusError('NotFound', text, { name, kind: resource });
}
