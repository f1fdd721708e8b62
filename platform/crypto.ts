/** Cryptography as an effect. The real one is `platform/node/crypto.ts`. */

export interface IncrementalHash {
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
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
