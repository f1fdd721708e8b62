/**
 * Service accounts' tokens as nobody issues them, and what a TokenReview of kube-apiserver 1.34.1
 * says about each. All but the forged ones are signed by a key that the server knows.
 */
import { createHmac, type KeyObject, sign } from 'node:crypto';

type Json = Readonly<Record<string, unknown>>;

/** What tokens are about: a server that has these objects, and the keys' public halves. */
export interface TokenScene {
  readonly issuer: string;
  /** Of P-256. */
  readonly key: KeyObject;
  readonly keyId: string;
  readonly publicPem: string;
  readonly otherKeyId: string;
  /** Of ServiceAccount `bot`, Pod `web` and Secret `s` in `default`, and Node `n1`. */
  readonly uids: Readonly<Record<'bot' | 'web' | 's' | 'n1', string>>;
  readonly nowSeconds: number;
}

export interface OddToken {
  readonly title: string;
  readonly make: (scene: TokenScene) => string;
  /** `$bot` is an uid. Undefined: the token is good. */
  readonly refused?: string;
}

const encoded = (text: string): string => Buffer.from(text).toString('base64url');

function claimsOf({ issuer, nowSeconds: now, uids }: TokenScene): Json {
  const account = { namespace: 'default', serviceaccount: { name: 'bot', uid: uids.bot } };
  const times = { exp: now + 3_600, iat: now, nbf: now };
  const registered = { aud: ['api'], ...times, iss: issuer, jti: 'j1' };
  return { ...registered, sub: 'system:serviceaccount:default:bot', 'kubernetes.io': account };
}

function signed(scene: TokenScene, head: string, claims: string): string {
  const text = `${encoded(head)}.${encoded(claims)}`;
  const how = { key: scene.key, dsaEncoding: 'ieee-p1363' as const };
  return `${text}.${sign('sha256', Buffer.from(text), how).toString('base64url')}`;
}

const headOf = ({ keyId }: TokenScene): Json => ({ alg: 'ES256', kid: keyId });

type OfScene<T> = (scene: TokenScene) => T;

/** With other claims. */
const saying = (title: string, more: OfScene<Json>, refused?: string): OddToken => ({
  title,
  make: (scene) =>
    signed(
      scene,
      JSON.stringify(headOf(scene)),
      JSON.stringify({ ...claimsOf(scene), ...more(scene) }),
    ),
  ...(refused !== undefined && { refused }),
});

/** With the claim "kubernetes.io" changed. */
const about = (title: string, more: OfScene<Json>, refused?: string): OddToken =>
  saying(
    title,
    (scene) => ({
      'kubernetes.io': { ...(claimsOf(scene)['kubernetes.io'] as Json), ...more(scene) },
    }),
    refused,
  );

/** With claims whose text is changed. */
const written = (title: string, change: (text: string) => string, refused?: string): OddToken => ({
  title,
  make: (scene) =>
    signed(scene, JSON.stringify(headOf(scene)), change(JSON.stringify(claimsOf(scene)))),
  ...(refused !== undefined && { refused }),
});

/** With another header. */
const headed = (title: string, head: OfScene<Json | string>, refused?: string): OddToken => ({
  title,
  make: (scene) => {
    const made = head(scene);
    const text = typeof made === 'string' ? made : JSON.stringify(made);
    return signed(scene, text, JSON.stringify(claimsOf(scene)));
  },
  ...(refused !== undefined && { refused }),
});

const forged = (
  title: string,
  head: Json,
  signature: (text: string, scene: TokenScene) => string,
): OddToken => ({
  title,
  make: (scene) => {
    const parts = [{ ...headOf(scene), ...head }, claimsOf(scene)];
    const text = parts.map((part) => encoded(JSON.stringify(part))).join('.');
    return `${text}.${signature(text, scene)}`;
  },
  refused: `[invalid bearer token, ${CRYPTO}]`,
});

const CRYPTO = 'go-jose/go-jose: error in cryptographic primitive';
const NONE = 'invalid bearer token';
const because = (why: string): string => `[${NONE}, ${why}]`;
const DATE = because('go-jose/go-jose/jwt: expected number value to unmarshal NumericDate');
const AUDIENCE = because(
  'go-jose/go-jose/jwt: expected string or array value to unmarshal to Audience',
);
const GONE = because('service account token has been invalidated');
const typed = (given: string, type = 'string'): string =>
  because(`json: cannot unmarshal ${given} into Go value of type ${type}`);
const foreign = (audiences: string): string =>
  because(`token audiences [${audiences}] is invalid for the target audiences ["api"]`);
const hmac = (text: string, { publicPem }: TokenScene): string =>
  createHmac('sha256', publicPem).update(text).digest('base64url');

const signatures: readonly OddToken[] = [
  forged('no algorithm', { alg: 'none' }, () => ''),
  forged('HS256 with the public key', { alg: 'HS256' }, hmac),
  forged('HS256 with the public key, said to be ES256', {}, hmac),
  forged('a signature of nothing', {}, () => 'AAAA'),
  headed(
    'a key’s name that nobody has',
    () => ({ alg: 'ES256', kid: 'x' }),
    because('invalid signature, no keys found'),
  ),
  headed(
    'another key’s name',
    ({ otherKeyId }) => ({ alg: 'ES256', kid: otherKeyId }),
    because(CRYPTO),
  ),
  headed('no key’s name', () => ({ alg: 'ES256' })),
  headed('an empty key’s name', () => ({ alg: 'ES256', kid: '' })),
  headed('a number for a key’s name', () => ({ alg: 'ES256', kid: 7 }), NONE),
  headed('the algorithm twice', () => '{"alg":"none","alg":"ES256"}', NONE),
  headed(
    'what its reader must know',
    (scene) => ({ ...headOf(scene), crit: ['exp'], exp: 1 }),
    because(CRYPTO),
  ),
  headed(
    'a body that is not base64',
    (s) => ({ ...headOf(s), b64: false, crit: ['b64'] }),
    because(CRYPTO),
  ),
  headed('a list for a header', () => '[]', NONE),
];

const registered: readonly OddToken[] = [
  saying('another issuer', () => ({ iss: 'https://other.example' }), NONE),
  saying('no issuer', () => ({ iss: undefined }), NONE),
  saying('a number for an issuer', () => ({ iss: 7 }), NONE),
  written(
    'the issuer twice',
    (text) => text.replace('"iss":', '"iss":"x","iss":'),
    because("json: duplicate key 'iss' in object"),
  ),
  written(
    'its end twice',
    (text) => text.replace('"exp":', '"exp":1,"exp":'),
    because("json: duplicate key 'exp' in object"),
  ),
  saying('an audience of others', () => ({ aud: ['other'] }), foreign('"other"')),
  saying('an empty audience', () => ({ aud: '' }), foreign('""')),
  saying('one audience', () => ({ aud: 'api' })),
  saying('no audience', () => ({ aud: undefined })),
  saying('no audiences', () => ({ aud: [] })),
  saying('null for audiences', () => ({ aud: null }), AUDIENCE),
  saying('a number among audiences', () => ({ aud: ['api', 5] }), AUDIENCE),
  saying('an end within the leeway', ({ nowSeconds }) => ({ exp: nowSeconds - 30 })),
  saying(
    'an end',
    ({ nowSeconds }) => ({ exp: nowSeconds - 90 }),
    because('service account token has expired'),
  ),
  saying('no end', () => ({ exp: undefined })),
  saying('null for an end', () => ({ exp: null })),
  saying('a text for an end', () => ({ exp: '4102444800' }), DATE),
  written(
    'an end after all times',
    (text) => text.replace(/"exp":\d+/, '"exp":1e300'),
    because('service account token has expired'),
  ),
  written('an end that is no number', (text) => text.replace(/"exp":\d+/, '"exp":1e400'), DATE),
  saying('a beginning within the leeway', ({ nowSeconds }) => ({ nbf: nowSeconds + 30 })),
  saying(
    'a beginning to come',
    ({ nowSeconds }) => ({ nbf: nowSeconds + 120 }),
    because('service account token is not valid yet'),
  ),
  saying(
    'an issue to come',
    ({ nowSeconds }) => ({ iat: nowSeconds + 120 }),
    because('service account token is issued in the future'),
  ),
  saying('a number for its name', () => ({ jti: 5 }), typed('number')),
  saying('another subject', () => ({ sub: 'system:serviceaccount:kube-system:admin' })),
];

const ofObjects: readonly OddToken[] = [
  saying(
    'a text for an account',
    () => ({ 'kubernetes.io': 'x' }),
    typed('string', 'serviceaccount.kubernetes'),
  ),
  about(
    'an account that is not there',
    () => ({ serviceaccount: { name: 'x', uid: 'u' } }),
    because('serviceaccounts "x" not found'),
  ),
  about(
    'an account of another namespace',
    () => ({ namespace: 'kube-system' }),
    because('serviceaccounts "bot" not found'),
  ),
  about(
    'an account’s former life',
    () => ({ serviceaccount: { name: 'bot', uid: 'u' } }),
    because('service account UID ($bot) does not match claim (u)'),
  ),
  about(
    'an account without a uid',
    () => ({ serviceaccount: { name: 'bot' } }),
    because('service account UID ($bot) does not match claim ()'),
  ),
  about('a pod', ({ uids }) => ({ pod: { name: 'web', uid: uids.web } })),
  about('a pod and a node that never was', ({ uids }) => ({
    pod: { name: 'web', uid: uids.web },
    node: { name: 'x', uid: 'u' },
  })),
  about('a pod that is not there', () => ({ pod: { name: 'x', uid: 'u' } }), GONE),
  about(
    'a pod without a uid',
    () => ({ pod: { name: 'web' } }),
    because('pod UID ($web) does not match service account pod ref claim ()'),
  ),
  about('a pod without anything', () => ({ pod: {} }), GONE),
  about('a text for a pod', () => ({ pod: 'web' }), typed('string', 'serviceaccount.ref')),
  about('a secret', ({ uids }) => ({ secret: { name: 's', uid: uids.s } })),
  about(
    'a secret without a uid',
    () => ({ secret: { name: 's' } }),
    because('secret UID ($s) does not match service account secret ref claim ()'),
  ),
  about('a node', ({ uids }) => ({ node: { name: 'n1', uid: uids.n1 } })),
  about(
    'a node’s former life',
    () => ({ node: { name: 'n1', uid: 'u' } }),
    because('node UID ($n1) does not match service account node ref claim (u)'),
  ),
  about('a node without anything', () => ({ node: {} }), GONE),
];

export const oddTokens: readonly OddToken[] = [...signatures, ...registered, ...ofObjects];

/** With the uids of this scene. */
export const refusalOf = ({ refused }: OddToken, { uids }: TokenScene): string | undefined =>
  refused?.replace(/\$(bot|web|s|n1)\b/g, (_, name: keyof typeof uids) => uids[name]);
