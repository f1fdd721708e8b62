/** Certificates (RFC 5280) as an effect: keys are random, signing is slow. Texts are PEM. */

export interface CertificateAndKey {
  readonly certificate: string;
  /** PKCS #8, PKCS #1 if it is RSA, or whatever form the reader of an existing file found. */
  readonly privateKey: string;
}

export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

export interface Subject {
  readonly commonName: string;
  /** Kubernetes reads a client's groups from here. */
  readonly organizations?: readonly string[];
}

export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Names a serving certificate is good for. */
export interface AlternativeNames {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

export interface LeafRequest {
  readonly subject: Subject;
  readonly validity: Validity;
  readonly usage: 'server' | 'client';
  readonly names?: AlternativeNames;
  /** PEM of the key that it is for; a new P-256 key without one. */
  readonly privateKey?: string;
}

/** What a certificate says, as far as Wherry asks. */
export interface CertificateFacts extends Validity {
  readonly isCa: boolean;
}

/** What a certificate request (PKCS #10, RFC 2986) asks for; its signature proves the key. */
export interface CertificateRequestFacts {
  readonly subject: Subject;
  readonly names: AlternativeNames;
  /** Alternative names of other kinds. */
  readonly emails: readonly string[];
  readonly uris: readonly string[];
}

/** Methods that read PEM throw an Error naming what is wrong with it. */
export interface X509 {
  certificateAuthority(subject: Subject, validity: Validity): CertificateAndKey;
  /**
   * The certificate of a CA that signed itself, for another time: with the same key and name, so
   * that whatever it has signed stays good.
   */
  renewed(ca: CertificateAndKey, validity: Validity): string;
  /** A key with a certificate signed by `ca`. */
  issue(request: LeafRequest, ca: CertificateAndKey): CertificateAndKey;
  readRequest(request: string): CertificateRequestFacts;
  /**
   * A certificate for the request's key, subject and alternative names. Usages are Kubernetes':
   * "client auth", "key encipherment".
   */
  signRequest(
    request: string,
    terms: { readonly validity: Validity; readonly usages: readonly string[] },
    ca: CertificateAndKey,
  ): string;
  keyPair(): KeyPair;
  /** A new RSA key of 2048 bits as PKCS #1; other threads make it in a twentieth of a second. */
  rsaKey(): Promise<string>;
  inspect(certificate: string): CertificateFacts;
  /** True if a server with this certificate may go by all of the names. */
  covers(certificate: string, names: AlternativeNames): boolean;
  /** True if the private key belongs to the certificate. */
  keyMatches(pair: CertificateAndKey): boolean;
  /** True if `ca` signed the certificate. Says nothing of validity. */
  issuedBy(certificate: string, ca: string): boolean;
}
