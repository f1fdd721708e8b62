/** What a server asks of TLS connections beyond a certificate of the right CA. */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

export interface TlsTerms {
  /** Default: TLSv1.2. */
  readonly minVersion?: TlsVersion;
  readonly maxVersion?: TlsVersion;
  /** OpenSSL's names, with colons between them. */
  readonly ciphers?: string;
  /** Serial numbers of certificates that are no longer taken: upper-case hex. */
  readonly revoked?: readonly string[];
  /** A client's certificate must carry one of them. */
  readonly commonNames?: readonly string[];
  /** A client's certificate must be good for one of them. */
  readonly hostnames?: readonly string[];
}

/** A connection that was not taken; the reason is a sentence for the log. */
export interface RefusedConnection {
  /** `10.0.0.1:40000` */
  readonly address: string;
  /** What the client asked for (SNI); empty if for nothing. */
  readonly serverName: string;
  readonly reason: string;
}
