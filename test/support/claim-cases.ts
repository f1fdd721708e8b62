/** What settings of an issuer make of the claims of its tokens, as kube-apiserver answers it. */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { JwtSettings } from '../../apiserver/authn/jwt/settings.ts';
import type { Lifecycle } from '../../platform/lifecycle.ts';
import { realTokenKeys } from '../../platform/node/crypto/token-keys.ts';
import { newCa, startHttps } from './https-server.ts';

type Mapped = Pick<JwtSettings, 'claimMappings' | 'claimValidationRules' | 'userValidationRules'>;

const username = { claim: 'sub', prefix: '' };

const claimSettings = {
  named: {
    claimMappings: {
      username: { claim: 'sub', prefix: 'u:' },
      groups: { claim: 'groups', prefix: 'g:' },
      uid: { claim: 'uid' },
    },
    claimValidationRules: [{ claim: 'tenant', requiredValue: 'acme' }],
  },
  email: { claimMappings: { username: { claim: 'email', prefix: '' } } },
  expressed: {
    claimMappings: {
      username: { expression: 'claims.name' },
      groups: { expression: 'claims.roles' },
      uid: { expression: 'claims.?uid.orValue("none")' },
      extra: [
        { key: 'example.com/a', valueExpression: 'claims.?a.orValue("")' },
        { key: 'example.com/b', valueExpression: 'claims.?b.orValue([])' },
      ],
    },
    claimValidationRules: [
      { expression: 'claims.exp - claims.iat <= 86400', message: 'too long' },
      { expression: 'claims.level == 3' },
    ],
    userValidationRules: [
      { expression: "!user.username.startsWith('system:')", message: 'reserved' },
      { expression: 'user.groups.all(g, g != "evil")' },
      { expression: '!("example.com/a" in user.extra) || user.extra["example.com/a"][0] != "x"' },
    ],
  },
  odd: {
    claimMappings: {
      username: { expression: 'claims.example__dot__com__slash__name' },
      groups: { expression: 'claims.deep.a__dash__b' },
      uid: { expression: 'string(claims.number + 1.5)' },
    },
  },
  sums: { claimMappings: { username, uid: { expression: 'string(claims.number + 1)' } } },
  mapped: {
    claimMappings: {
      username,
      groups: { expression: 'dyn(claims.all).map(x, x + "!")' },
    },
  },
} satisfies Readonly<Record<string, Mapped>>;

const jane = { sub: 'jane', groups: ['dev'], uid: '1', tenant: 'acme' };
const named = { name: 'jane', roles: ['dev', ''], level: 3 };
const odd = { 'example.com/name': 'jane', deep: { 'a-b': ['x'] }, number: 2 };

/** Settings, claims. Every token has `iat`, and ends an hour after it. */
const cases: readonly (readonly [keyof typeof claimSettings, object])[] = [
  ['named', jane],
  ['named', { ...jane, jti: 'abc' }],
  ['named', { ...jane, jti: 7 }],
  ['named', { ...jane, groups: 'dev' }],
  ['named', { ...jane, groups: '' }],
  ['named', { ...jane, groups: null }],
  ['named', { ...jane, groups: undefined }],
  ['named', { ...jane, groups: 7 }],
  ['named', { ...jane, groups: ['a', 7] }],
  ['named', { ...jane, groups: {} }],
  ['named', { ...jane, sub: undefined }],
  ['named', { ...jane, sub: 7 }],
  ['named', { ...jane, sub: ['jane'] }],
  ['named', { ...jane, uid: undefined }],
  ['named', { ...jane, uid: true }],
  ['named', { ...jane, tenant: 'evil' }],
  ['named', { ...jane, tenant: undefined }],
  ['named', { ...jane, tenant: ['acme'] }],
  ['email', { email: 'a@b' }],
  ['email', { email: 'a@b', email_verified: true }],
  ['email', { email: 'a@b', email_verified: false }],
  ['email', { email: 'a@b', email_verified: null }],
  ['email', { email: 'a@b', email_verified: 'true' }],
  ['email', { email: 'a@b', email_verified: 1 }],
  ['expressed', named],
  ['expressed', { ...named, a: 'one', b: ['two', '', 'three'], uid: 'u' }],
  ['expressed', { ...named, name: '' }],
  ['expressed', { ...named, name: 7 }],
  ['expressed', { ...named, name: undefined }],
  ['expressed', { ...named, roles: undefined }],
  ['expressed', { ...named, roles: null }],
  ['expressed', { ...named, roles: 'one' }],
  ['expressed', { ...named, roles: '' }],
  ['expressed', { ...named, roles: 7 }],
  ['expressed', { ...named, roles: ['a', 7] }],
  ['expressed', { ...named, roles: ['evil'] }],
  ['expressed', { ...named, roles: { a: 1 } }],
  ['expressed', { ...named, uid: 7 }],
  ['expressed', { ...named, a: 7 }],
  ['expressed', { ...named, a: 'x' }],
  ['expressed', { ...named, level: 2 }],
  ['expressed', { ...named, level: '3' }],
  ['expressed', { ...named, level: undefined }],
  ['expressed', { ...named, iat: 'never' }],
  ['expressed', { ...named, iat: 1 }],
  ['expressed', { ...named, name: 'system:admin' }],
  ['odd', odd],
  ['odd', { ...odd, deep: { 'a-b': 'x' } }],
  ['odd', { ...odd, deep: [] }],
  ['odd', { ...odd, number: '2' }],
  ['sums', { sub: 'jane', number: 2 }],
  ['mapped', { sub: 'jane', all: ['a', 'b'] }],
  ['mapped', { sub: 'jane', all: 'a' }],
  ['mapped', { sub: 'jane', all: [1] }],
];

/** Of a TokenReview, but for the group that every user is in. */
export interface ClaimAnswer {
  readonly user?: object;
  readonly error?: string;
}

export interface ClaimCase {
  readonly title: string;
  readonly settings: string;
  readonly claims: object;
  readonly answer: ClaimAnswer;
}

const answers = readFileSync(new URL('claim-answers.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as ClaimAnswer);

export const claimCases: readonly ClaimCase[] = cases.map(([settings, claims], i) => ({
  title: `${settings} ${JSON.stringify(claims)}`,
  settings,
  claims,
  answer: answers[i]!,
}));

export interface ClaimIssuers {
  /** An AuthenticationConfiguration that names them. */
  readonly configuration: string;
  /** A TokenReview of a token of the issuer with these settings. */
  review(one: ClaimCase): object;
}

/** One issuer for each of the settings. */
export async function startClaimIssuers(parts: Lifecycle): Promise<ClaimIssuers> {
  const ca = newCa();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = realTokenKeys.signing(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
  const url: string = await startHttps(parts, ca, {
    answer({ path }) {
      if (path === '/keys') return { body: { keys: [key.jwk] } };
      return { body: { issuer: `${url}/${path.split('/')[1]}`, jwks_uri: `${url}/keys` } };
    },
  });
  const jwt = Object.entries(claimSettings).map(([name, settings]) => ({
    issuer: { url: `${url}/${name}`, audiences: ['api'], certificateAuthority: ca.certificate },
    ...settings,
  }));
  const kind = 'AuthenticationConfiguration';
  const iat = Math.floor(Date.now() / 1000);
  return {
    configuration: JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind, jwt }),
    review({ settings, claims }) {
      const always = { iss: `${url}/${settings}`, aud: 'api', iat, exp: iat + 3_600 };
      return {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token: key.sign({ ...always, ...claims }) },
      };
    },
  };
}

/** What a TokenReview's status says, as answers are recorded. */
export function claimAnswer(status: ClaimAnswer): ClaimAnswer {
  if (status.error !== undefined) return { error: status.error };
  const { groups, ...user } = status.user as { readonly groups?: readonly string[] };
  const own = groups?.filter((group) => group !== 'system:authenticated') ?? [];
  return { user: { ...user, groups: own } };
}
