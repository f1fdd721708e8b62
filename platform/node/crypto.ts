import { createHash } from 'node:crypto';
import { noCrypto, type Crypto } from '../crypto.ts';

export const realCrypto: Crypto = {
  ...noCrypto,
  sha256() {
    const hash = createHash('sha256');
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
  },
};
