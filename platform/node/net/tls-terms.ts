import {
  checkServerIdentity,
  type DetailedPeerCertificate,
  type PeerCertificate,
  type TLSSocket,
} from 'node:tls';
import type { RefusedConnection, TlsTerms } from '../../net/tls-terms.ts';

/** As options of Node's secure contexts. */
export function protocolOptions({ minVersion = 'TLSv1.2', maxVersion, ciphers }: TlsTerms = {}) {
  return {
    minVersion,
    ...(maxVersion !== undefined && { maxVersion }),
    ...(ciphers !== undefined && { ciphers }),
  };
}

/** Why the client at the other end is not taken, after a handshake that succeeded. */
export function refusalOf(socket: TLSSocket, terms: TlsTerms = {}): string | undefined {
  const { revoked = [], commonNames, hostnames } = terms;
  if (revoked.length > 0) {
    const serial = serialsOf(socket).find((each) => revoked.includes(each));
    if (serial !== undefined) return `certificate serial ${serial.toLowerCase()} revoked`;
  }
  if (commonNames === undefined && hostnames === undefined) return undefined;
  const certificate = socket.getPeerCertificate();
  const called = [certificate.subject?.CN ?? []].flat();
  const isNamed = commonNames?.some((name) => called.includes(name)) ?? false;
  const isGoodFor = hostnames?.some((name) => covers(certificate, name)) ?? false;
  return isNamed || isGoodFor ? undefined : 'client certificate authentication failed';
}

/** By its alternative names: a common name is none of a host. */
const covers = (certificate: PeerCertificate, hostname: string): boolean =>
  certificate.subjectaltname !== undefined &&
  checkServerIdentity(hostname, certificate) === undefined;

/** Of the client's certificate and of those that signed it. */
function serialsOf(socket: TLSSocket): string[] {
  const serials: string[] = [];
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (next?.serialNumber !== undefined && !serials.includes(next.serialNumber)) {
    serials.push(next.serialNumber);
    next = next.issuerCertificate;
  }
  return serials;
}

export function refused(socket: TLSSocket, reason: string): RefusedConnection {
  const {
    remoteAddress = '',
    remotePort = 0,
    servername,
  } = socket as TLSSocket & {
    readonly servername?: string | false;
  };
  return { address: `${remoteAddress}:${remotePort}`, serverName: servername || '', reason };
}
