import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import type {
  Claims,
  Jwk,
  SigningKey,
  TokenKeys,
  VerificationKey,
} from '../../crypto/token-keys.ts';

const curves: Readonly<Record<string, string>> = {
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
};

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function decode(text: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Claims)
      : undefined;
  } catch {
    return undefined;
  }
}

function algorithmOf(key: JsonWebKey): string | undefined {
  return key.kty === 'RSA' ? 'RS256' : key.kty === 'EC' ? curves[key.crv ?? ''] : undefined;
}

const hashOf = (algorithm: string): string => `sha${algorithm.slice(2)}`;

/** Kubernetes' key ids: the hash of the public key as it stands in certificates. */
function keyIdOf(key: KeyObject): string {
  const der = key.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('base64url');
}

/** Of every method that takes the same keys. */
const methodsWith = (algorithm: string): readonly string[] =>
  algorithm === 'RS256'
    ? ['RS', 'PS'].flatMap((family) => ['256', '384', '512'].map((size) => family + size))
    : [algorithm];

/** Readers of base64 pass over what is none; one token has one text. */
const FORM = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

function verificationKey(
  key: KeyObject,
  own: {
    readonly keyId?: string;
    readonly methods?: (algorithm: string) => readonly string[];
  } = {},
): VerificationKey {
  const exported = key.export({ format: 'jwk' });
  const algorithm = algorithmOf(exported);
  if (algorithm === undefined) throw new Error('a key of RSA, P-256, P-384 or P-521 is needed');
  const keyId = own.keyId ?? keyIdOf(key);
  const methods = own.methods?.(algorithm) ?? [algorithm];
  const { kty = '', n, e, crv, x, y } = exported;
  const parts = Object.entries({ n, e, crv, x, y }).filter(([, value]) => value !== undefined);
  const jwk = { use: 'sig', kty, kid: keyId, alg: algorithm, ...Object.fromEntries(parts) } as Jwk;
  return {
    keyId,
    algorithm,
    jwk,
    verify(token) {
      if (!FORM.test(token)) return undefined;
      const [head, claims, signature] = token.split('.') as [string, string, string];
      // Which methods there are is the key's to say, never the token's.
      const method = decode(head)?.['alg'];
      if (typeof method !== 'string' || !methods.includes(method)) return undefined;
      const padding = method.startsWith('PS') ? { padding: constants.RSA_PKCS1_PSS_PADDING } : {};
      const valid = verify(
        hashOf(method),
        Buffer.from(`${head}.${claims}`),
        { key, dsaEncoding: 'ieee-p1363', ...padding },
        Buffer.from(signature, 'base64url'),
      );
      return valid ? decode(claims) : undefined;
    },
  };
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g;

function signing(pem: string): SigningKey {
  const secret = createPrivateKey(pem);
  const known = verificationKey(createPublicKey(secret));
  const { keyId, algorithm } = known;
  // Without "typ": Kubernetes' tokens have none.
  const head = encode({ alg: algorithm, kid: keyId });
  return {
    ...known,
    sign(claims) {
      const text = `${head}.${encode(claims)}`;
      const how = { key: secret, dsaEncoding: 'ieee-p1363' as const };
      return `${text}.${sign(hashOf(algorithm), Buffer.from(text), how).toString('base64url')}`;
    },
  };
}

/** Undefined of what is no key: others stand beside it. */
function publishedKey(jwk: JsonWebKey): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}

export const realTokenKeys: TokenKeys = {
  signing,
  verification(pem) {
    const blocks = [...pem.matchAll(BLOCK)].filter(([, name]) => name !== 'EC PARAMETERS');
    if (blocks.length === 0) throw new Error('data does not contain any valid RSA or ECDSA key');
    return blocks.map(([text]) => verificationKey(createPublicKey(text)));
  },
  published(jwk) {
    const { kid, use } = jwk;
    if (algorithmOf(jwk) === undefined || (use !== undefined && use !== 'sig')) return undefined;
    const key = publishedKey(jwk);
    return (
      key &&
      verificationKey(key, {
        methods: methodsWith,
        // One that has no name is meant by tokens that name none.
        keyId: typeof kid === 'string' ? kid : '',
      })
    );
  },
};
