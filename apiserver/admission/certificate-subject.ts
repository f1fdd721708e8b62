/**
 * The subject of a certificate request (PKCS #10, RFC 2986): as much of DER (X.690) as it takes to
 * walk there.
 */
const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const OBJECT_IDENTIFIER = 0x06;
/** 2.5.4.3 and 2.5.4.10. */
const COMMON_NAME = '550403';
const ORGANIZATION = '55040a';

const PEM = /-----BEGIN CERTIFICATE REQUEST-----\r?\n([\s\S]*?)-----END CERTIFICATE REQUEST-----/;

interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

/** Thrown and caught here: the bytes are no such thing. */
class Malformed extends Error {
  override readonly name = 'Malformed';
}

/** What stands one after another in `bytes`. */
function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at]!;
    let length = bytes[at + 1] ?? Infinity;
    let start = at + 2;
    if (length >= 0x80) {
      const size = length & 0x7f;
      if (size === 0 || size > 4 || start + size > bytes.length) throw new Malformed();
      length = bytes.readUIntBE(start, size);
      start += size;
    }
    if (start + length > bytes.length) throw new Malformed();
    found.push({ tag, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}

function expected(element: Element | undefined, tag: number): Element[] {
  if (element?.tag !== tag) throw new Malformed();
  return elements(element.content);
}

interface CertificateSubject {
  /** The last one, as Go's x509 takes it; "" if there is none. */
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** `base64` is of the PEM text, as it stands in `spec.request`. Undefined if it is malformed. */
export function subjectOf(base64: string): CertificateSubject | undefined {
  const [, body] = PEM.exec(Buffer.from(base64, 'base64').toString('latin1')) ?? [];
  if (body === undefined) return undefined;
  try {
    const [request] = elements(Buffer.from(body, 'base64'));
    const [information] = expected(request, SEQUENCE);
    const [version, subject] = expected(information, SEQUENCE);
    if (version?.tag !== INTEGER) throw new Malformed();
    const attributes = expected(subject, SEQUENCE)
      .flatMap((names) => expected(names, SET))
      .map((attribute) => expected(attribute, SEQUENCE));
    const valuesOf = (wanted: string): string[] =>
      attributes
        .filter(
          ([type]) => type?.tag === OBJECT_IDENTIFIER && type.content.toString('hex') === wanted,
        )
        .map(([, value]) => value?.content.toString('utf8') ?? '');
    return {
      commonName: valuesOf(COMMON_NAME).at(-1) ?? '',
      organizations: valuesOf(ORGANIZATION),
    };
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
