/** Flags about TLS, between members and with clients. */
import { InvalidArgumentError } from 'commander';
import { cipherNames } from './cipher-suites.ts';
import { boolean, list, natural, type Row } from './flag-values.ts';

type TlsVersion = 'TLS1.2' | 'TLS1.3';

export interface TlsFlags {
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly clientCertAuth: boolean;
  readonly trustedCaFile?: string;
  readonly clientCrlFile?: string;
  readonly clientCertAllowedHostname?: readonly string[];
  readonly autoTls: boolean;
  readonly peerCertFile?: string;
  readonly peerKeyFile?: string;
  readonly peerClientCertFile?: string;
  readonly peerClientKeyFile?: string;
  readonly peerClientCertAuth: boolean;
  readonly peerTrustedCaFile?: string;
  readonly peerCrlFile?: string;
  readonly peerCertAllowedCn?: readonly string[];
  readonly peerCertAllowedHostname?: readonly string[];
  readonly peerAutoTls: boolean;
  /** Years. */
  readonly selfSignedCertValidity: number;
  /** OpenSSL's names, with colons between them. */
  readonly cipherSuites?: string;
  readonly tlsMinVersion: TlsVersion;
  readonly tlsMaxVersion?: TlsVersion;
}

function version(text: string): TlsVersion {
  if (text === 'TLS1.2' || text === 'TLS1.3') return text;
  throw new InvalidArgumentError(
    `unexpected TLS version ${JSON.stringify(text)} (must be one of: TLS1.2, TLS1.3).`,
  );
}

/** Undefined if there are none: as if the flag was not given. */
function names(text: string): string[] | undefined {
  const found = list(text);
  return found.length === 0 ? undefined : found;
}

function ciphers(text: string): string | undefined {
  const suites = names(text);
  return suites === undefined ? undefined : cipherNames(suites).join(':');
}

export const tlsRows: readonly Row[] = [
  { flags: '--cert-file <file>', text: 'serving certificate of https URLs' },
  { flags: '--key-file <file>', text: "the serving certificate's key" },
  {
    flags: '--client-cert-auth [true|false]',
    text: 'ask clients for a certificate of the trusted CA',
    parse: boolean,
    fallback: false,
  },
  { flags: '--trusted-ca-file <file>', text: 'CA of client certificates' },
  {
    flags: '--client-crl-file <file>',
    text: 'revoked certificates, whose clients are not taken: PEM or DER',
  },
  {
    flags: '--client-cert-allowed-hostname <names>',
    text: 'one of which certificates of clients must be good for',
    parse: names,
  },
  {
    flags: '--auto-tls [true|false]',
    text: 'make a certificate for https URLs that have none',
    parse: boolean,
    fallback: false,
  },
  { flags: '--peer-cert-file <file>', text: 'certificate among members, of https URLs' },
  { flags: '--peer-key-file <file>', text: "the peer certificate's key" },
  {
    flags: '--peer-client-cert-file <file>',
    text: 'certificate shown to other members that are called (default: that of --peer-cert-file)',
  },
  { flags: '--peer-client-key-file <file>', text: "that certificate's key" },
  {
    flags: '--peer-client-cert-auth [true|false]',
    text: 'ask other members for a certificate of the peer CA',
    parse: boolean,
    fallback: false,
  },
  { flags: '--peer-trusted-ca-file <file>', text: 'CA of the members' },
  {
    flags: '--peer-crl-file <file>',
    text: 'revoked certificates, whose members are not taken: PEM or DER',
  },
  {
    flags: '--peer-cert-allowed-cn <names>',
    text: 'one of which certificates of other members must have as common name',
    parse: names,
  },
  {
    flags: '--peer-cert-allowed-hostname <names>',
    text: 'one of which certificates of other members must be good for',
    parse: names,
  },
  {
    flags: '--peer-auto-tls [true|false]',
    text: 'make a certificate for peer URLs that have none',
    parse: boolean,
    fallback: false,
  },
  {
    flags: '--self-signed-cert-validity <years>',
    text: 'how long it is good for',
    parse: natural,
    fallback: 1,
  },
  {
    flags: '--cipher-suites <names>',
    text: 'of TLS 1.2 that are spoken (default: those of Node.js)',
    parse: ciphers,
  },
  {
    flags: '--tls-min-version <version>',
    text: 'TLS1.2 or TLS1.3',
    parse: (text) => version(text || 'TLS1.2'),
    fallback: 'TLS1.2',
  },
  {
    flags: '--tls-max-version <version>',
    text: 'TLS1.2 or TLS1.3 (default: the latest)',
    parse: (text) => (text === '' ? undefined : version(text)),
  },
];
