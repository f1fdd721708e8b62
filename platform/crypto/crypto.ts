/** Cryptography as an effect. The real one is `platform/node/crypto/crypto.ts`. */

export interface IncrementalHash {
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

/** Signs and checks JSON web tokens (RFC 7519) with the keys it was made for. */
export interface TokenSigner {
  /** Throws if it has no key to sign with. */
  sign(claims: Readonly<Record<string, unknown>>): string;
  /** Undefined unless the signature is right. Expiry is the caller's to judge. */
  verify(token: string): Readonly<Record<string, unknown>> | undefined;
}

export interface Crypto {
  sha256(): IncrementalHash;
  /** bcrypt, off the event loop. Rejects for a cost outside 4 … 31. */
  hashPassword(password: string, cost: number): Promise<string>;
  /** False also for a text that is no bcrypt hash. */
  passwordMatches(password: string, hash: string): Promise<boolean>;
}

function unavailable(): never {
  throw new Error('this store was started without cryptography');
}

/** For members that never copy themselves nor have users. */
export const noCrypto: Crypto = {
  sha256: unavailable,
  hashPassword: unavailable,
  passwordMatches: unavailable,
};
