/**
 * What went wrong between us and a webhook, in the words in which Go's client says it: people
 * search for these texts.
 */

import { isIP } from '../../platform/net/ip.ts';

interface SystemError extends Error {
  readonly code?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
  readonly cert?: { readonly subjectaltname?: string };
}

const UNVERIFIED = 'tls: failed to verify certificate: x509: ';
const UNKNOWN_AUTHORITY = `${UNVERIFIED}certificate signed by unknown authority`;

const verification: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  CERT_SIGNATURE_FAILURE: UNKNOWN_AUTHORITY,
  CERT_HAS_EXPIRED: `${UNVERIFIED}certificate has expired or is not yet valid`,
  CERT_NOT_YET_VALID: `${UNVERIFIED}certificate has expired or is not yet valid`,
  INVALID_CA: `${UNVERIFIED}certificate is not authorized to sign other certificates`,
  INVALID_PURPOSE: `${UNVERIFIED}certificate specifies an incompatible key usage`,
};

function dialling(error: SystemError, why: string): string {
  const { address, port } = error;
  if (address === undefined) return `dial tcp: ${why}`;
  const host = address.includes(':') ? `[${address}]` : address;
  return `dial tcp ${host}${port === undefined ? '' : `:${port}`}: ${why}`;
}

/** The names for which a certificate is good, as in "DNS:a, IP Address:127.0.0.1". */
function namesOf(subjectAltName: string, sort: 'DNS' | 'IP Address'): string[] {
  return subjectAltName
    .split(', ')
    .flatMap((name) => (name.startsWith(`${sort}:`) ? [name.slice(sort.length + 1)] : []));
}

/** An address has to be among the addresses, a name among the names. */
function wrongName(error: SystemError, host: string): string {
  const isAddress = isIP(host.replace(/^\[(.*)\]$/, '$1'));
  const names = namesOf(error.cert?.subjectaltname ?? '', isAddress ? 'IP Address' : 'DNS');
  if (names.length > 0)
    return `${UNVERIFIED}certificate is valid for ${names.join(', ')}, not ${host}`;
  return isAddress
    ? `${UNVERIFIED}cannot validate certificate for ${host} because it doesn't contain any IP SANs`
    : `${UNVERIFIED}certificate is not valid for any names, but wanted to match ${host}`;
}

/** `host` is the name that the certificate had to bear. */
export function callFailureText(error: unknown, host: string): string {
  if (!(error instanceof Error)) return String(error);
  const system = error as SystemError;
  const { code } = system;
  switch (code) {
    case undefined:
      return error.message;
    case 'ECONNREFUSED':
      return dialling(system, 'connect: connection refused');
    case 'EHOSTUNREACH':
      return dialling(system, 'connect: no route to host');
    case 'ENETUNREACH':
      return dialling(system, 'connect: network is unreachable');
    case 'ETIMEDOUT':
      return dialling(system, 'i/o timeout');
    case 'ENOTFOUND':
      return `dial tcp: lookup ${system.hostname ?? host}: no such host`;
    case 'EAI_AGAIN':
      return `dial tcp: lookup ${system.hostname ?? host}: server misbehaving`;
    case 'ECONNRESET':
      return error.message === 'aborted' ? 'unexpected EOF' : 'EOF';
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return 'http: server gave HTTP response to HTTPS client';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return wrongName(system, host);
    default:
      if (code.startsWith('HPE_')) return `net/http: HTTP/1.x transport connection broken: ${code}`;
      return verification[code] ?? error.message;
  }
}
