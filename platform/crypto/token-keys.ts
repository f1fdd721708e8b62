/** Keys of JSON web tokens (RFC 7515) that name themselves, as JWKS (RFC 7517) publishes them. */

/** A public key: the fields of RFC 7517 and 7518. */
export type Jwk = Readonly<Record<string, string>>;

export type Claims = Readonly<Record<string, unknown>>;

export interface VerificationKey {
  /** As tokens name it in their header. */
  readonly keyId: string;
  /** "RS256", "ES256", "ES384", "ES512": what it signs with. */
  readonly algorithm: string;
  readonly jwk: Jwk;
  /** Undefined unless this key signed the token. Expiry is the caller's to judge. */
  verify(token: string): Claims | undefined;
}

export interface SigningKey extends VerificationKey {
  sign(claims: Claims): string;
}

/** The effect. Methods throw an Error that says what is wrong with the text. */
export interface TokenKeys {
  /** The one private key of a PEM file. */
  signing(pem: string): SigningKey;
  /** Every public key of a PEM file, and those of its private keys and certificates. */
  verification(pem: string): readonly VerificationKey[];
  /**
   * A key that an issuer publishes; undefined for one that signs no tokens that are known here, and
   * for what is no key. It proves tokens of every method for such keys: RS256 to 512 and PS256 to
   * 512 for RSA.
   */
  published(jwk: Readonly<Record<string, unknown>>): VerificationKey | undefined;
}
