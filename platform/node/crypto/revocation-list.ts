/** Lists of revoked certificates (RFC 5280, section 5). */
import * as der from './der.ts';

const PEM = /-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----/;
const INTEGER = 0x02;
const SEQUENCE = 0x30;

/**
 * Serial numbers as Node tells them of certificates, in upper-case hex. PEM or DER; signature and
 * dates are not looked at, as in etcd: whoever writes the file could also replace the CA.
 * Throws an Error if it is no such list.
 */
export function revokedSerials(file: Uint8Array): string[] {
  const bytes = Buffer.from(file);
  const text = PEM.exec(bytes.toString('latin1'))?.[1];
  try {
    const outer = text === undefined ? bytes : Buffer.from(text, 'base64');
    if (outer[0] !== SEQUENCE) throw new RangeError('no sequence');
    const [list] = der.elements(outer);
    const fields = der.elements(list!);
    // The version may be missing; then the algorithm, the issuer, one time or two.
    const afterIssuer = fields[0]![0] === INTEGER ? 3 : 2;
    if (fields[afterIssuer] === undefined) throw new RangeError('no time of issue');
    const revoked = fields.slice(afterIssuer).find((field) => field[0] === SEQUENCE);
    return revoked === undefined ? [] : der.elements(revoked).map(serialOf);
  } catch (error) {
    throw new Error('no revocation list in PEM or DER', { cause: error });
  }
}

function serialOf(entry: Buffer): string {
  const [serial] = der.elements(entry);
  if (serial?.[0] !== INTEGER) throw new RangeError('an entry without a serial number');
  return der
    .body(serial)
    .toString('hex')
    .replace(/^(00)+(?=.)/, '')
    .toUpperCase();
}
