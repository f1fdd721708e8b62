/**
 * Certificates made with OpenSSL's keys and signatures (node:crypto) and our own DER: what a
 * control plane issues is five fields and six extensions. @peculiar/x509 does the same after a
 * quarter of a second of loading, which is half of the time a whole cluster may take to start.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { ipBytes } from '../../net/ip.ts';
import type {
  AlternativeNames,
  CertificateAndKey,
  CertificateFacts,
  LeafRequest,
  Subject,
  Validity,
  X509,
} from '../../crypto/x509.ts';
import {
  certificate,
  extension,
  OID,
  parsed,
  privateKeyOf,
  publicKeyInfoOf,
  type Signer,
  signerOf,
} from './certificate.ts';
import { readRequest, signRequest } from './certificate-request.ts';
import * as der from './der.ts';
import { newRsaKey } from './rsa-key.ts';

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

function addressBytes(text: string): Buffer {
  const bytes = ipBytes(text);
  if (bytes === undefined) throw new Error(`not an IP address: ${text}`);
  return Buffer.from(bytes);
}

function alternativeNames({ dnsNames, ipAddresses }: AlternativeNames): Buffer {
  return der.sequence(
    ...dnsNames.map((name) => der.implicit(2, Buffer.from(name))),
    ...ipAddresses.map((address) => der.implicit(7, addressBytes(address))),
  );
}

function newKey(): { key: KeyObject; publicKeyInfo: Buffer; privateKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    key: privateKey,
    publicKeyInfo: publicKeyInfoOf(publicKey),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** The key that is asked for, or a new one. */
function keyOf({ privateKey }: LeafRequest): { publicKeyInfo: Buffer; privateKey: string } {
  if (privateKey === undefined) return newKey();
  return { privateKey, publicKeyInfo: publicKeyInfoOf(createPublicKey(privateKey)) };
}

function selfSigned(signer: Signer, validity: Validity): string {
  const extensions = [
    extension(OID.basicConstraints, der.sequence(der.boolean(true)), true),
    extension(OID.keyUsage, CA_USAGE, true),
  ];
  const { name, publicKeyInfo } = signer;
  return certificate({ name, publicKeyInfo, validity, extensions }, signer);
}

function certificateAuthority(subject: Subject, validity: Validity): CertificateAndKey {
  const { key, publicKeyInfo, privateKey } = newKey();
  const name = distinguishedName(subject);
  return { certificate: selfSigned({ key, name, publicKeyInfo }, validity), privateKey };
}

function issue(request: LeafRequest, ca: CertificateAndKey): CertificateAndKey {
  const { publicKeyInfo, privateKey } = keyOf(request);
  const extensions = [
    extension(OID.basicConstraints, der.sequence(), true),
    extension(OID.keyUsage, LEAF_USAGE, true),
    extension(OID.extendedKeyUsage, der.sequence(der.objectIdentifier(OID[request.usage]))),
  ];
  if (request.names !== undefined) {
    extensions.push(extension(OID.subjectAltName, alternativeNames(request.names)));
  }
  const name = distinguishedName(request.subject);
  const contents = { name, publicKeyInfo, validity: request.validity, extensions };
  return { certificate: certificate(contents, signerOf(ca)), privateKey };
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
  renewed: (ca, validity) => selfSigned(signerOf(ca), validity),
  issue,
  inspect,
  readRequest,
  signRequest,
  rsaKey: newRsaKey,
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
