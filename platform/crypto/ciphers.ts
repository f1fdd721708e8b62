/** Symmetric encryption as an effect: each sealing draws a nonce. */

/** One key of one sort of encryption. */
export interface Cipher {
  /** `context` is bound to the result where the sort can do that (AES-GCM). */
  seal(plain: Uint8Array, context: string): Uint8Array;
  /** Throws for what was not sealed with this key, or was changed since. */
  open(sealed: Uint8Array, context: string): Uint8Array;
}

/** Those of Kubernetes' EncryptionConfiguration. Each throws for a key of a wrong length. */
export interface Ciphers {
  aescbc(key: Uint8Array): Cipher;
  aesgcm(key: Uint8Array): Cipher;
  secretbox(key: Uint8Array): Cipher;
  /**
   * Every value has a key of its own, made of a seed of at least 32 bytes and of 32 random bytes
   * that stand before the value (HKDF-Expand of RFC 5869 with SHA-256; AES-256-GCM).
   */
  seeded(seed: Uint8Array): Cipher;
  /** "sha256:…" in hexadecimal digits. */
  readonly fingerprint: (bytes: Uint8Array | string) => string;
}
