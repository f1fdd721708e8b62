import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import type { Cipher, Ciphers } from '../../crypto/ciphers.ts';

const AES_BYTES = [16, 24, 32];
const CBC_BYTES = 16;
const GCM = { nonce: 12, tag: 16 } as const;
const BOX = { key: 32, nonce: 24 } as const;

function checkLength(key: Uint8Array, lengths: readonly number[]): void {
  if (lengths.includes(key.length)) return;
  const expected = `expected one of [${lengths.join(' ')}]`;
  throw new Error(`secret is not of the expected length, got ${key.length}, ${expected}`);
}

function aescbc(key: Uint8Array): Cipher {
  checkLength(key, AES_BYTES);
  const method = `aes-${key.length * 8}-cbc`;
  return {
    seal(plain) {
      const iv = randomBytes(CBC_BYTES);
      const cipher = createCipheriv(method, key, iv);
      return Buffer.concat([iv, cipher.update(plain), cipher.final()]);
    },
    open(sealed) {
      const decipher = createDecipheriv(method, key, sealed.subarray(0, CBC_BYTES));
      return Buffer.concat([decipher.update(sealed.subarray(CBC_BYTES)), decipher.final()]);
    },
  };
}

function aesgcm(key: Uint8Array): Cipher {
  checkLength(key, AES_BYTES);
  const method = `aes-${key.length * 8}-gcm` as 'aes-256-gcm';
  return {
    seal(plain, context) {
      const nonce = randomBytes(GCM.nonce);
      const cipher = createCipheriv(method, key, nonce).setAAD(Buffer.from(context));
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, context) {
      const decipher = createDecipheriv(method, key, sealed.subarray(0, GCM.nonce));
      decipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(-GCM.tag));
      const text = sealed.subarray(GCM.nonce, -GCM.tag);
      return Buffer.concat([decipher.update(text), decipher.final()]);
    },
  };
}

/** NaCl's, which OpenSSL does not have. */
function secretbox(key: Uint8Array): Cipher {
  checkLength(key, [BOX.key]);
  return {
    seal(plain) {
      const nonce = randomBytes(BOX.nonce);
      return Buffer.concat([nonce, xsalsa20poly1305(key, nonce).encrypt(plain)]);
    },
    open(sealed) {
      const box = xsalsa20poly1305(key, sealed.subarray(0, BOX.nonce));
      return box.decrypt(sealed.subarray(BOX.nonce));
    },
  };
}

const SEED_BYTES = 32;
/** Of the random bytes a value's key is made with, and of the key. */
const INFO_BYTES = 32;

function seeded(seed: Uint8Array): Cipher {
  if (seed.length < SEED_BYTES)
    throw new Error(`invalid seed length ${seed.length} used for key generation`);
  // One block of HKDF-Expand is all that a key of 32 bytes takes.
  const keyFor = (info: Uint8Array): Cipher =>
    aesgcm(createHmac('sha256', seed).update(info).update(Uint8Array.of(1)).digest());
  return {
    seal(plain, context) {
      const info = randomBytes(INFO_BYTES);
      return Buffer.concat([info, keyFor(info).seal(plain, context)]);
    },
    open(sealed, context) {
      if (sealed.length < INFO_BYTES)
        throw new Error('the stored data was shorter than the required size');
      return keyFor(sealed.subarray(0, INFO_BYTES)).open(sealed.subarray(INFO_BYTES), context);
    },
  };
}

const fingerprint = (bytes: Uint8Array | string): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export const realCiphers: Ciphers = { aescbc, aesgcm, secretbox, seeded, fingerprint };
