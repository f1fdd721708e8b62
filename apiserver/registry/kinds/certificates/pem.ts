/** The outer form of certificates and requests; what is inside is the signer's to judge. */

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n([\s\S]*?)-----END \1-----/g;

interface Block {
  readonly type: string;
  readonly body: string;
}

function blocksOf(base64: string): Block[] {
  const text = Buffer.from(base64, 'base64').toString('latin1');
  return [...text.matchAll(BLOCK)].map(([, type = '', body = '']) => ({ type, body }));
}

/** DER begins with a sequence that is as long as it says. */
function isDer(body: string): boolean {
  const bytes = Buffer.from(body, 'base64');
  if (bytes[0] !== 0x30 || bytes.length < 2) return false;
  const first = bytes[1]!;
  if (first < 0x80) return bytes.length === first + 2;
  const size = first & 0x7f;
  if (size === 0 || size > 4 || bytes.length < 2 + size) return false;
  return bytes.length === bytes.readUIntBE(2, size) + 2 + size;
}

/** Why `spec.request` is none; undefined if it looks like one. */
export function requestFault(base64: string): string | undefined {
  const [block] = blocksOf(base64);
  if (block?.type !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  return isDer(block.body) ? undefined : 'asn1: structure error: malformed certificate request';
}

export function certificateFault(base64: string): string | undefined {
  const blocks = blocksOf(base64);
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block';
  for (const { type, body } of blocks) {
    if (type !== 'CERTIFICATE') {
      return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    }
    if (body.includes(':')) return 'no PEM block headers are permitted';
    if (!isDer(body)) return 'x509: malformed certificate';
  }
  return undefined;
}
