/** The parts that every certificate is put together from, in DER (RFC 5280). */
import {
  createHash,
  createPrivateKey,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import type { CertificateAndKey, Validity } from '../../crypto/x509.ts';
import * as der from './der.ts';

export const OID = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  rsaWithSha256: '1.2.840.113549.1.1.11',
} as const;

export function extension(type: string, value: Uint8Array, critical = false): Buffer {
  const parts = critical ? [der.boolean(true)] : [];
  return der.sequence(der.objectIdentifier(type), ...parts, der.octets(value));
}

/** SHA-1 of the key's bits: method 1 of RFC 5280, section 4.2.1.2. A name, not a signature. */
function keyIdentifier(publicKeyInfo: Buffer): Buffer {
  const [, keyBits] = der.elements(publicKeyInfo);
  return createHash('sha1').update(der.body(keyBits!).subarray(1)).digest();
}

export interface Signer {
  readonly key: KeyObject;
  readonly name: Buffer;
  readonly publicKeyInfo: Buffer;
}

export interface Contents {
  readonly name: Buffer;
  readonly publicKeyInfo: Buffer;
  readonly validity: Validity;
  readonly extensions: readonly Buffer[];
}

function signatureAlgorithm(key: KeyObject): Buffer {
  if (key.asymmetricKeyType === 'ec') {
    return der.sequence(der.objectIdentifier(OID.ecdsaWithSha256));
  }
  if (key.asymmetricKeyType === 'rsa') {
    return der.sequence(der.objectIdentifier(OID.rsaWithSha256), der.none);
  }
  throw new Error(`cannot sign certificates with a key of type ${key.asymmetricKeyType}`);
}

export const publicKeyInfoOf = (key: KeyObject): Buffer =>
  key.export({ type: 'spki', format: 'der' });

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** RFC 5280, section 4.1. */
export function certificate(contents: Contents, signer: Signer): string {
  const algorithm = signatureAlgorithm(signer.key);
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const toBeSigned = der.sequence(
    der.explicit(0, der.integer(Buffer.from([2]))),
    der.integer(serial),
    algorithm,
    signer.name,
    der.sequence(der.time(contents.validity.notBeforeMs), der.time(contents.validity.notAfterMs)),
    contents.name,
    contents.publicKeyInfo,
    der.explicit(
      3,
      der.sequence(
        ...contents.extensions,
        extension(OID.subjectKeyIdentifier, der.octets(keyIdentifier(contents.publicKeyInfo))),
        extension(
          OID.authorityKeyIdentifier,
          der.sequence(der.implicit(0, keyIdentifier(signer.publicKeyInfo))),
        ),
      ),
    ),
  );
  const signature = sign('sha256', toBeSigned, signer.key);
  return pem('CERTIFICATE', der.sequence(toBeSigned, algorithm, der.bits(signature)));
}

/** The subject's bytes as they stand: an issuer's name must be repeated exactly. */
function subjectBytes(parsed: X509Certificate): Buffer {
  const [toBeSigned] = der.elements(parsed.raw);
  const fields = der.elements(toBeSigned!);
  const hasVersion = fields[0]![0] === 0xa0;
  return fields[hasVersion ? 5 : 4]!;
}

export function parsed(text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (error) {
    throw new Error('not a PEM certificate', { cause: error });
  }
}

export function privateKeyOf(text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (error) {
    throw new Error('not a PEM private key', { cause: error });
  }
}

export function signerOf(ca: CertificateAndKey): Signer {
  const issuer = parsed(ca.certificate);
  return {
    key: privateKeyOf(ca.privateKey),
    name: subjectBytes(issuer),
    publicKeyInfo: publicKeyInfoOf(issuer.publicKey),
  };
}
