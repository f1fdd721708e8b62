/** Certificates of the authorities that a conversion webhook may be vouched for by. */

const BLOCK = /-----BEGIN ([^-]+)-----([\s\S]*?)-----END \1-----/g;
const SEQUENCE = 0x30;

/** Why base64 of PEM holds none; nothing at all is nothing wrong. */
export function authorityFault(base64: string): string | undefined {
  if (base64 === '') return undefined;
  const load = 'unable to load root certificates';
  const blocks = [...Buffer.from(base64, 'base64').toString('latin1').matchAll(BLOCK)];
  const certificates = blocks.filter(([, type]) => type === 'CERTIFICATE');
  if (certificates.some(([, , body = '']) => isSequence(Buffer.from(body, 'base64'))))
    return undefined;
  if (blocks.length === 0) return `${load}: unable to parse bytes as PEM block`;
  if (certificates.length === 0) return `${load}: no valid certificate authority data seen`;
  return `${load}: failed to parse certificate: x509: malformed certificate`;
}

/** One element of DER, from end to end: what a certificate is at least. */
function isSequence(bytes: Buffer): boolean {
  const [tag, first = 0] = bytes;
  if (tag !== SEQUENCE) return false;
  const size = first < 0x80 ? 0 : first & 0x7f;
  if (size > 4 || bytes.length < 2 + size) return false;
  return bytes.length === 2 + size + (size === 0 ? first : bytes.readUIntBE(2, size));
}
