/** Certificate requests (PKCS #10, RFC 2986), as they stand in `spec.request`. */
import { generateKeyPairSync, sign } from 'node:crypto';
import * as der from '../../../platform/node/crypto/der.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const COMMON_NAME = '2.5.4.3';
const ORGANIZATION = '2.5.4.10';
const ECDSA_SHA256 = '1.2.840.10045.4.3.2';

const attribute = (type: string, value: string): Buffer =>
  der.set(der.sequence(der.objectIdentifier(type), der.utf8(value)));

export function requestOf(commonName: string, ...organizations: readonly string[]): string {
  const information = der.sequence(
    der.integer(Buffer.from([0])),
    der.sequence(
      ...organizations.map((name) => attribute(ORGANIZATION, name)),
      attribute(COMMON_NAME, commonName),
    ),
    publicKey.export({ type: 'spki', format: 'der' }),
    der.explicit(0, Buffer.alloc(0)),
  );
  const signature = sign('sha256', information, privateKey);
  const algorithm = der.sequence(der.objectIdentifier(ECDSA_SHA256));
  const text = der.sequence(information, algorithm, der.bits(signature)).toString('base64');
  const lines = text.match(/.{1,64}/g)!.join('\n');
  const kind = 'CERTIFICATE REQUEST';
  const pem = `-----BEGIN ${kind}-----\n${lines}\n-----END ${kind}-----\n`;
  return Buffer.from(pem).toString('base64');
}
