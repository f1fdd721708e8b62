import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newRsaKey } from './rsa-key.ts';

describe('newRsaKey', () => {
  it('makes a key of 2048 bits that signs, another each time', async () => {
    const [pem, other] = await Promise.all([newRsaKey(), newRsaKey()]);
    expect(other).not.toBe(pem);
    expect(pem).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
    const key = createPrivateKey(pem);
    expect(key.asymmetricKeyDetails).toEqual({ modulusLength: 2048, publicExponent: 65537n });
    const text = Buffer.from('text');
    const signature = sign('sha256', text, key);
    expect(verify('sha256', text, createPublicKey(key), signature)).toBe(true);
  });
});
