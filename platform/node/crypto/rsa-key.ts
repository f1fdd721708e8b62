import { createPrivateKey, generatePrime } from 'node:crypto';

const PRIME_BITS = 1024;
const EXPONENT = 65537n;

/** The number whose product with `value` is 1 modulo `modulus`; they have no common factor. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [remainder, next] = [modulus, value % modulus];
  let [factor, nextFactor] = [0n, 1n];
  while (next !== 0n) {
    const times = remainder / next;
    [remainder, next] = [next, remainder - times * next];
    [factor, nextFactor] = [nextFactor, factor - times * nextFactor];
  }
  return factor < 0n ? factor + modulus : factor;
}

function base64url(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
}

/** OpenSSL's, whose two highest bits are set: the product of two has all of its bits. */
function anyPrime(): Promise<bigint> {
  return new Promise((resolve, reject) => {
    generatePrime(PRIME_BITS, { bigint: true }, (error, prime) => {
      if (error) reject(error);
      else resolve(prime);
    });
  });
}

async function newPrime(): Promise<bigint> {
  for (;;) {
    const prime = await anyPrime();
    if ((prime - 1n) % EXPONENT !== 0n) return prime;
  }
}

/**
 * A new RSA key of 2048 bits (RFC 8017, section 3.2) as PKCS #1 in PEM. OpenSSL's own way takes
 * more than twice the CPU, for it looks for primes next to which there are other primes, and has
 * one thread; that would be a third of what a whole cluster takes to start.
 */
export async function newRsaKey(): Promise<string> {
  const [p, q] = await Promise.all([newPrime(), newPrime()]);
  const d = inverse(EXPONENT, (p - 1n) * (q - 1n));
  const numbers = {
    n: p * q,
    e: EXPONENT,
    d,
    p,
    q,
    dp: d % (p - 1n),
    dq: d % (q - 1n),
    qi: inverse(q, p),
  };
  const jwk = Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, base64url(value)]),
  );
  const key = createPrivateKey({ key: { kty: 'RSA', ...jwk }, format: 'jwk' });
  return key.export({ type: 'pkcs1', format: 'pem' }).toString();
}
