/** Certificate requests (PKCS #10, RFC 2986): reading what they ask for, and signing them. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { CertificateAndKey, CertificateRequestFacts, Validity } from '../../crypto/x509.ts';
import { certificate, extension, OID, signerOf } from './certificate.ts';
import * as der from './der.ts';

const PEM = /-----BEGIN CERTIFICATE REQUEST-----\r?\n([\s\S]*?)-----END CERTIFICATE REQUEST-----/;
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
const ATTRIBUTES_TAG = 0xa0;
const BIT_STRING = 0x03;

/** Tags of GeneralName (RFC 5280, section 4.2.1.6). */
const NAME = { email: 0x81, dns: 0x82, uri: 0x86, ip: 0x87 } as const;

/** Digest by signature algorithm; undefined where the key alone decides. */
const digests: readonly (readonly [string, string | undefined])[] = [
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.3.101.112', undefined],
];

/** Bits of KeyUsage (RFC 5280, section 4.2.1.3), from the first on. */
const keyUsageBits: readonly (readonly string[])[] = [
  ['digital signature', 'signing'],
  ['content commitment'],
  ['key encipherment'],
  ['data encipherment'],
  ['key agreement'],
  ['cert sign'],
  ['crl sign'],
  ['encipher only'],
  ['decipher only'],
];

const extendedUsages: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': OID.server,
  'client auth': OID.client,
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
};

interface Parsed {
  readonly subject: Buffer;
  readonly publicKeyInfo: Buffer;
  /** The value of the extension asked for, if one is. */
  readonly alternativeNames: Buffer | undefined;
}

const is = (element: Buffer | undefined, oid: string): boolean =>
  element?.equals(der.objectIdentifier(oid)) ?? false;

function parse(pem: string): Parsed {
  const [, text] = PEM.exec(pem) ?? [];
  if (text === undefined) throw new Error('PEM block type must be CERTIFICATE REQUEST');
  const [information, algorithm, signature] = der.elements(Buffer.from(text, 'base64'));
  const [, subject, publicKeyInfo, attributes] = der.elements(information!);
  if (signature?.[0] !== BIT_STRING) throw new Error('a request without a signature');
  const key = createPublicKey({ key: publicKeyInfo!, format: 'der', type: 'spki' });
  if (!isSigned(information!, { algorithm: algorithm!, signature, key }))
    throw new Error('the signature of the request is not by its key');
  const names = attributes?.[0] === ATTRIBUTES_TAG ? alternativeNamesIn(attributes) : undefined;
  return { subject: subject!, publicKeyInfo: publicKeyInfo!, alternativeNames: names };
}

interface Signed {
  readonly algorithm: Buffer;
  readonly signature: Buffer;
  readonly key: KeyObject;
}

function isSigned(information: Buffer, { algorithm, signature, key }: Signed): boolean {
  const [oid] = der.elements(algorithm);
  const known = digests.find(([each]) => is(oid, each));
  if (known === undefined) throw new Error('the signature algorithm of the request is unknown');
  // The first byte counts unused bits: a signature has none.
  return verify(known[1], information, key, der.body(signature).subarray(1));
}

function alternativeNamesIn(attributes: Buffer): Buffer | undefined {
  for (const attribute of der.elements(attributes)) {
    const [type, values] = der.elements(attribute);
    if (!is(type, EXTENSION_REQUEST)) continue;
    const [extensions] = der.elements(values!);
    for (const each of der.elements(extensions!)) {
      const parts = der.elements(each);
      if (is(parts[0], OID.subjectAltName)) return der.body(parts.at(-1)!);
    }
  }
  return undefined;
}

function attributeValues(subject: Buffer, oid: string): string[] {
  return der.elements(subject).flatMap((names) =>
    der.elements(names).flatMap((name) => {
      const [type, value] = der.elements(name);
      return is(type, oid) ? [der.body(value!).toString()] : [];
    }),
  );
}

function addressOf(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.');
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16));
  return groups.join(':');
}

function factsOf({ subject, alternativeNames }: Parsed): CertificateRequestFacts {
  const names = alternativeNames === undefined ? [] : der.elements(alternativeNames);
  const ofTag = (tag: number): Buffer[] =>
    names.filter((name) => name[0] === tag).map((name) => der.body(name));
  const texts = (tag: number): string[] => ofTag(tag).map((bytes) => bytes.toString());
  return {
    subject: {
      commonName: attributeValues(subject, OID.commonName)[0] ?? '',
      organizations: attributeValues(subject, OID.organization),
    },
    names: { dnsNames: texts(NAME.dns), ipAddresses: ofTag(NAME.ip).map(addressOf) },
    emails: texts(NAME.email),
    uris: texts(NAME.uri),
  };
}

function keyUsage(usages: readonly string[]): Buffer | undefined {
  const set = keyUsageBits.map((names) => names.some((name) => usages.includes(name)));
  const last = set.lastIndexOf(true);
  if (last < 0) return undefined;
  const bytes = Buffer.alloc(last < 8 ? 1 : 2);
  for (const [i, on] of set.entries()) if (on) bytes[i >> 3]! |= 0x80 >> (i & 7);
  return der.bits(bytes, bytes.length * 8 - 1 - last);
}

export function readRequest(request: string): CertificateRequestFacts {
  try {
    return factsOf(parse(request));
  } catch (error) {
    throw malformed(error);
  }
}

function malformed(cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Error(`malformed certificate request: ${why}`, { cause });
}

export function signRequest(
  request: string,
  terms: { readonly validity: Validity; readonly usages: readonly string[] },
  ca: CertificateAndKey,
): string {
  const { subject, publicKeyInfo, alternativeNames } = parse(request);
  const extended = terms.usages.flatMap((usage) => extendedUsages[usage] ?? []);
  const bits = keyUsage(terms.usages);
  const extensions = [
    ...(bits === undefined ? [] : [extension(OID.keyUsage, bits, true)]),
    ...(extended.length === 0
      ? []
      : [
          extension(
            OID.extendedKeyUsage,
            der.sequence(...[...new Set(extended)].map(der.objectIdentifier)),
          ),
        ]),
    extension(OID.basicConstraints, der.sequence(), true),
    ...(alternativeNames === undefined ? [] : [extension(OID.subjectAltName, alternativeNames)]),
  ];
  const { validity } = terms;
  return certificate({ name: subject, publicKeyInfo, validity, extensions }, signerOf(ca));
}
