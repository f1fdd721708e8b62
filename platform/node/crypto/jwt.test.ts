import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { jwtSigner } from './jwt.ts';

const pems = (pair: KeyPairKeyObjectResult) => ({
  publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
});
const rsa = pems(generateKeyPairSync('rsa', { modulusLength: 2048 }));
const ec = pems(generateKeyPairSync('ec', { namedCurve: 'P-256' }));

describe('JSON web tokens', () => {
  it.each([
    ['RS256', rsa],
    ['PS512', rsa],
    ['ES256', ec],
    ['HS384', { privateKey: 'secret' }],
  ])('are signed and checked with %s', (method, keys) => {
    const signer = jwtSigner({ method, ...keys });
    const token = signer.sign({ username: 'ann', revision: 7 });
    expect(signer.verify(token)).toEqual({ username: 'ann', revision: 7 });
    const [head, , signature] = token.split('.');
    const forged = Buffer.from('{"username":"root"}').toString('base64url');
    expect(signer.verify(`${head}.${forged}.${signature}`)).toBeUndefined();
    expect(signer.verify('nonsense')).toBeUndefined();
  });

  it('of another method are refused, however well they are signed', () => {
    const token = jwtSigner({ method: 'HS256', privateKey: rsa.publicKey }).sign({ a: 1 });
    expect(jwtSigner({ method: 'RS256', publicKey: rsa.publicKey }).verify(token)).toBeUndefined();
  });

  it('need a known method and a key', () => {
    expect(() => jwtSigner({ method: 'none' })).toThrow('unknown JWT sign-method');
    expect(() => jwtSigner({ method: 'RS256' })).toThrow('a key is needed');
    const checker = jwtSigner({ method: 'RS256', publicKey: rsa.publicKey });
    expect(() => checker.sign({})).toThrow('no private key');
  });
});
