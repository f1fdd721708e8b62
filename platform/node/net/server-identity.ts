import { isIP } from 'node:net';
import { checkServerIdentity, type ConnectionOptions } from 'node:tls';

/**
 * Whom a TLS client wants to reach: what it sends, and what the server's certificate must have.
 * An address is checked and not sent (RFC 6066, section 3; Node.js 26 throws if it were), as
 * Go's crypto/tls does it.
 */
export function serverIdentity(name: string): ConnectionOptions {
  if (isIP(name) === 0) return { servername: name };
  return { servername: '', checkServerIdentity: (_, found) => checkServerIdentity(name, found) };
}
