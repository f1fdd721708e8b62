/**
 * Certificates made with OpenSSL's keys and signatures (node:crypto) and our own DER: what a
 * control plane issues is five fields and six extensions. @peculiar/x509 does the same after a
 * quarter of a second of loading, which is half of the time a whole cluster may take to start.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import type {
  AlternativeNames,
  CertificateAndKey,
  CertificateFacts,
  LeafRequest,
  Subject,
  Validity,
  X509,
} from '../x509.ts';
import * as der from './der.ts';

const OID = {
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

/** Bits of KeyUsage (RFC 5280, section 4.2.1.3) with the number of unused ones. */
const CA_USAGE = der.bits(Buffer.from([0b1010_0110]), 1);
const LEAF_USAGE = der.bits(Buffer.from([0b1010_0000]), 5);

function nameAttribute(type: string, value: string): Buffer {
  return der.set(der.sequence(der.objectIdentifier(type), der.utf8(value)));
}

function distinguishedName({ commonName, organizations = [] }: Subject): Buffer {
  return der.sequence(
    ...organizations.map((value) => nameAttribute(OID.organization, value)),
    nameAttribute(OID.commonName, commonName),
  );
}

function extension(type: string, value: Uint8Array, critical = false): Buffer {
  const parts = critical ? [der.boolean(true)] : [];
  return der.sequence(der.objectIdentifier(type), ...parts, der.octets(value));
}

/** SHA-1 of the key's bits: method 1 of RFC 5280, section 4.2.1.2. A name, not a signature. */
function keyIdentifier(publicKeyInfo: Buffer): Buffer {
  const [, keyBits] = der.elements(publicKeyInfo);
  return createHash('sha1').update(der.body(keyBits!).subarray(1)).digest();
}

/** Sixteen bytes of an IPv6 address in text, "::" and an IPv4 tail included. */
function ipv6Bytes(text: string): Buffer {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const hex = (high: string, low: string): string =>
    ((Number(high) << 8) | Number(low)).toString(16);
  const plain =
    dotted === null
      ? text
      : `${dotted[1]}${hex(dotted[2]!, dotted[3]!)}:${hex(dotted[4]!, dotted[5]!)}`;
  const [head = '', tail = ''] = plain.split('::');
  const groups = (part: string): string[] => part.split(':').filter((group) => group !== '');
  const [left, right] = [groups(head), groups(tail)];
  const zeros = plain.includes('::') ? 8 - left.length - right.length : 0;
  const bytes = Buffer.alloc(16);
  [...left, ...new Array<string>(zeros).fill('0'), ...right].forEach((group, i) =>
    bytes.writeUInt16BE(parseInt(group, 16), i * 2),
  );
  return bytes;
}

function ipBytes(text: string): Buffer {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  if (isIPv6(text)) return ipv6Bytes(text);
  throw new Error(`not an IP address: ${text}`);
}

function alternativeNames({ dnsNames, ipAddresses }: AlternativeNames): Buffer {
  return der.sequence(
    ...dnsNames.map((name) => der.implicit(2, Buffer.from(name))),
    ...ipAddresses.map((address) => der.implicit(7, ipBytes(address))),
  );
}

interface Signer {
  readonly key: KeyObject;
  readonly name: Buffer;
  readonly publicKeyInfo: Buffer;
}

interface Contents {
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

const publicKeyInfoOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** RFC 5280, section 4.1. */
function certificate(contents: Contents, signer: Signer): string {
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

function newKey(): { key: KeyObject; publicKeyInfo: Buffer; privateKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    key: privateKey,
    publicKeyInfo: publicKeyInfoOf(publicKey),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** The subject's bytes as they stand: an issuer's name must be repeated exactly. */
function subjectBytes(parsed: X509Certificate): Buffer {
  const [toBeSigned] = der.elements(parsed.raw);
  const fields = der.elements(toBeSigned!);
  const hasVersion = fields[0]![0] === 0xa0;
  return fields[hasVersion ? 5 : 4]!;
}

function parsed(text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (error) {
    throw new Error('not a PEM certificate', { cause: error });
  }
}

function privateKeyOf(text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (error) {
    throw new Error('not a PEM private key', { cause: error });
  }
}

function certificateAuthority(subject: Subject, validity: Validity): CertificateAndKey {
  const { key, publicKeyInfo, privateKey } = newKey();
  const name = distinguishedName(subject);
  const extensions = [
    extension(OID.basicConstraints, der.sequence(der.boolean(true)), true),
    extension(OID.keyUsage, CA_USAGE, true),
  ];
  const contents = { name, publicKeyInfo, validity, extensions };
  return { certificate: certificate(contents, { key, name, publicKeyInfo }), privateKey };
}

function issue(request: LeafRequest, ca: CertificateAndKey): CertificateAndKey {
  const { publicKeyInfo, privateKey } = newKey();
  const extensions = [
    extension(OID.basicConstraints, der.sequence(), true),
    extension(OID.keyUsage, LEAF_USAGE, true),
    extension(OID.extendedKeyUsage, der.sequence(der.objectIdentifier(OID[request.usage]))),
  ];
  if (request.names !== undefined) {
    extensions.push(extension(OID.subjectAltName, alternativeNames(request.names)));
  }
  const name = distinguishedName(request.subject);
  const caCertificate = parsed(ca.certificate);
  const signer = {
    key: privateKeyOf(ca.privateKey),
    name: subjectBytes(caCertificate),
    publicKeyInfo: publicKeyInfoOf(caCertificate.publicKey),
  };
  const contents = { name, publicKeyInfo, validity: request.validity, extensions };
  return { certificate: certificate(contents, signer), privateKey };
}

function inspect(text: string): CertificateFacts {
  const found = parsed(text);
  return {
    notBeforeMs: Date.parse(found.validFrom),
    notAfterMs: Date.parse(found.validTo),
    isCa: found.ca,
  };
}

export const realX509: X509 = {
  certificateAuthority,
  issue,
  inspect,
  keyPair() {
    const { privateKey } = newKey();
    const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
    return { privateKey, publicKey: publicKey.toString() };
  },
  covers(text, { dnsNames, ipAddresses }) {
    const leaf = parsed(text);
    return (
      dnsNames.every((name) => leaf.checkHost(name) !== undefined) &&
      ipAddresses.every((address) => leaf.checkIP(address) !== undefined)
    );
  },
  keyMatches: (pair) => parsed(pair.certificate).checkPrivateKey(privateKeyOf(pair.privateKey)),
  issuedBy(text, ca) {
    const issuer = parsed(ca);
    const leaf = parsed(text);
    return leaf.checkIssued(issuer) && leaf.verify(issuer.publicKey);
  },
};
