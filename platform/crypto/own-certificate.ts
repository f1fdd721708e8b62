/** Certificates that a server makes for itself, for want of one that it was given. */
import type { Clock } from '../clock.ts';
import type { TlsMaterial } from '../net/http-server.ts';
import type { AlternativeNames, X509 } from './x509.ts';

const DAY_MS = 24 * 3_600_000;
const LIFE_MS = 365 * DAY_MS;
/** One with less left is made anew. */
const RENEW_MS = 30 * DAY_MS;
/** Clocks of clients may be behind ours. */
const BACKDATE_MS = 3_600_000;

export interface OwnCertificate {
  readonly clock: Clock;
  readonly x509: X509;
  readonly commonName: string;
  readonly names: AlternativeNames;
}

/** Yields the same one until it is about to expire: for `rotateTls`. */
export function ownCertificate(own: OwnCertificate): () => Promise<TlsMaterial> {
  const { clock, x509, commonName, names } = own;
  let made: TlsMaterial | undefined;
  let untilMs = 0;
  return () => {
    const now = clock.now();
    if (made === undefined || untilMs - now < RENEW_MS) {
      untilMs = now + LIFE_MS;
      const validity = { notBeforeMs: now - BACKDATE_MS, notAfterMs: untilMs };
      const ca = x509.certificateAuthority({ commonName: `${commonName}-ca` }, validity);
      made = x509.issue({ subject: { commonName }, validity, usage: 'server', names }, ca);
    }
    return Promise.resolve(made);
  };
}
