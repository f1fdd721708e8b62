import { constants, createHmac, createPrivateKey, createPublicKey } from 'node:crypto';
import { sign, timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import type { TokenSigner } from '../../crypto/crypto.ts';

export interface JwtKeys {
  /** Of RFC 7518, section 3.1: RS256, PS384, ES512, HS256, EdDSA, … */
  readonly method: string;
  /** PEM; with HS… the shared secret. Absent where tokens are only checked, or only signed. */
  readonly publicKey?: string | undefined;
  readonly privateKey?: string | undefined;
}

interface Method {
  sign(text: string): Buffer;
  verify(text: string, signature: Buffer): boolean;
}

const METHOD = /^(RS|PS|ES|HS)(256|384|512)$/;

function methodOf({ method, publicKey, privateKey }: JwtKeys): Method {
  const [, family, bits] = METHOD.exec(method) ?? [];
  if (family === undefined && method !== 'EdDSA')
    throw new Error(`unknown JWT sign-method ${JSON.stringify(method)}`);
  const hash = `sha${bits}`;
  if (family === 'HS') {
    const secret = privateKey ?? publicKey;
    if (secret === undefined) throw new Error('JWT: a key is needed');
    const mac = (text: string): Buffer => createHmac(hash, secret).update(text).digest();
    return {
      sign: mac,
      verify: (text, signature) => {
        const expected = mac(text);
        return expected.length === signature.length && timingSafeEqual(expected, signature);
      },
    };
  }
  const options = {
    ...(family === 'PS'
      ? {
          padding: constants.RSA_PKCS1_PSS_PADDING,
          saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
        }
      : {}),
    dsaEncoding: 'ieee-p1363' as const,
  };
  const secret = privateKey === undefined ? undefined : createPrivateKey(privateKey);
  const open = publicKey ?? privateKey;
  if (open === undefined) throw new Error('JWT: a key is needed');
  const known: KeyObject = createPublicKey(open);
  const algorithm = family === undefined ? null : hash;
  return {
    sign: (text) => {
      if (secret === undefined) throw new Error('JWT: there is no private key to sign with');
      return sign(algorithm, Buffer.from(text), { key: secret, ...options });
    },
    verify: (text, signature) =>
      verify(algorithm, Buffer.from(text), { key: known, ...options }, signature),
  };
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function decode(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Throws for a method or a key that cannot be used. */
export function jwtSigner(keys: JwtKeys): TokenSigner {
  const method = methodOf(keys);
  const header = encode({ alg: keys.method, typ: 'JWT' });
  return {
    sign(claims) {
      const text = `${header}.${encode(claims)}`;
      return `${text}.${method.sign(text).toString('base64url')}`;
    },
    verify(token) {
      const [head, claims, signature, ...rest] = token.split('.');
      if (signature === undefined || rest.length > 0) return undefined;
      // The method is ours to choose, never the token's.
      if (decode(head!)?.['alg'] !== keys.method) return undefined;
      const valid = method.verify(`${head}.${claims}`, Buffer.from(signature, 'base64url'));
      return valid ? decode(claims!) : undefined;
    },
  };
}
